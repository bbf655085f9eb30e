import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { readRunRecord } from "#core/run/record/read-record.ts";
import { RECORD_SCHEMA } from "#core/run/record.ts";
import { upgradeRecord } from "#core/run/record/upgrade-record.ts";
import { whereToCut } from "../experiments/where-to-cut.ts";
import { readLooseRecords, readResults } from "./read-results.ts";
import { RESULT_SCHEMA } from "./results.ts";

/** As commit 79bf96c wrote it, with its first three tokens. */
const first: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync("src/core/run/record/testing/record-schema-1.json", "utf8"),
);

describe("a record of schema 1", () => {
  it("opens with the keys that came later at their defaults, and says what it was", () => {
    const record = readRunRecord(first);
    expect(record).toMatchObject({
      schema: RECORD_SCHEMA,
      upgradedFrom: 1,
      config: { mode: "split", cut: 4, draftLength: 4, verify: "coupled", windows: 1 },
      tokens: first["tokens"],
    });
    expect(record?.tokens.every(({ spans }) => spans.length > 0)).toBe(true);
    expect(record).not.toHaveProperty("laneKey");
    expect(parseConfig({ ...record?.config })).toEqual({ ok: true, value: record?.config });
    expect(first["schema"]).toBe(1);
    expect(first["config"]).not.toHaveProperty("draftLength");
  });
  it("keeps what it said, and is upgraded once", () => {
    const own = { ...first, config: { ...(first["config"] as object), windows: 3 } };
    expect(upgradeRecord(own)).toMatchObject({ config: { windows: 3 } });
    expect(upgradeRecord(upgradeRecord(own))).toEqual(upgradeRecord(own));
  });
  it("of a schema that nobody knows is left alone", () => {
    expect(upgradeRecord({ ...first, schema: 7 })).toEqual({ ...first, schema: 7 });
    expect(readRunRecord({ ...first, schema: 7 })).toBeNull();
  });
});

describe("a record of a later schema", () => {
  it.each([
    ["on one line", 0],
    ["on many", 2],
  ])("%s is said to be that, and no other file's beginning", (_, indent) => {
    expect(readResults(JSON.stringify({ ...first, schema: 7 }, null, indent))).toMatchObject({
      ok: false,
      failure: { key: "record.schema", value: "7", expected: expect.stringContaining("newer version") },
    });
  });
});

describe("a result file cut off anywhere", () => {
  it("opens with the runs that are whole, or says that its first line is not", () => {
    const place = { cell: "a", arm: "a", varied: {}, prompt: "p", promptTokens: 3 };
    const head = {
      kind: "experiment",
      schema: RESULT_SCHEMA,
      experiment: { ...whereToCut, lesson: undefined },
      models: [],
      promptSet: { name: "heldout", sha256: "ab" },
      runs: 2,
      command: "x",
      startedAt: "2026",
      caveats: [],
    };
    const short = { ...first, tokens: (first["tokens"] as readonly unknown[]).slice(0, 1) };
    const text = [
      head,
      { kind: "run", ...place, round: 0, record: short },
      { kind: "run", ...place, round: 1, record: short },
      { kind: "end", whole: true },
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join("");
    const ends = [0, 1, 2].map(
      (nth) =>
        text
          .split("\n")
          .slice(0, nth + 1)
          .join("\n").length,
    );
    for (let end = 1; end < text.length; end += 7) {
      const read = readResults(text.slice(0, end));
      if (!read.ok)
        expect({ end, early: end < ends[0]!, value: read.failure }).toMatchObject({
          early: true,
          value: { code: "bad-value", value: expect.stringContaining("cut off") },
        });
      else
        expect({ end, runs: read.value.results.runs.length, noticed: read.value.notices.length }).toEqual({
          end,
          runs: ends.filter((at) => at <= end).length - 1,
          noticed: 1,
        });
    }
    expect(readResults(text)).toMatchObject({ ok: true, value: { notices: [] } });
  });
});

describe("a file without its beginning", () => {
  const line = (record: unknown): string =>
    `${JSON.stringify({ kind: "run", cell: "a", arm: "a", varied: {}, prompt: "p", round: 0, promptTokens: 3, record })}\n`;
  it("names the line, and gives the records that are in it", () => {
    const source = `${line(first)}${line(first)}{"kind":"ru`;
    expect(readResults(source)).toMatchObject({
      ok: false,
      failure: { value: 'line 1: "run", so its beginning is missing' },
    });
    expect(readLooseRecords(source)).toHaveLength(2);
  });
  it("may be one record, or several", () => {
    expect(readLooseRecords(JSON.stringify(first, null, 2))).toMatchObject([{ upgradedFrom: 1 }]);
    expect(readLooseRecords(JSON.stringify([first, first]))).toHaveLength(2);
    expect(readLooseRecords("nothing")).toEqual([]);
  });
});

describe("any text", () => {
  it("is read or refused, never thrown", () => {
    const whole = readFileSync("src/core/run/record/testing/record-schema-1.json", "utf8");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.nat({ max: whole.length }).map((end) => whole.slice(0, end)),
        ),
        (source) => {
          expect(readResults(source)).toHaveProperty("ok");
          expect(readLooseRecords(source)).toBeInstanceOf(Array);
        },
      ),
      { numRuns: 200 },
    );
  });
});
