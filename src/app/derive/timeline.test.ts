import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOKEN_PARTS } from "#core/run/record.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { arrivedBy, momentAt, pathsOf, laidOut, tokenAt } from "./timeline.ts";

const tokens = tokensOf([
  { deviceMs: 20, uplinkMs: 10, edgeMs: 30, downlinkMs: 10 },
  { deviceMs: 3, encodeMs: 1, uplinkMs: 10, queueMs: 1, edgeMs: 5, downlinkMs: 10 },
  { deviceMs: 4, uplinkMs: 10, edgeMs: 6, downlinkMs: 10 },
]);

describe("a run on its time axis", () => {
  test("a token's parts lie end to end and end when it came", () => {
    const spans = laidOut(tokens, 1);
    expect(spans.map((span) => span.part)).toEqual([
      "deviceMs",
      "encodeMs",
      "uplinkMs",
      "queueMs",
      "edgeMs",
      "downlinkMs",
    ]);
    expect(spans[0]?.fromMs).toBe(70);
    expect(spans.at(-1)?.toMs).toBe(100);
    for (let i = 1; i < spans.length; i++) expect(spans[i]?.fromMs).toBe(spans[i - 1]?.toMs);
  });

  test("the token at a time, and how many have come", () => {
    expect([0, 69, 70, 71, 100, 129, 500].map((ms) => tokenAt(tokens, ms))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect([0, 69, 70, 99, 100, 500].map((ms) => arrivedBy(tokens, ms))).toEqual([0, 0, 1, 1, 2, 3]);
    expect(arrivedBy(tokens, null)).toBe(3);
    expect(arrivedBy([], 5)).toBe(0);
  });

  test("every moment inside a run belongs to one part", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 129.9, noNaN: true }), (ms) => {
        const moment = momentAt(tokens, ms);
        expect(moment).not.toBeNull();
        expect(moment?.progress).toBeGreaterThanOrEqual(0);
        expect(moment?.progress).toBeLessThan(1);
      }),
    );
  });

  test("paths stop at the playhead", () => {
    const rows = { tab: [0, 10], link: [12, 10], edge: [24, 10] } as const;
    const all = pathsOf(tokens, 2, null, rows);
    expect([...all.keys()].every((part) => TOKEN_PARTS.includes(part))).toBe(true);
    expect(all.get("deviceMs")?.split("M").length).toBe(4);
    expect(pathsOf(tokens, 2, 15, rows).get("deviceMs")).toBe("M0.00 0h30.00v10H0.00z");
    expect(pathsOf(tokens, 2, 0, rows).size).toBe(0);
  });
});
