import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "#core/run/parse-config.ts";
import { readRunRecord } from "#core/run/read-record.ts";
import { RECORD_SCHEMA } from "#core/run/record.ts";
import { upgradeRecord } from "#core/run/upgrade-record.ts";
import { readLooseRecords, readResults } from "./read-results.ts";

/** As commit 79bf96c wrote it, with its first three tokens. */
const first: Readonly<Record<string, unknown>> = JSON.parse(readFileSync("src/core/run/testing/record-schema-1.json", "utf8"));

describe("a record of schema 1", () => {
  it("opens with the keys that came later at their defaults, and says what it was", () => {
    const record = readRunRecord(first);
    expect(record).toMatchObject({ schema: RECORD_SCHEMA, upgradedFrom: 1, config: { mode: "split", cut: 4, draftLength: 4, verify: "coupled", windows: 1 }, tokens: first["tokens"] });
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

describe("a file without its beginning", () => {
  const line = (record: unknown): string => `${JSON.stringify({ kind: "run", cell: "a", arm: "a", varied: {}, prompt: "p", round: 0, promptTokens: 3, record })}\n`;
  it("names the line, and gives the records that are in it", () => {
    const source = `${line(first)}${line(first)}{"kind":"ru`;
    expect(readResults(source)).toMatchObject({ ok: false, failure: { value: 'line 1: "run", so its beginning is missing' } });
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
    const whole = readFileSync("src/core/run/testing/record-schema-1.json", "utf8");
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.nat({ max: whole.length }).map((end) => whole.slice(0, end))), (source) => {
      expect(readResults(source)).toHaveProperty("ok");
      expect(readLooseRecords(source)).toBeInstanceOf(Array);
    }), { numRuns: 200 });
  });
});
