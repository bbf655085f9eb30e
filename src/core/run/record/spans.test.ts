import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unaccountedTokens } from "../../measure/totals.ts";
import { readDemo } from "./demo-recording.ts";
import { unwrap } from "../failure.ts";
import { readRunRecord } from "./read-record.ts";
import { RECORD_SCHEMA, type RunRecord } from "../record.ts";
import { merged, partsOf, roundSpans, spansOf } from "./spans.ts";

const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
const parts = fc.record({
  deviceMs: ms,
  encodeMs: ms,
  uplinkMs: ms,
  queueMs: ms,
  edgeMs: ms,
  downlinkMs: ms,
  decodeMs: ms,
  sampleMs: ms,
  outageMs: ms,
  otherMs: ms,
});

describe("spans and parts", () => {
  it("say the same where there is one edge server", () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(partsOf(spansOf(given))).toEqual(given);
      }),
    );
  });
  it("add up over the hops", () => {
    const spans = [
      { hop: 0, part: "device", ms: 3 },
      { hop: 1, part: "edge", ms: 4 },
      { hop: 2, part: "edge", ms: 5 },
      { hop: 2, part: "uplink", ms: 1 },
    ] as const;
    expect(partsOf(spans)).toMatchObject({ deviceMs: 3, edgeMs: 9, uplinkMs: 1, downlinkMs: 0 });
    expect(merged([...spans, { hop: 1, part: "edge", ms: 2 }])).toEqual([
      { hop: 0, part: "device", ms: 3 },
      { hop: 1, part: "edge", ms: 6 },
      { hop: 2, part: "edge", ms: 5 },
      { hop: 2, part: "uplink", ms: 1 },
    ]);
  });
  it("leave out what took no time", () => {
    expect(spansOf({ ...partsOf([]), edgeMs: 2 })).toEqual([{ hop: 1, part: "edge", ms: 2 }]);
    expect(roundSpans({ draftMs: 2, linkMs: 0, queueMs: 0, edgeMs: 3 })).toEqual([
      { hop: 0, part: "device", ms: 2 },
      { hop: 1, part: "edge", ms: 3 },
    ]);
  });
});

const shipped = (name: string): unknown => JSON.parse(readFileSync(`public/recordings/${name}.json`, "utf8"));

describe("records of schema 2", () => {
  const records: readonly unknown[] = [
    ...["split-5g", "edge-only-5g", "device-only"].map(shipped),
    ...(shipped("demo") as { readonly cuts: readonly unknown[] }).cuts,
  ];
  it("open with their time by hop, and mean what they meant", () => {
    for (const before of records) {
      const { schema, upgradedFrom, tokens, ...after } = readRunRecord(before)!;
      expect([schema, upgradedFrom]).toEqual([RECORD_SCHEMA, 2]);
      const { tokens: former, schema: _, rounds: __, ...others } = before as Omit<RunRecord, "schema"> & { schema: 2 };
      expect(after).toMatchObject(JSON.parse(JSON.stringify({ ...others, config: {} })));
      expect(tokens.map(({ spans: ___, ...token }) => token)).toEqual(
        former.map((token) => ({ ...token, outageMs: 0 })),
      );
      for (const token of tokens) expect(token).toMatchObject(partsOf(token.spans));
      expect(unaccountedTokens(tokens)).toEqual(
        unaccountedTokens(former.map((token) => ({ ...token, spans: [], outageMs: 0 }))),
      );
    }
  });
  it("and those of schema 3, whose tokens knew no outage", () => {
    for (const before of records) {
      const { upgradedFrom: _, ...now } = readRunRecord(before)!;
      const third = { ...now, schema: 3, tokens: now.tokens.map(({ outageMs: __, ...token }) => token) };
      expect(readRunRecord(third)).toEqual({ ...now, upgradedFrom: 3 });
    }
  });
  it("and the show that is made of them", () => {
    const demo = unwrap(readDemo(shipped("demo")));
    expect(demo.broken.tokens.every(({ spans }) => spans.length > 0)).toBe(true);
  });
  it("grow by less than seven tenths when they are saved again", () => {
    for (const before of records) {
      const ratio = JSON.stringify(readRunRecord(before)).length / JSON.stringify(before).length;
      expect(ratio).toBeLessThan(1.7);
    }
  });
  it("of which a token lacks a part are refused, not filled in", () => {
    const before = structuredClone(shipped("split-5g")) as { tokens: Record<string, unknown>[] };
    delete before.tokens[0]!["edgeMs"];
    expect(readRunRecord(before)).toBeNull();
  });
});
