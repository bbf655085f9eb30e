import { describe, expect, it } from "vitest";
import { messageSizes } from "./message-sizes.ts";

describe("messages that a run's quality tells of", () => {
  const sized = (mode: "score" | "split", kvCache: boolean, scores: number | null) =>
    messageSizes(
      { config: { mode, kvCache }, ...(scores === null ? {} : { logProbs: Array.from({ length: scores }, () => -1) }) },
      40,
    );
  it.each([
    ["a scored text goes up in stretches", sized("score", true, 150), [64, 64, 22]],
    ["a short one at once", sized("score", true, 64), [64]],
    ["without a cache at once", sized("score", false, 150), [150]],
    ["a prompt at once", sized("split", true, null), [40]],
    ["nothing scored, nothing sent", sized("score", true, null), []],
  ])("%s", (_, got, expected) => {
    expect(got).toEqual(expected);
  });
});
