import { describe, expect, test } from "vitest";
import { tokensOf } from "../testing/sample-tokens.ts";
import { legsOf, momentsAt } from "./moments.ts";

const partsAt = (...at: Parameters<typeof momentsAt>): readonly string[] =>
  momentsAt(...at).map(({ span, flew }) => `${span.part}${flew ? ", a packet" : ""}`);

const bytes = (up: number, down: number) => ({ upBytes: up, downBytes: down });
const split = tokensOf([{ deviceMs: 10, uplinkMs: 10, edgeMs: 10, downlinkMs: 10, ...bytes(500, 32) }]);

describe("the way of a token", () => {
  test("goes up as a packet, is computed at the edge, and comes back as one", () => {
    expect([5, 15, 25, 35].map((ms) => partsAt(split, [], ms))).toEqual([
      ["deviceMs"],
      ["uplinkMs, a packet"],
      ["edgeMs"],
      ["downlinkMs, a packet"],
    ]);
    expect(momentsAt(split, [], 40)).toEqual([]);
  });

  test("has no packet where none flew: a streamed token goes up in none, one of this device in none at all", () => {
    const streamed = tokensOf([{ uplinkMs: 10, edgeMs: 10, downlinkMs: 10, ...bytes(0, 32) }]);
    expect([5, 15, 25].map((ms) => partsAt(streamed, [], ms))).toEqual([
      ["uplinkMs"],
      ["edgeMs"],
      ["downlinkMs, a packet"],
    ]);
    const alone = tokensOf([{ deviceMs: 10, sampleMs: 1, ...bytes(0, 0) }]);
    expect([5, 10.5].map((ms) => partsAt(alone, [], ms))).toEqual([["deviceMs"], ["sampleMs"]]);
  });
});

const window = (draftFromMs: number, edgeMs = 10) => ({
  draftFromMs,
  sentMs: draftFromMs + 20,
  answeredMs: draftFromMs + 60,
  queueMs: 2,
  edgeMs,
});

describe("the way of drafted windows", () => {
  test("is drafting, the flight, waiting, judging and the flight back, end to end", () => {
    const legs = legsOf(window(100));
    expect(legs.map(({ part, fromMs, toMs }) => [part, fromMs, toMs])).toEqual([
      ["deviceMs", 100, 120],
      ["uplinkMs", 120, 134],
      ["queueMs", 134, 136],
      ["edgeMs", 136, 146],
      ["downlinkMs", 146, 160],
    ]);
    expect(legsOf(window(0, 0)).some(({ part }) => part === "edgeMs")).toBe(false); // dropped: nothing was computed
  });

  test("overlaps where windows did", () => {
    const rounds = [window(0), window(20)] as unknown as Parameters<typeof momentsAt>[1];
    expect(partsAt(split, rounds, 10)).toEqual(["deviceMs, a packet"].map((each) => each));
    expect(partsAt(split, rounds, 25)).toEqual(["uplinkMs, a packet", "deviceMs, a packet"]);
    expect(partsAt(split, rounds, 58)).toEqual(["downlinkMs, a packet", "edgeMs, a packet"]);
    expect(partsAt(split, rounds, 500)).toEqual([]);
  });
});
