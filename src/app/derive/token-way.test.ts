import { expect, test } from "vitest";
import { tokensOf } from "../testing/sample-tokens.ts";
import { stopsOn } from "./token-way.ts";

test("a stop stands in the middle of each part that took time; a drafted token's are those of its window", () => {
  const tokens = tokensOf([{ deviceMs: 10, uplinkMs: 4, edgeMs: 6 }]);
  expect(stopsOn(tokens, [], 0)).toEqual([
    { part: "deviceMs", atMs: 5, ms: 10 },
    { part: "uplinkMs", atMs: 12, ms: 4 },
    { part: "edgeMs", atMs: 17, ms: 6 },
  ]);
  expect(stopsOn(tokens, [], 5)).toEqual([]);
  const round = { index: 3, draftFromMs: 0, sentMs: 8, answeredMs: 20, queueMs: 0, edgeMs: 12 };
  const drafted = tokens.map((token) => ({ ...token, round: 3 }));
  const rounds = [round] as unknown as Parameters<typeof stopsOn>[1];
  expect(stopsOn(drafted, rounds, 0).map(({ part, atMs }) => [part, atMs])).toEqual([
    ["deviceMs", 4],
    ["edgeMs", 14],
  ]);
});
