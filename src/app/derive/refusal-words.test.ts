import { expect, test } from "vitest";
import { refusalText } from "./refusal-words.ts";

test("refusals are told in words, those of one kind together, and an unknown code as it is", () => {
  const refusals = [
    { code: "edge-full", count: 2 },
    { code: "unknown-key", count: 1 },
    { code: "bad-value", count: 3 },
    { code: "some-later-code", count: 1 },
  ];
  expect(refusalText(refusals)).toBe("2 found no place, 4 asked for what cannot be, 1 some-later-code");
});
