/** Charts over the clients of one edge: two measures a line, ratios to an arm, and the modelled lines, from records of known times. */
import { describe, expect, it } from "vitest";
import type { RunConfig } from "#core/run/config.ts";
import { readRunRecord } from "#core/run/record/read-record.ts";
import type { ClientRun, RoundEvent, RunRecord } from "#core/run/record.ts";
import { edgeResponseMs } from "#core/plan/modelled/waiting.ts";
import { whatDraftingSpares } from "../experiments/what-drafting-spares.ts";
import { whoIsServed } from "../experiments/who-is-served.ts";
import { scheduleOf } from "../sweep/schedule.ts";
import { plotsOf } from "../plot/plots.ts";
import { readResults } from "../results/read-results.ts";
import { emptyResults, headOf, linesOf, withLine, writeLine, type Results } from "../results/results.ts";
import { caveatsOf } from "./summaries.ts";
import { fakeRecord, MODELS } from "../testing/fake-run.ts";
import type { Experiment } from "../experiment/experiment.ts";

/** Edge compute a token by what runs there; a round of four drafted tokens gains 2.5. */
const EDGE_MS = (config: RunConfig): number =>
  config.model === "concierge-1m"
    ? 0.25
    : config.mode === "speculative"
      ? 2 / 2.5
      : config.mode === "colocated"
        ? 3 / 2.5
        : 1.5;
const AWAY_MS = 8.5;

function recordOf(config: RunConfig): RunRecord {
  const edgeMs = EDGE_MS(config);
  const tpotMs = AWAY_MS + edgeResponseMs(edgeMs, AWAY_MS, config.clients);
  const base = fakeRecord(config);
  const tokens = base.tokens.map((token, index) => ({
    ...token,
    atMs: 50 + index * tpotMs,
    edgeMs,
    queueMs: tpotMs - AWAY_MS - edgeMs,
  }));
  const one: ClientRun = {
    ttftMs: 50,
    tpotMs,
    tokens: tokens.length,
    laterTokens: tokens.length - 1,
    edgeMs: edgeMs * (tokens.length - 1),
    queueMs: (tpotMs - AWAY_MS - edgeMs) * (tokens.length - 1),
    same: true,
  };
  const simulated = Array.from({ length: config.clients - 1 }, (_, index) => ({
    ...one,
    tpotMs: tpotMs * (1 + index / 10),
  }));
  const rounds: readonly RoundEvent[] = [0, 4, 4].map((drafted, index) => ({
    index,
    position: 0,
    drafted: Array.from({ length: drafted }, () => 1),
    fates: [],
    accepted: 1,
    follows: false,
    dropped: false,
    gained: 2,
    draftFromMs: 0,
    sentMs: 0,
    answeredMs: 0,
    spans: [],
    draftMs: 0,
    queueMs: 0,
    edgeMs: config.mode === "speculative" ? 2 : 3,
    linkMs: 0,
    addedMs: 0,
    upBytes: 0,
    downBytes: 0,
  }));
  const drafting = config.mode === "speculative" || config.mode === "colocated";
  return { ...base, tokens, ...(drafting ? { rounds } : {}), ...(config.clients > 1 ? { simulated } : {}) };
}

function resultsOf(experiment: Experiment): Results {
  const schedule = scheduleOf(experiment, MODELS, [
    { name: "heldout", sha256: "0", prompts: ["a", "b", "c"].map((id) => ({ id, text: `find ${id}` })) },
  ]);
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

describe("who is served", () => {
  const results = resultsOf(whoIsServed);
  const [tpot, , served, , unfairness] = plotsOf(results);
  if (tpot?.kind !== "points" || unfairness?.kind !== "points" || served?.kind !== "points")
    throw new Error("lines are points");
  it("draws the median, the 95th percentile in its colour, and the queue's model through them", () => {
    const { series } = tpot.panels[0]!;
    expect(series.map(({ role, like }) => [role, like])).toEqual([
      ["modelled", "edge-only"],
      ["modelled", "split"],
      ["modelled", "speculative"],
      ["upper", "edge-only"],
      ["upper", "split"],
      ["upper", "speculative"],
      ["measured", undefined],
      ["measured", undefined],
      ["measured", undefined],
    ]);
    const [modelled, measured, upper] = [series[0]!, series[6]!, series[3]!];
    expect(modelled.points.map(({ x }) => x)).toEqual([1, 2, 4, 8, 16, 32]);
    expect(modelled.points[3]!.y).toBeCloseTo(AWAY_MS + edgeResponseMs(1.5, AWAY_MS, 8), 3);
    expect(measured.points[0]!.y).toBeCloseTo(AWAY_MS + 1.5, 3);
    for (const [at, { y }] of upper.points.entries()) expect(y).toBeGreaterThanOrEqual(measured.points[at]!.y);
    expect(tpot.logX).toBe(true);
    for (const { points } of series) expect(points.flatMap(({ x, y }) => [x, y]).every(Number.isFinite)).toBe(true);
  });
  it("says who is simulated, and when one heard something else", () => {
    expect(caveatsOf(results).join()).toContain("simulated devices");
    const astray = {
      ...results,
      runs: results.runs.map((line) => ({
        ...line,
        record: {
          ...line.record,
          ...(line.record.simulated === undefined
            ? {}
            : { simulated: line.record.simulated.map((each) => ({ ...each, same: false })) }),
        },
      })),
    };
    expect(caveatsOf(astray).join()).toMatch(/\d+ simulated devices were told something else/);
  });
  it("measures how unlike clients are served", () => {
    const last = unfairness.panels[0]!.series.find(({ name }) => name === "split")!.points;
    expect(last[0]!.y).toBe(1);
    expect(last.at(-1)!.y).toBeCloseTo(4); // 31 simulated ones, each a tenth slower than the one before
  });
  it("is read back with its simulated clients, and refused with broken ones", () => {
    const small = { ...results, runs: results.runs.slice(0, 8) };
    expect(readResults(linesOf(small).map(writeLine).join(""))).toMatchObject({
      ok: true,
      value: { results: { runs: small.runs } },
    });
    expect(readRunRecord({ ...small.runs[0]!.record, simulated: [{ ttftMs: "soon" }] })).toBeNull();
    expect(readRunRecord({ ...small.runs[0]!.record, simulated: [] })).not.toBeNull();
  });
});

describe("what drafting spares the edge", () => {
  const [ratios] = plotsOf(resultsOf(whatDraftingSpares));
  if (ratios?.kind !== "points") throw new Error("lines are points");
  it("compares prompt by prompt with the arm that drafts, next to 1 + g t_draft / t_verify", () => {
    const { series } = ratios.panels[0]!;
    expect(series.map(({ name, role }) => `${role}: ${name}`)).toEqual([
      "modelled: 1 + g t_draft / t_verify, modelled",
      "measured: speculative",
      "measured: edge-only",
      "measured: co-located",
      "measured: the draft model alone",
    ]);
    expect(series[0]!.points.map(({ x, y }) => [x, y])).toEqual([
      [1, 1.5],
      [4, 1.5],
      [8, 1.5],
    ]); // 1 + 4 * 0.25 / 2
    for (const { name, points } of series.slice(1)) expect(points, name).toHaveLength(3);
    expect(series[1]!.points.map(({ y }) => y)).toEqual([1, 1, 1]);
    expect(ratios.yTitle).toBe("times that of speculative");
  });
});
