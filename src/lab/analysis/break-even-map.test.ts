/** The map on runs whose times follow a known rule: the model must find the rule again, and the marks must say what was measured. */
import { describe, expect, it } from "vitest";
import type { RunConfig } from "#core/run/config.ts";
import { linkFiguresOf } from "#core/link/choice-figures.ts";
import type { RoundEvent, RunRecord } from "#core/run/record.ts";
import { mapPlot } from "./break-even-map.ts";
import { whenToDraft } from "../experiments/when-to-draft.ts";
import { scheduleOf } from "../sweep/schedule.ts";
import { emptyResults, headOf, withLine, type Results } from "../results/results.ts";
import { fakeRecord, MODEL } from "../testing/fake-run.ts";

const TAU = 3;
const LENGTH = 4;
const DRAFT_MS = 0.5;
const OVERHEAD_MS = 3;
const stepMs = (load: number): number => 1 + 1.5 * load;
const roundMs = ({ mode, link, edgeLoad }: RunConfig): number =>
  mode === "speculative"
    ? linkFiguresOf(link).rttMs + LENGTH * DRAFT_MS + stepMs(edgeLoad) + OVERHEAD_MS
    : LENGTH * 0.25 + stepMs(edgeLoad);

/** `slow` scales the time of one prompt's tokens: prompts differ, ratios within a prompt do not. */
function recordOf(config: RunConfig): RunRecord {
  const base = fakeRecord(config);
  const figures = linkFiguresOf(config.link);
  const resolved = base.resolved && { ...base.resolved, link: { ...base.resolved.link, figures } };
  const timed = (everyMs: number, edgeMs: number): RunRecord["tokens"] =>
    base.tokens.map((token, index) => ({ ...token, atMs: (index + 1) * everyMs, edgeMs }));
  if (config.mode === "edge-only")
    return { ...base, resolved, tokens: timed(stepMs(config.edgeLoad), stepMs(config.edgeLoad)) };
  const ms = roundMs(config);
  const edgeMs = config.mode === "speculative" ? stepMs(config.edgeLoad) : ms;
  const draftMs = config.mode === "speculative" ? LENGTH * DRAFT_MS : 0;
  const rounds = Array.from({ length: 6 }, (_, index): RoundEvent => ({
    index,
    position: 0,
    drafted: index === 0 ? [] : [1, 2, 3, 4],
    fates: [],
    accepted: 2,
    follows: false,
    dropped: false,
    gained: index === 0 ? 1 : TAU,
    draftFromMs: index * ms,
    sentMs: index * ms,
    answeredMs: (index + 1) * ms,
    spans: [],
    draftMs,
    queueMs: 0,
    edgeMs,
    linkMs: 0,
    addedMs: 0,
    upBytes: 40,
    downBytes: 28,
  }));
  return { ...base, resolved, rounds, tokens: timed(ms / TAU, edgeMs / TAU) };
}

function resultsOf(experiment = whenToDraft): Results {
  const schedule = scheduleOf(
    experiment,
    [MODEL],
    [{ name: "heldout", sha256: "0", prompts: ["a", "b", "c"].map((id) => ({ id, text: `find ${id}` })) }],
  );
  return schedule.runs.reduce(
    (results, { cell, prompt, round }) =>
      withLine(results, {
        kind: "run",
        cell: cell.key,
        arm: cell.arm,
        varied: cell.varied,
        prompt: prompt.id,
        round,
        promptTokens: 2,
        record: recordOf({ ...cell.config, prompt: prompt.text }),
      }),
    emptyResults(headOf(schedule, { command: "", startedAt: "2026-11-21T09:00:00.000Z", caveats: [] }), []),
  );
}

const [chart] = whenToDraft.charts;
if (chart?.kind !== "map") throw new Error("the first chart is the map");
const plot = mapPlot(chart, resultsOf());
if (plot.kind !== "map") throw new Error("no map");

describe("the break-even map", () => {
  it("has a panel for each temperature, and one that is modelled", () => {
    expect(plot.panels.map(({ title }) => title)).toEqual([
      "temperature 0",
      "temperature 1",
      "acceptance 0.4 (modelled)",
    ]);
    expect(plot.panels.map(({ points }) => points.length)).toEqual([12, 12, 0]);
  });
  it("finds the rule that the runs followed", () => {
    for (const { x, y, ratio, modelled, breakEvenMs, saved } of plot.panels[0]!.points) {
      expect(modelled).toBeCloseTo(ratio, 6);
      // tau e = RTT + g t_draft + t_verify + overhead, with t_verify = e
      expect(breakEvenMs).toBeCloseTo((TAU - 1) * stepMs(y) - LENGTH * DRAFT_MS - OVERHEAD_MS, 6);
      expect(ratio > 1).toBe(x < breakEvenMs!);
      expect(saved).toBeCloseTo((stepMs(y) * (TAU - 1)) / (x + LENGTH * DRAFT_MS), 6);
    }
  });
  it("says wins and loses as measured, and a tie where the interval holds 1", () => {
    const verdicts = new Map(plot.panels[0]!.points.map(({ x, y, verdict }) => [`${x} ${y}`, verdict]));
    expect(verdicts.get("5 1")).toBe("loses"); // break-even at 0 ms
    expect(verdicts.get("5 8")).toBe("wins"); // at 21 ms
    expect(verdicts.get("25 8")).toBe("loses");
    expect(verdicts.get("60 32")).toBe("wins"); // at 93 ms
    const even = mapPlot(chart, resultsOf({ ...whenToDraft, sweep: { link: ["rtt:21"], edgeLoad: [8] } }));
    expect(even.kind === "map" && even.panels[0]!.points.map(({ verdict }) => verdict)).toEqual(["tie"]);
  });
  it("shades from faster to slower with the line between, within its frame", () => {
    const [panel] = plot.panels;
    expect(panel!.bands.map(({ shade }) => shade)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { outline } of panel!.bands)
      for (const { x, y } of outline)
        expect(x >= 0 && x <= plot.xMost && y >= plot.yRange[0] * 0.999 && y <= plot.yRange[1] * 1.001).toBe(true);
    for (const { x, y } of panel!.line)
      expect(x).toBeCloseTo((TAU - 1) * stepMs(y) - LENGTH * DRAFT_MS - OVERHEAD_MS, 6);
    for (const { points } of plot.panels)
      for (const { x, y, ratio, modelled } of points)
        expect([x, y, ratio, modelled ?? 0].every(Number.isFinite)).toBe(true);
  });
  it("has no ground where windows overlap, or where the other pays round trips, and keeps its marks", () => {
    const base = { ...whenToDraft.base, windows: 2 };
    const overlapping = mapPlot(chart, resultsOf({ ...whenToDraft, base }));
    expect(
      overlapping.kind === "map" && overlapping.panels.map(({ bands, points }) => [bands.length, points.length]),
    ).toEqual([
      [0, 12],
      [0, 12],
      [0, 0],
    ]);
    expect(overlapping.note).toContain("No ground");
  });
  it("has a table twin with every point and the modelled break-even of every panel", () => {
    expect(plot.rows).toHaveLength(12 + 12 + 3);
    expect(plot.rows.every((row) => row.length === plot.columns.length)).toBe(true);
  });
});
