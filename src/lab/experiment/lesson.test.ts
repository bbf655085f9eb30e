import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { answerOf, markedPlots, type Question } from "./lesson.ts";
import { bestOfLines, bestWithin } from "../analysis/optimum.ts";
import type { Plot, PlotPoint } from "../plot/plot.ts";
import { readRecorded, recordedFrom, writeRecorded, type RecordedExperiment } from "../results/recorded.ts";
import { EXPERIMENTS } from "./registry.ts";
import { emptyResults } from "../results/results.ts";

const path = (id: string): string => `public/recordings/experiments/${id}.json`;

function recordingOf(id: string): { readonly text: string; readonly recorded: RecordedExperiment } {
  const text = readFileSync(path(id), "utf8");
  const read = readRecorded(JSON.parse(text));
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  return { text, recorded: read.value };
}

const point = (x: number, y: number, half = 0, label: string | null = null): PlotPoint => ({
  x,
  y,
  interval: { low: y - half, high: y + half },
  prompts: [y],
  runs: 1,
  label,
});

describe("lessons", () => {
  const lessons = EXPERIMENTS.flatMap((experiment) =>
    experiment.lesson === undefined ? [] : [[experiment.id, experiment.lesson] as const],
  );
  it("are as many as experiments", () => expect(lessons.length).toBe(EXPERIMENTS.length));
  it.each(lessons)("%s: its recording ships, is small, and answers every question", (id, lesson) => {
    expect(existsSync(path(id)), `record it: npm run record:experiments -- results/${id}/${id}.jsonl`).toBe(true);
    const { text, recorded } = recordingOf(id);
    expect(recorded.id).toBe(id);
    expect(text.length).toBeLessThan(150_000);
    for (const question of lesson.questions) {
      const answer = answerOf(question, recorded.plots);
      expect(answer, question.ask).not.toBeNull();
      if (answer?.kind === "amount" && question.kind === "amount")
        expect(Number.isFinite(answer.value), question.ask).toBe(true);
    }
    const marked = markedPlots(lesson, recorded.plots)[lesson.mark.at.chart];
    expect(marked?.marks?.map((mark) => mark.text)).toEqual([lesson.mark.says]);
    expect(lesson.why.length).toBeLessThanOrEqual(2);
  });
  it("says nothing about a place that is not there", () => {
    const plot: Plot = {
      kind: "points",
      title: "t",
      xTitle: "",
      yTitle: "",
      columns: [],
      rows: [],
      note: "",
      logX: false,
      floorY: null,
      panels: [{ title: "link 5g", series: [{ name: "split", role: "measured", points: [point(0, 4), point(6, 2)] }] }],
    };
    const amount = (of: string, panel: string): Question => ({
      kind: "amount",
      ask: "",
      unit: "ms",
      from: 0,
      to: 1,
      step: 1,
      answer: { chart: 0, panel, of, at: 6 },
    });
    expect(answerOf(amount("split", "link 5g"), [plot])).toEqual({ kind: "amount", value: 2 });
    expect(answerOf(amount("split", "link 4g"), [plot])).toBeNull();
    expect(answerOf(amount("u-split", "link 5g"), [plot])).toBeNull();
    const choice: Question = {
      kind: "choice",
      ask: "",
      best: "least",
      choices: [
        { text: "a", at: { chart: 0, of: "split", at: "first" } },
        { text: "b", at: { chart: 0, of: "split", at: "last" } },
      ],
    };
    expect(answerOf(choice, [plot])).toEqual({ kind: "choice", right: 1, values: [4, 2] });
    expect(answerOf(choice, [])).toBeNull();
  });
});

describe("recordings", () => {
  it("keep five digits and come back", () => {
    const [experiment] = EXPERIMENTS;
    if (experiment === undefined) throw new Error("none");
    const results = emptyResults(
      {
        kind: "experiment",
        schema: 2,
        experiment,
        models: [],
        promptSet: { name: "p", sha256: "" },
        runs: 0,
        command: "c",
        startedAt: "2026-11-21",
        caveats: ["busy"],
      },
      [],
    );
    const recorded = recordedFrom(results, "a machine", "provisional");
    expect(recorded.caveats.slice(0, 2)).toEqual(["provisional", "busy"]);
    expect(readRecorded(JSON.parse(writeRecorded(recorded)))).toEqual({ ok: true, value: recorded });
    expect(writeRecorded({ ...recorded, runs: 3, machine: "1.23456789" })).toContain("1.23456789");
    expect(readRecorded({ ...recorded, plots: [{ kind: "points" }] })).toMatchObject({
      ok: false,
      failure: { key: "recording.plots[0]" },
    });
  });
});

describe("the best point", () => {
  it("names ties within the interval, and the baseline that beats it", () => {
    const series = [
      { name: "split", role: "measured" as const, points: [point(0, 10, 1), point(6, 9.5, 1), point(12, 20, 1)] },
      { name: "edge-only", role: "baseline" as const, points: [point(0, 3)] },
    ];
    expect(bestOfLines([{ title: "", series }], "least", (value) => `${value} ms`)).toEqual([
      { panel: 0, x: 6, y: 9.5, text: "least measured: 9.5 ms; 1 within its interval; edge-only lower" },
    ]);
    expect(bestOfLines([{ title: "", series }], "most", String)).toMatchObject([{ x: 12, text: "most measured: 20" }]);
    expect(bestOfLines([{ title: "", series: [] }], "least", String)).toEqual([]);
  });
  it("of a frontier is the smallest within the limit", () => {
    const series = [
      {
        name: "m",
        role: "measured" as const,
        points: [point(512, 0, 0, "f16"), point(130, 0.2, 0, "int4"), point(36, 40, 0, "rot-1b")],
      },
    ];
    expect(bestWithin([{ title: "", series }], 0.5)).toMatchObject([
      { x: 130, text: "int4: fewest bytes within the limit" },
    ]);
    expect(bestWithin([{ title: "", series }], -1)).toEqual([]);
  });
});
