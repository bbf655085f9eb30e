import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { readRunRecord } from "#core/run/record/read-record.ts";
import { bundleOf } from "./bundle.ts";
import { runSweep } from "../sweep/runner.ts";
import { scheduleOf } from "../sweep/schedule.ts";
import { readPromptSet } from "../experiment/prompts.ts";
import { readResults } from "./read-results.ts";
import { whereToCut } from "../experiments/where-to-cut.ts";
import { resultSchemaText } from "./result-schema.ts";
import { caveatsOf } from "../analysis/summaries.ts";
import { methodsSentence } from "./methods.ts";
import { emptyResults, headOf, linesOf, withLine, type Results } from "./results.ts";
import { fakeRun, MODEL } from "../testing/fake-run.ts";

async function some(): Promise<Results> {
  const set = readPromptSet("heldout", "ab", JSON.stringify({ id: "p", prompt: "find a table, please" }));
  if (!set.ok) throw new Error("refused");
  const schedule = scheduleOf(
    { ...whereToCut, sweep: { cut: [0, 6, 99] }, repeats: 1, prompts: { set: "heldout", count: 1 } },
    [MODEL],
    [set.value],
  );
  let results = emptyResults(
    headOf(schedule, { command: "npm run bench -- where-to-cut", startedAt: "2026-11-21T09:00:00.000Z", caveats: [] }),
    schedule.skipped,
  );
  const steps = runSweep(schedule, (config, options) =>
    config.cut === 6 ? Promise.reject(new Error("no")) : fakeRun(config, options),
  );
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done === true) return { ...results, whole: step.value };
    if (step.value.kind === "line") results = withLine(results, step.value.line);
  }
}

/** Real records that ship with the page; of earlier schemas, as they are read. */
const shipped = readdirSync("public/recordings").filter((name) => name.endsWith(".json") && name !== "index.json");
const recordsIn = (name: string): readonly unknown[] => {
  const json: { readonly cuts?: readonly unknown[]; readonly broken?: unknown } = JSON.parse(
    readFileSync(`public/recordings/${name}`, "utf8"),
  );
  return json.cuts === undefined ? [json] : [...json.cuts, json.broken];
};

/** What another implementation of JSON Schema says of a line. */
const line = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
  JSON.parse(resultSchemaText()),
);
const misfits = (value: unknown): readonly string[] => {
  line(JSON.parse(JSON.stringify(value))); // through JSON, as a file holds it
  return (line.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
};

describe("the JSON Schema of records", () => {
  const asLine = async (record: unknown): Promise<unknown> => ({ ...(await some()).runs[0], record });

  it.each(shipped)("fits the real runs in %s", async (name) => {
    for (const record of recordsIn(name)) {
      const read = readRunRecord(record);
      expect(read).not.toBeNull();
      expect(misfits(await asLine(read))).toEqual([]);
    }
  });
  it("fits every line of a result file", async () => {
    const lines = linesOf(await some());
    expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(["experiment", "run", "failed", "skipped", "end"]));
    for (const each of lines) expect(misfits(each)).toEqual([]);
  });
  it("tells what is missing, strange or of another kind", async () => {
    const [name = ""] = shipped;
    const record = readRunRecord(recordsIn(name)[0]);
    const { totals, ...rest } = record ?? {};
    const strange = await asLine({ ...rest, laneKey: "x", text: 3, totals: { ...totals, upBytes: 0.5 } });
    expect(misfits(strange)).toEqual(
      expect.arrayContaining([
        "/record must NOT have additional properties",
        "/record/text must be string",
        "/record/totals/upBytes must be integer",
      ]),
    );
    expect(misfits(await asLine(rest))).toContain("/record must have required property 'totals'");
  });
});

describe("a figure's bundle", () => {
  it("holds the figure, its records and what it takes to cite it", async () => {
    const results = await some();
    const figures = {
      paper: { text: "<svg><title>on paper</title></svg>" },
      slide: { text: "<svg><title>on a slide</title></svg>" },
    };
    const files = new Map(bundleOf(results, 0, figures, resultSchemaText()).map(({ name, text }) => [name, text]));
    expect([...files.keys()]).toEqual([
      "README.txt",
      "figure-paper.svg",
      "figure-slide.svg",
      "figure.csv",
      "records.jsonl",
      "records.schema.json",
      "runs.csv",
      "tokens.csv",
      "command.txt",
      "methods.txt",
      "cite.bib",
    ]);
    expect([...files.values()].every((text) => text.length > 20)).toBe(true);
    const read = readResults(files.get("records.jsonl") ?? "");
    expect(read.ok && read.value).toEqual({
      results,
      notices: [expect.stringContaining("not finished")].slice(results.whole ? 1 : 0),
    });
    expect(JSON.parse(files.get("records.schema.json") ?? "")).toEqual(JSON.parse(resultSchemaText()));
    expect([files.get("figure-paper.svg"), files.get("figure-slide.svg")]).toEqual([
      figures.paper.text,
      figures.slide.text,
    ]);
    expect(files.get("README.txt")).toContain(results.head.command);
    expect(bundleOf(results, 9, figures, "{}")).toEqual([]);
    const commit = results.runs[0]?.record.provenance.commit ?? "";
    expect(files.get("cite.bib")).toMatch(
      /^@software\{cutlayer,\n {2}author = \{\{The Cutlayer authors\}\},\n(?: {2}\w+ = \{.*\},\n)+ {2}year = \{2026\}\n\}\n$/,
    );
    expect(readFileSync("CITATION.cff", "utf8")).toContain("name: The Cutlayer authors");
    for (const name of ["cite.bib", "methods.txt"]) expect(files.get(name)).toContain(`commit ${commit}`);
    // Gone on with after the software changed: both are named, and it is said beside the figures.
    const [first, ...rest] = results.runs;
    const mixed = {
      ...results,
      runs: [
        ...rest,
        { ...first!, record: { ...first!.record, provenance: { ...first!.record.provenance, commit: "later" } } },
      ],
    };
    expect(caveatsOf(mixed).join()).toContain(`runs of 2 commits are mixed (${commit}, later)`);
    expect(methodsSentence(mixed)).toContain(`at commits ${commit} and later`);
    expect(caveatsOf(results).join()).not.toContain("mixed");
  });
});
