import { describe, expect, it } from "vitest";
import { cellsOf, splitValues, withSettings } from "./sweep/cells.ts";
import { runSweep, type RunPort } from "./sweep/runner.ts";
import { runsCsv, tokensCsv } from "./results/csv.ts";
import { howFarToDraft } from "./experiments/how-far-to-draft.ts";
import { whatACodecCosts } from "./experiments/what-a-codec-costs.ts";
import { whereToCut } from "./experiments/where-to-cut.ts";
import { aDayOnALink } from "./experiments/a-day-on-a-link.ts";
import { judgePlanner, judgementText, verdictOnPlanner } from "./analysis/judge.ts";
import { oursText } from "./analysis/ours.ts";
import { timeLeftMs } from "./sweep/schedule.ts";
import { frontierOf, plotsOf } from "./plot/plots.ts";
import { pickPrompts, readPromptSet } from "./experiment/prompts.ts";
import { readExperiment } from "./experiment/read-experiment.ts";
import { readResults } from "./results/read-results.ts";
import { EXPERIMENTS, experimentNamed } from "./experiment/registry.ts";
import { reportHtml } from "./results/report.ts";
import { linesOf, writeLine } from "./results/results.ts";
import { caveatsOf, cellsIn, figureOf } from "./analysis/summaries.ts";
import { planned, promptSet, resultsOf } from "./testing/fake-results.ts";
import { fakeRecord, fakeRun, MODEL, MODELS } from "./testing/fake-run.ts";

