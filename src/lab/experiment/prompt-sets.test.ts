/** Prompt sets as an axis of an experiment, from the schedule to the files that are left; and one set as it always was. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { withSettings } from "../sweep/cells.ts";
import { comparisonText, unlikenesses } from "../analysis/compare.ts";
import { runsCsv, tokensCsv } from "../results/csv.ts";
import { whatACodecCosts } from "../experiments/what-a-codec-costs.ts";
import { whereToCut } from "../experiments/where-to-cut.ts";
import type { Experiment } from "./experiment.ts";
import { judgePlanner } from "../analysis/judge.ts";
import { methodsSentence } from "../results/methods.ts";
import { scheduleOf } from "../sweep/schedule.ts";
import { plotsOf } from "../plot/plots.ts";
import { promptSetNames, readPromptSet } from "./prompts.ts";
import { readExperiment } from "./read-experiment.ts";
import { readResults } from "../results/read-results.ts";
import { reportHtml } from "../results/report.ts";
import { resultLine } from "../results/results.ts";
import { readWith } from "#core/schema/read.ts";
import { changedSets, linesOf, writeLine } from "../results/results.ts";
import { cellsIn, figureOf } from "../analysis/summaries.ts";
import { planned, promptSet, resultsOf } from "../testing/fake-results.ts";
import { MODELS } from "../testing/fake-run.ts";

function set(experiment: Experiment, values: readonly string[]): Experiment {
  const changed = withSettings(experiment, new Map([["promptSet", values]]));
  if (!changed.ok) throw new Error("refused");
  return changed.value;
}

const small: Experiment = {
  ...whereToCut,
  sweep: { cut: [0, 6], link: ["5g"] },
  prompts: { set: "heldout", count: 3 },
};
const swept = set(small, ["demo", "heldout"]);

describe("prompt sets from outside", () => {
  it("are one for all, or an axis with several", () => {
    expect(set(small, ["mine"])).toEqual({ ...small, prompts: { set: "mine", count: 3 } });
    expect(swept).toEqual({ ...small, sweep: { ...small.sweep, promptSet: ["demo", "heldout"] } });
    expect(promptSetNames(set(swept, ["mine", "demo", "mine"]))).toEqual(["mine", "demo"]);
    expect(readExperiment(JSON.parse(JSON.stringify(swept)))).toEqual({ ok: true, value: swept });
    expect(readExperiment({ ...small, base: { promptSet: "demo" } })).toMatchObject({
      ok: false,
      failure: { code: "unknown-key", of: "experiment.base", key: "promptSet" },
    });
  });
  it("may be the page's document, and name the prompt that does not fit", () => {
    expect(readPromptSet("demo", "ab", readFileSync("public/prompts/demo.json", "utf8"))).toMatchObject({
      ok: true,
      value: { prompts: { length: 12 } },
    });
    expect(readPromptSet("demo", "ab", '{"prompts": [{"prompt": "a"}, {"prompt": ""}]}')).toMatchObject({
      ok: false,
      failure: { key: "demo, prompt 2" },
    });
  });
});

describe("a schedule over prompt sets", () => {
  it("takes so many prompts of each, in turn, for the cells of each", () => {
    const few = { ...promptSet("demo"), prompts: promptSet("demo").prompts.slice(0, 2) };
    const schedule = scheduleOf(swept, MODELS, [few, promptSet("heldout")]);
    expect(schedule.cells.map(({ key }) => key)).toEqual([
      "split cut=0 link=5g promptSet=demo",
      "split cut=0 link=5g promptSet=heldout",
      "split cut=6 link=5g promptSet=demo",
      "split cut=6 link=5g promptSet=heldout",
      "edge-only link=5g promptSet=demo",
      "edge-only link=5g promptSet=heldout",
      "device-only promptSet=demo",
      "device-only promptSet=heldout",
    ]);
    expect(schedule.prompts.map(({ id }) => id)).toEqual([
      "demo/p-0",
      "demo/p-1",
      "heldout/p-0",
      "heldout/p-6",
      "heldout/p-13",
    ]);
    expect(schedule.runs).toHaveLength(4 * (2 + 3) * swept.repeats);
    expect(new Set(schedule.runs.map(({ key }) => key)).size).toBe(schedule.runs.length);
    expect(schedule.runs.every(({ cell, prompt }) => prompt.id.startsWith(`${String(cell.varied.promptSet)}/`))).toBe(
      true,
    );
    // Turn by turn: each starts one cell later than the one before of its set.
    const turns = schedule.runs
      .filter((_, at) => at % 4 === 0)
      .map(({ cell, prompt }) => `${prompt.id} ${cell.arm} ${String(cell.config.cut)}`);
    expect(turns.slice(0, 5)).toEqual([
      "demo/p-0 split 0",
      "heldout/p-0 split 0",
      "demo/p-1 split 6",
      "heldout/p-6 split 6",
      "heldout/p-13 edge-only 50%",
    ]);
  });
  it("with one set is what it was", () => {
    const schedule = planned(small);
    expect(schedule.prompts.map(({ id }) => id)).toEqual(["p-0", "p-6", "p-13"]);
    expect(schedule.cells.map(({ key }) => key)).toEqual([
      "split cut=0 link=5g",
      "split cut=6 link=5g",
      "edge-only link=5g",
      "device-only",
    ]);
  });
});

describe("results over prompt sets", () => {
  it("name every set with its hash, fit their schema and open again", async () => {
    const results = await resultsOf(planned(swept));
    expect(results.head.promptSets).toEqual([
      { name: "demo", sha256: "ef".repeat(32) },
      { name: "heldout", sha256: "ab".repeat(32) },
    ]);
    for (const line of linesOf(results))
      expect(readWith(resultLine, JSON.parse(JSON.stringify(line)))).toEqual({ ok: true, value: line });
    expect(readResults(linesOf(results).map(writeLine).join(""))).toEqual({
      ok: true,
      value: { results, notices: [] },
    });
    expect((await resultsOf(planned(small))).head).not.toHaveProperty("promptSets");
  });
  it("have a figure for each set, its interval over the prompts of that set", async () => {
    const results = await resultsOf(planned(swept));
    const figures = cellsIn(results)
      .filter(({ key }) => key.startsWith("split cut=6 "))
      .map(({ runs }) => figureOf("tpot", runs, results));
    expect(figures.map((figure) => [...(figure?.prompts.keys() ?? [])])).toEqual([
      ["demo/p-0", "demo/p-6", "demo/p-13"],
      ["heldout/p-0", "heldout/p-6", "heldout/p-13"],
    ]);
    expect(figures[0]?.interval).not.toBeNull();
  });
  it("compare a scored run with the reference of its own set", async () => {
    const results = await resultsOf(
      planned(
        set({ ...whatACodecCosts, sweep: { codec: ["int8"], cut: ["50%"] }, prompts: { set: "heldout", count: 2 } }, [
          "demo",
          "heldout",
        ]),
      ),
    );
    for (const { key, runs } of cellsIn(results).filter(({ arm }) => arm === "codec"))
      expect({ key, kl: figureOf("kl", runs, results)?.value }).toEqual({ key, kl: expect.closeTo(0.01) });
  });
  it("are drawn with a panel a set, and said so in table, report, methods and CSV", async () => {
    const results = await resultsOf(planned(swept));
    const [plot] = plotsOf(results);
    if (plot?.kind !== "points") throw new Error("no points");
    expect(plot.panels.map(({ title }) => title)).toEqual(["link 5g, promptSet demo", "link 5g, promptSet heldout"]);
    expect(plot.panels[0]!.series.map(({ name, role }) => `${role} ${name}`)).toEqual([
      "modelled modelled",
      "measured split",
      "baseline edge-only",
      "baseline device-only",
    ]);
    expect(plot.panels[0]!.series[1]!.points.map(({ prompts }) => prompts.length)).toEqual([3, 3]);
    expect(plot.columns[0]).toBe("link, promptSet");
    expect(new Set(plot.rows.map(([panel]) => panel))).toEqual(new Set(plot.panels.map(({ title }) => title)));
    expect(plot.rows.every((row) => row.length === plot.columns.length)).toBe(true);
    expect(plot.note).toContain("6 prompts of demo and heldout");
    expect(methodsSentence(results)).toContain(
      `on each of the prompts of its set (demo: 3 prompts, SHA-256 ${"ef".repeat(6)}; heldout: 3 prompts, SHA-256 ${"ab".repeat(6)})`,
    );
    const html = reportHtml(results, []);
    expect(html).toContain("<td>split cut=6 link=5g promptSet=demo</td>");
    expect(html).not.toMatch(/NaN|undefined/);
    for (const table of [runsCsv(results), tokensCsv(results)]) {
      const [head = "", ...rows] = table
        .trim()
        .split("\r\n")
        .map((row) => row.split(","));
      const at = head.indexOf("prompt_set");
      expect(new Set(rows.map((row) => row[at]))).toEqual(new Set(["demo", "heldout"]));
    }
    expect(runsCsv(await resultsOf(planned(small)))).not.toContain("prompt_set");
  });
  it("are drawn with one set beside the other where panels differ in more", async () => {
    const [plot] = plotsOf(await resultsOf(planned({ ...swept, sweep: { ...swept.sweep, link: ["5g", "wifi6"] } })));
    expect(plot?.panels.map(({ title }) => title)).toEqual([
      "link 5g, promptSet demo",
      "link 5g, promptSet heldout",
      "link wifi6, promptSet demo",
      "link wifi6, promptSet heldout",
    ]);
    expect(plot?.inARow).toBe(2);
  });
  it("may have the set as the chart's own panel", async () => {
    const [plot] = plotsOf(
      await resultsOf(planned({ ...swept, charts: [{ kind: "parts", title: "Parts", panels: "promptSet" }] })),
    );
    expect(plot?.panels.map(({ title }) => title)).toEqual(["promptSet demo", "promptSet heldout"]);
    expect(plot?.columns[0]).toBe("promptSet");
  });
  it("judge the planner set by set", async () => {
    const judgements = judgePlanner(
      await resultsOf(
        planned(set({ ...whereToCut, sweep: { cut: [0, 6, 12], link: ["loopback"] } }, ["demo", "heldout"])),
      ),
    );
    expect(judgements.map(({ link }) => link)).toEqual(["loopback, promptSet demo", "loopback, promptSet heldout"]);
  });
});

describe("the hash of a set", () => {
  it("decides whether results may be gone on with, and stands in a comparison", async () => {
    const results = await resultsOf(planned(swept));
    const [demo, heldout] = planned(swept).promptSets;
    const other = { ...heldout!, sha256: "cd".repeat(32) };
    expect(changedSets(results.head, [demo!, heldout!])).toEqual([]);
    expect(changedSets(results.head, [demo!, other])).toEqual([
      `heldout (SHA-256 ${"ab".repeat(6)} then, ${"cd".repeat(6)} now)`,
    ]);
    expect(changedSets(results.head, [demo!])).toEqual(["demo and heldout then, demo now"]);
    expect(unlikenesses(results, results)).toEqual([]);
    expect(comparisonText(results, results)).toContain("split cut=6 link=5g promptSet=demo: time per token, ms");
    const changed = await resultsOf(scheduleOf(swept, MODELS, [demo!, other]));
    expect(unlikenesses(results, changed)).toEqual([
      `prompts: demo ${"ef".repeat(6)}, heldout ${"ab".repeat(6)} in a, demo ${"ef".repeat(6)}, heldout ${"cd".repeat(6)} in b`,
    ]);
  });
});