describe("declarations", () => {
  it.each(EXPERIMENTS.map((experiment) => [experiment.id, experiment] as const))(
    "%s reads back from JSON and has cells that can be",
    (id, experiment) => {
      expect(readExperiment(JSON.parse(JSON.stringify(experiment)))).toEqual({ ok: true, value: experiment });
      const { cells, skipped } = cellsOf(experiment, MODELS);
      expect(skipped).toEqual([]);
      expect(cells.length).toBeGreaterThan(1);
      expect(experimentNamed(id)).toBe(experiment);
      expect(experimentNamed(String(experiment.number))).toBe(experiment);
      expect(experiment.question).toMatch(/\?$/);
      expect(experiment.notice.length).toBeGreaterThan(0);
    },
  );
  it("numbers the chapters", () => {
    expect(EXPERIMENTS.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
  it.each([
    ["an id that is a path", { id: "../x" }, "experiment.id"],
    ["no arms", { arms: [] }, "experiment.arms"],
    [
      "two arms of one name",
      {
        arms: [
          { name: "a", set: {} },
          { name: "a", set: { mode: "split" } },
        ],
      },
      "experiment.arms",
    ],
    ["no measures", { measures: [] }, "experiment.measures"],
    ["an empty list", { sweep: { cut: [] } }, "experiment.sweep.cut"],
    ["a reference that is no arm", { reference: "f32" }, "experiment.reference"],
    [
      "ratios to no arm",
      { charts: [{ kind: "lines", title: "t", x: "cut", y: "tpot", over: "cloud" }] },
      "experiment.charts[0].over",
    ],
    [
      "a map of no arm",
      { charts: [{ kind: "map", title: "t", arm: "split", against: "cloud" }] },
      "experiment.charts[0].against",
    ],
  ])("refuses %s", (_, wrong, key) => {
    expect(readExperiment({ ...whereToCut, ...wrong })).toMatchObject({
      ok: false,
      failure: { code: "bad-value", key },
    });
  });
  it("refuses a key that it does not know, wherever it stands, with the nearest right one", () => {
    const unknown = (wrong: object) => {
      const read = readExperiment({ ...whereToCut, ...wrong });
      return read.ok ? null : read.failure;
    };
    expect(unknown({ questoin: "?" })).toMatchObject({ code: "unknown-key", of: "experiment", key: "questoin" });
    expect(unknown({ arms: [{ name: "a", set: { cutt: 1 } }] })).toMatchObject({ of: "experiment.arms[0].set" });
    expect(unknown({ charts: [{ kind: "timeline", title: "t", panles: "cut" }] })).toMatchObject({
      of: "experiment.charts[0]",
      key: "panles",
    });
  });
  it("refuses what does not fit, with the path to it", () => {
    expect(readExperiment({ ...whereToCut, measures: ["speed"] })).toMatchObject({
      ok: false,
      failure: { code: "bad-value", key: "experiment.measures[0]" },
    });
    expect(readExperiment({ ...whereToCut, sweep: { cat: [1] } })).toMatchObject({
      ok: false,
      failure: { code: "unknown-key", of: "experiment.sweep", key: "cat" },
    });
    expect(readExperiment({ ...whereToCut, charts: [{ kind: "pie" }] })).toMatchObject({
      ok: false,
      failure: { key: "experiment.charts[0].kind" },
    });
  });
});

describe("cells", () => {
  it("varies for each arm what means something to it", () => {
    const { cells } = cellsOf(
      {
        base: {},
        sweep: { cut: [0, 6], link: ["loopback", "5g"] },
        arms: [
          { name: "split", set: { mode: "split" } },
          { name: "edge", set: { mode: "edge-only" } },
          { name: "device", set: { mode: "device-only" } },
        ],
      },
      [MODEL],
    );
    expect(cells.map(({ key }) => key)).toEqual([
      "split cut=0 link=loopback",
      "split cut=0 link=5g",
      "split cut=6 link=loopback",
      "split cut=6 link=5g",
      "edge link=loopback",
      "edge link=5g",
      "device",
    ]);
  });
  it("varies what drafts only where something drafts with it, and a threshold only where it is read", () => {
    const { cells } = cellsOf(
      {
        base: {},
        sweep: { cut: [0, 6], threshold: [0.5, 0.9], windows: [1, 2] },
        arms: [
          { name: "cooperative", set: { mode: "cooperative" } },
          { name: "speculative", set: { mode: "speculative" } },
          { name: "both at the edge", set: { mode: "colocated" } },
        ],
      },
      [MODEL],
    );
    expect(cells.map(({ key }) => key)).toEqual([
      "cooperative threshold=0.5",
      "cooperative threshold=0.9",
      "speculative windows=1",
      "speculative windows=2",
      "both at the edge",
    ]);
  });
  it("skips what cannot be, with its code, and runs the rest", () => {
    const { cells, skipped } = cellsOf(
      {
        base: { mode: "u-split" },
        sweep: { cut: [3, 12, 99, "soon"], model: ["concierge-10m", "gone"] },
        arms: [{ name: "u", set: {} }],
      },
      [MODEL],
    );
    expect(cells.map(({ key }) => key)).toEqual(["u model=concierge-10m cut=3"]);
    expect(skipped.map(({ failure }) => failure.code)).toEqual([
      "empty-middle",
      "cut-out-of-range",
      "bad-value",
      "unknown-model",
      "unknown-model",
      "unknown-model",
      "bad-value",
    ]);
  });
  it("takes settings from outside", () => {
    const changed = withSettings(
      whereToCut,
      new Map([
        ["cut", ["3"]],
        ["codec", ["f32", "int8"]],
        ["maxTokens", ["4"]],
      ]),
    );
    if (!changed.ok) throw new Error("refused");
    expect(changed.value.sweep).toMatchObject({ cut: ["3"], codec: ["f32", "int8"] });
    expect(changed.value.base.maxTokens).toBe("4");
    expect(withSettings(whereToCut, new Map([["cat", ["1"]]]))).toMatchObject({
      ok: false,
      failure: { code: "unknown-key" },
    });
    expect(withSettings(whereToCut, new Map([["prompt", ["hi"]]]))).toMatchObject({
      ok: false,
      failure: { code: "keys-conflict" },
    });
  });
  it("has no run twice: a value given again, or half the depth under another name", () => {
    const { cells, skipped } = cellsOf(
      {
        base: {},
        sweep: { cut: ["50%", "50%", 6, "0%", 3] },
        arms: [
          { name: "split", set: { mode: "split" } },
          { name: "again", set: { mode: "split" } },
        ],
      },
      [MODEL],
    );
    expect(cells.map(({ key }) => key)).toEqual([
      "split cut=50%",
      "split cut=0%",
      "split cut=3",
      "again cut=50%",
      "again cut=0%",
      "again cut=3",
    ]);
    expect(skipped).toMatchObject([
      { key: "split cut=6", failure: { code: "keys-conflict", why: "that is the same run as split cut=50%" } },
      { key: "again cut=6" },
    ]);
  });
  it("refuses what every arm fixes for itself: it would change nothing", () => {
    expect(withSettings(whereToCut, new Map([["mode", ["auto"]]]))).toMatchObject({
      ok: false,
      failure: { code: "keys-conflict", keys: ["mode", "arms"], why: expect.stringContaining("edge-only: edge-only") },
    });
  });
  it("parts lists at commas, but not inside a link's figures", () => {
    expect(splitValues("0,25%,6")).toEqual(["0", "25%", "6"]);
    expect(splitValues("5g,up:20,rtt:30,up:5,wifi6")).toEqual(["5g", "up:20,rtt:30", "up:5", "wifi6"]);
  });
});

describe("prompts", () => {
  it("are spread over the set, and joined to a length", () => {
    expect(pickPrompts(promptSet(), { set: "heldout", count: 4 }).map(({ id }) => id)).toEqual([
      "p-0",
      "p-5",
      "p-10",
      "p-15",
    ]);
    for (const { text } of pickPrompts(promptSet(), { set: "heldout", count: 3, words: [50] }))
      expect(text.split(" ")).toHaveLength(50);
    expect(pickPrompts(promptSet(), { set: "heldout", count: 99 })).toHaveLength(20);
  });
  it("name the line that does not fit", () => {
    expect(readPromptSet("mine", "", '{"prompt": "a"}\n{"text": "b"}')).toMatchObject({
      ok: false,
      failure: { key: "mine, line 2" },
    });
    expect(readPromptSet("mine", "", "")).toMatchObject({ ok: false });
  });
});

describe("schedule", () => {
  it("runs every cell on every prompt each round, and no cell always first", () => {
    const schedule = planned(whereToCut);
    expect(schedule.runs).toHaveLength(schedule.cells.length * schedule.prompts.length * whereToCut.repeats);
    expect(new Set(schedule.runs.map(({ key }) => key)).size).toBe(schedule.runs.length);
    const firsts = schedule.runs.filter((_, at) => at % schedule.cells.length === 0).map(({ cell }) => cell.key);
    expect(new Set(firsts).size).toBe(firsts.length);
  });
  it("knows what is left", () => {
    expect(timeLeftMs(0, 10, 0)).toBeNull();
    expect(timeLeftMs(4, 10, 400)).toBe(600);
  });
});

describe("runSweep", () => {
  it("checks each cell and prompt once, and vouches for equal tokens later", async () => {
    const checks: string[] = [];
    const results = await resultsOf(planned(whereToCut), (config, options) => {
      if (options.check === true)
        checks.push(`${config.mode} ${String(config.cut)} ${JSON.stringify(config.link)} ${config.prompt ?? ""}`);
      return fakeRun(config, options);
    });
    expect(results.whole).toBe(true);
    expect(new Set(checks).size).toBe(checks.length);
    expect(checks).toHaveLength(results.runs.length / 2);
    expect(results.runs.every(({ record }) => record.agreement.kind === "checked")).toBe(true);
    expect(caveatsOf(results)).toEqual([]);
  });
  it("warms up, uncounted, wherever the kind of session changes", async () => {
    const warm: string[] = [];
    const results = await resultsOf(planned(whereToCut), (config, options) => {
      if (config.maxTokens === 3) warm.push(`${config.mode} ${String(config.cut)}`);
      return fakeRun(config, options);
    });
    // Seven kinds a round; a round that starts inside a kind comes back to it at its end.
    expect(warm.slice(0, 7)).toEqual([
      "split 0%",
      "split 25%",
      "split 50%",
      "split 75%",
      "split 100%",
      "edge-only 50%",
      "device-only 50%",
    ]);
    expect(results.runs.every(({ record }) => record.config.maxTokens === 16)).toBe(true);
    expect(warm.length).toBeLessThan(results.runs.length / 2);
  });
  it("makes a failing cell coded rows and gives it up after two, never the night", async () => {
    const results = await resultsOf(planned(whereToCut), (config, options) => {
      if (config.mode === "device-only" && config.maxTokens > 3) throw new Error("the page crashed");
      return fakeRun(config, options);
    });
    expect(results.failed.map(({ cell, failure }) => [cell, failure.code])).toEqual([
      ...Array.from({ length: 2 }, () => ["device-only", "internal"]),
      ...Array.from({ length: 6 }, () => ["device-only", "given-up"]),
    ]);
    expect(results.failed.at(-1)?.failure).toEqual({ code: "given-up", failures: 2, last: "internal" });
    expect(results.runs.length + results.failed.length).toBe(results.head.runs);
    expect(cellsIn(results)).toHaveLength(planned(whereToCut).cells.length - 1);
    expect(caveatsOf(results)).toEqual([
      "2 runs failed (internal)",
      "6 runs were not tried: their cells had failed before",
    ]);
  });
  it("goes on from what is there", async () => {
    const schedule = planned(whereToCut);
    const all = await resultsOf(schedule);
    let runs = 0;
    const rest = runSweep(
      schedule,
      (config, options) => {
        if (config.maxTokens > 3) runs += 1;
        return fakeRun(config, options);
      },
      all.runs.slice(0, -3),
    );
    for (let step = await rest.next(); step.done !== true; step = await rest.next());
    expect(runs).toBe(3);
    expect((await runSweep(schedule, fakeRun, all.runs).next()).value).toBe(true);
  });
  it("ends when a run was stopped, without a line for it", async () => {
    let left = 12;
    const results = await resultsOf(planned(whereToCut), async (config, options) =>
      --left > 0 ? fakeRun(config, options) : { ...(await fakeRun(config, options)), finish: { kind: "stopped" } },
    );
    expect(results.whole).toBe(false);
    expect(caveatsOf(results)).toContain("not all planned runs were made");
  });
  it("scores the prompt and what the uncut model says behind it", async () => {
    const seen: string[] = [];
    const results = await resultsOf(planned(whatACodecCosts), (config, options) => {
      seen.push(`${config.mode} ${config.temperature}`);
      return fakeRun(config, options);
    });
    expect(seen.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => "edge-only 1"));
    const [line] = results.runs.filter(({ record }) => record.config.mode === "score");
    expect(line?.record.config.promptIds).toHaveLength((line?.promptTokens ?? 0) + 24);
    const int4 = cellsIn(results).find(({ key }) => key === "codec cut=50% codec=int4")!;
    expect(figureOf("perplexity-rise", int4.runs, results)?.value).toBeCloseTo((Math.exp(0.01) - 1) * 100);
    expect(figureOf("kl", int4.runs, results)?.value).toBeCloseTo(0.01);
    const [scored] = int4.runs;
    const differing = (scored?.record.favourites ?? []).filter((_, at) => at % 4 === 0).length;
    expect(figureOf("top-1", int4.runs.slice(0, 1), results)?.value).toBeCloseTo(
      (100 * differing) / (scored?.record.favourites?.length ?? 0),
    );
    expect(figureOf("perplexity", int4.runs, results)?.value).toBeCloseTo(Math.exp(1.01));
  });
});

describe("figures", () => {
  it("stand beside the paper's: the fewest bytes within its loss, and which cell that is", async () => {
    const few = {
      ...whatACodecCosts,
      sweep: { codec: ["f16", "int8", "int4"], cut: ["50%"] },
      prompts: { set: "heldout", count: 2 },
    };
    const results = await resultsOf(planned(few));
    const [value] = few.source[0]?.values ?? [];
    const rises = cellsIn(results).map(
      ({ key, runs }) => [key, figureOf("perplexity-rise", runs, results)?.value ?? NaN] as const,
    );
    expect(rises).toContainEqual(["codec cut=50% codec=int4", expect.closeTo(1.005, 2)]);
    expect(oursText(value!.ours!, results)).toBe("0.5, float32");
    expect(oursText({ ...value!.ours!, within: { measure: "perplexity-rise", most: 5 } }, results)).toBe(
      "3.9, codec cut=50% codec=int4",
    );
    expect(oursText({ ...value!.ours!, within: { measure: "perplexity-rise", most: -5 } }, results)).toBe(
      "none of ours is within it",
    );
    expect(reportHtml(results, [])).toContain("<td>7.6 times</td><td>0.5, float32</td>");
    expect(oursText({ measure: "acceptance", best: "most" }, results)).toBeNull();
  });
  it("come with an interval over prompts, and leave hidden tabs out", async () => {
    const results = await resultsOf(planned(whereToCut));
    const cell = cellsIn(results).find(({ key }) => key === "split cut=50% link=loopback")!;
    const figure = figureOf("tpot", cell.runs, results)!;
    expect(figure.prompts.size).toBe(4);
    expect(figure.runs).toBe(8);
    expect(figure.interval!.low).toBeLessThan(figure.value);
    expect(figure.interval!.high).toBeGreaterThan(figure.value);
    // More runs and tokens of the same prompts say nothing of other prompts: the interval stays as wide.
    expect(figureOf("tpot", [...cell.runs, ...cell.runs, ...cell.runs], results)!.interval).toEqual(figure.interval);
    expect(figureOf("up", [...cell.runs, ...cell.runs], results)!.interval).toEqual(
      figureOf("up", cell.runs, results)!.interval,
    );
    const hidden = {
      ...results,
      runs: results.runs.map((line) => ({
        ...line,
        record: { ...line.record, provenance: { ...line.record.provenance, hidden: true } },
      })),
    };
    expect(cellsIn(hidden)).toEqual([]);
    expect(caveatsOf(hidden)[0]).toMatch(/do not count/);
  });
  it("draw a line over the cut with baselines across and the model beneath", async () => {
    const [tpot] = plotsOf(await resultsOf(planned(whereToCut)));
    if (tpot?.kind !== "points") throw new Error("no points");
    expect(tpot.panels.map(({ title }) => title)).toEqual(["link loopback", "link wifi6", "link 5g"]);
    expect(tpot.panels[0]!.series.map(({ name, role }) => `${role} ${name}`)).toEqual([
      "modelled modelled",
      "measured split",
      "baseline edge-only",
      "baseline device-only",
    ]);
    const split = tpot.panels[0]!.series[1]!;
    expect(split.points.map(({ x }) => x)).toEqual([0, 3, 6, 9, 12]);
    // Every measured slope is one block's time on the device less that at the edge.
    expect(split.points[1]!.y - split.points[0]!.y).toBeCloseTo(3 * (2 - 1));
    const modelled = tpot.panels[0]!.series[0]!;
    expect(modelled.points).toHaveLength(13);
    expect(modelled.points[6]!.y).toBeCloseTo(split.points[2]!.y, 0);
  });
  it("draw a baseline across whatever the axis is, and block efficiency by its formula", async () => {
    const speculating: RunPort = async (config, options) => {
      const record = await fakeRun(config, options);
      if (config.mode !== "speculative") return record;
      const totals = {
        rounds: 4,
        drafted: 16,
        judged: 12,
        accepted: 6,
        wasted: 4,
        droppedWindows: 0,
        acceptance: 0.5,
        blockEfficiency: 1.9,
        edgePassesPerToken: 0.5,
        tokensPerRoundTrip: 2,
        bytesPerAcceptedToken: 60,
        edgeMsPerToken: 1,
        draftMs: 1,
        verifyMs: 3,
      };
      return { ...record, totals: { ...record.totals, speculation: totals } };
    };
    const [efficiency, tpot] = plotsOf(
      await resultsOf(planned({ ...howFarToDraft, sweep: { draftLength: [1, 3], temperature: [0] } }), speculating),
    );
    if (efficiency?.kind !== "points" || tpot?.kind !== "points") throw new Error("no points");
    const modelled = efficiency.panels[0]!.series.find(({ role }) => role === "modelled")!;
    expect(modelled.like).toBe("speculative, temperature 0");
    expect(modelled.points.map(({ x, y }) => [x, y])).toEqual([
      [1, 1.5],
      [3, 1.875],
    ]);
    const baseline = tpot.panels[0]!.series.find(({ role }) => role === "baseline")!;
    expect(baseline.points.map(({ x }) => x)).toEqual([1, 3]);
  });
  it("join what no other is both smaller and better than", () => {
    const at = (x: number, y: number) => ({ x, y, interval: null, prompts: [], runs: 1, label: null });
    expect(frontierOf([at(4, 1), at(1, 9), at(2, 9), at(3, 2), at(8, 1)]).map(({ x }) => x)).toEqual([1, 3, 4]);
  });
});

describe("a run as it went", () => {
  it("is its time per token in stretches of half a second, with its moves ringed and the link below", async () => {
    const moving: RunPort = async (config) => {
      const record = fakeRecord(config);
      const tokens = Array.from({ length: 13 }, (_, index) => ({
        ...record.tokens[0]!,
        index,
        atMs: 100 + 100 * index,
        addedMs: 30,
      }));
      return {
        ...record,
        tokens,
        moves: [
          {
            after: 4,
            from: 6,
            to: 3,
            why: "re-planned",
            way: "carry",
            predictedMs: 1,
            otherwiseMs: 2,
            measuredMs: 1,
            atMs: 460,
            positions: 9,
            upBytes: 1,
            downBytes: 1,
          },
        ],
      };
    };
    const [plot] = plotsOf(
      await resultsOf(planned({ ...aDayOnALink, arms: [{ name: "split", set: { mode: "split" } }] }), moving),
    );
    if (plot?.kind !== "points") throw new Error("no points");
    const [speed, link] = plot.panels;
    expect(speed?.series[0]?.points.map(({ x, y }) => [x, Math.round(y)])).toEqual([
      [0.25, 125],
      [0.75, 100],
      [1.25, 67],
    ]);
    expect(link?.series[0]?.points.map(({ y }) => y)).toEqual([30, 30, 30]);
    expect(plot.marks).toMatchObject([{ panel: 0, x: 0.25, text: "cut 3" }]);
  });
});

describe("the planner, judged", () => {
  it("predicts the cuts between from the ends, and chooses what was measured best", async () => {
    const judgements = judgePlanner(
      await resultsOf(planned({ ...whereToCut, sweep: { cut: [0, 3, 6, 9, 12], link: ["loopback"] } })),
    );
    expect(judgements).toHaveLength(1);
    const [{ tpotError, predicted, trials }] = judgements as [(typeof judgements)[0]];
    expect(predicted).toBe(3);
    expect(tpotError).toBeLessThan(0.02);
    expect(trials).toHaveLength(7);
    expect(trials.every(({ chosen, best }) => chosen !== null && best !== null)).toBe(true);
    expect(Math.max(...trials.map(({ excess }) => excess!))).toBeLessThan(0.05);
    const inside = trials.filter(({ best }) => /cut=[369] /.test(best!));
    expect(inside.length).toBeGreaterThanOrEqual(3);
    const verdict = verdictOnPlanner(judgements);
    expect(verdict).toMatchObject({ trials: 7, interior: inside.length, holds: 2 * inside.length >= 7 });
    expect(verdict.error).toBeLessThan(0.1);
    const worse = judgements.map((judgement) => ({
      ...judgement,
      trials: judgement.trials.map((trial, at) => ({ ...trial, tie: false, excess: at === 0 ? 0.08 : 0 })),
    }));
    expect(verdictOnPlanner(worse)).toMatchObject({ excess: 0.08, holds: false });
    expect(
      verdictOnPlanner(
        worse.map((judgement) => ({
          ...judgement,
          trials: judgement.trials.map((trial) => ({ ...trial, tie: true })),
        })),
      ),
    ).toMatchObject({ excess: 0 });
    expect(judgementText(judgements)).toContain("over 7 sets of link and limits");
  });
  it("says nothing where no model was cut at both ends and between", async () => {
    expect(
      judgePlanner(await resultsOf(planned({ ...whereToCut, sweep: { cut: [0, 12], link: ["loopback"] } }))),
    ).toEqual([]);
    expect(judgePlanner(await resultsOf(planned(whatACodecCosts)))).toEqual([]);
  });
});

describe("files", () => {
  it("open again as they were written", async () => {
    const results = await resultsOf(planned(whereToCut));
    const source = linesOf(results).map(writeLine).join("");
    expect(readResults(source)).toEqual({ ok: true, value: { results, notices: [] } });
    const head = { ...results.head, traces: [{ name: "day.csv", sha256: "ab" }] };
    expect(readResults(writeLine(head))).toMatchObject({ ok: true, value: { results: { head } } });
    expect(readResults(writeLine({ ...head, traces: [{ name: "day.csv", sha256: 1 as never }] }))).toMatchObject({
      ok: false,
      failure: { key: "line 1.traces[0].sha256" },
    });
  });
  it("say when they were cut off, and refuse what is not theirs", async () => {
    const results = await resultsOf(planned(whereToCut));
    const source = linesOf(results).map(writeLine).join("");
    const truncated = readResults(source.slice(0, Math.floor(source.length / 2)));
    expect(truncated.ok && truncated.value.notices).toEqual([
      expect.stringMatching(/^The file ends in the middle of line \d+: \d+ of 152 runs could be read\.$/),
    ]);
    const unfinished = readResults(linesOf(results).slice(0, 5).map(writeLine).join(""));
    expect(unfinished.ok && unfinished.value.notices).toEqual([
      "The file has 4 of 152 runs: the experiment was not finished.",
    ]);
    expect(readResults("hello\n")).toMatchObject({ ok: false, failure: { key: "result file" } });
    expect(readResults("")).toMatchObject({ ok: false, failure: { value: expect.stringContaining("empty") } });
    expect(readResults(`${JSON.stringify({ ...results.head, schema: 9 })}\n`)).toMatchObject({
      ok: false,
      failure: {
        key: "line 1.schema",
        value: "9",
        expected: expect.stringContaining("a newer version of Cutlayer wrote this"),
      },
    });
    const holed = readResults(
      `${writeLine(results.head)}{"kind":"run"}\nhello\n[]\n${results.runs.slice(0, 2).map(writeLine).join("")}`,
    );
    expect(holed.ok && holed.value.results.runs).toHaveLength(2);
    expect(holed.ok && holed.value.notices).toEqual([
      expect.stringMatching(
        /^Left out: line 2: .*; line 3 is not JSON; line 4 is neither .*\. 2 of 152 runs could be read\.$/,
      ),
    ]);
  });
  it("are CSV with units in the names", async () => {
    const results = await resultsOf(
      planned({ ...whereToCut, sweep: { cut: [1] }, prompts: { set: "heldout", count: 1 }, repeats: 1 }),
    );
    const [head, ...rows] = runsCsv(results).trim().split("\r\n");
    expect(head).toContain("ttft_ms,tpot_ms");
    expect(rows).toHaveLength(results.runs.length);
    expect(rows.every((row) => row.split(",").length === head!.split(",").length)).toBe(true);
    const at = (row: string, column: string) => row.split(",")[head!.split(",").indexOf(column)];
    expect(new Set(head!.split(",")).size).toBe(head!.split(",").length);
    // Also what is as it is by default: f16 beside int8 is no blank.
    expect([at(rows[0]!, "mode"), at(rows[0]!, "cut"), at(rows[0]!, "codec"), at(rows[0]!, "threads")]).toEqual([
      "split",
      "1",
      "f16",
      "1",
    ]);
    const failing = await resultsOf(
      planned({ ...whereToCut, sweep: { cut: [1] }, prompts: { set: "heldout", count: 1 }, repeats: 1 }),
      (config, options) => (config.mode === "split" ? Promise.reject(new Error("gone")) : fakeRun(config, options)),
    );
    const failed = runsCsv(failing).trim().split("\r\n").at(-1)!;
    expect([at(failed, "cut"), at(failed, "ttft_ms"), at(failed, "failure")]).toEqual(["1", "", "internal"]);
    expect(tokensCsv(results).trim().split("\r\n")).toHaveLength(1 + results.runs.length * 16);
  });
  it("are one report that needs nothing else and escapes what it is given", async () => {
    const schedule = planned({ ...whereToCut, title: "<script>alert(1)</script>" });
    const results = await resultsOf(schedule);
    const html = reportHtml(
      results,
      plotsOf(results).map((_, index) => ({ text: `<svg data-nth="${index}"></svg>` })),
    );
    expect(html).not.toContain("<script>");
    expect(html).not.toMatch(/src=|<link|NaN|undefined|var\(/);
    expect([...html.matchAll(/<svg data-nth="(\d)"/g)].map(([, nth]) => nth)).toEqual(["0", "1", "2"]);
    expect(html).toContain("npm run bench -- x");
  });
  it.each(EXPERIMENTS.map((experiment) => [experiment.id, experiment] as const))(
    "%s: a report without holes",
    async (_, experiment) => {
      const html = reportHtml(await resultsOf(planned(experiment)), []);
      expect(html).not.toMatch(/NaN|undefined|Infinity/);
    },
  );
});
