/** What a model writes is told in words while it comes, and as it was written on demand. */
import { expect, test } from "vitest";
import { told, toldIn, wordsIn } from "./told.ts";

const CALL = '<|call|>{"name":"FindAttractions","arguments":{"category":"Museum","location":"Berkeley"}}';

test("a call grows from nothing to its sentence, and no part of its notation is shown", () => {
  const seen = Array.from({ length: CALL.length }, (_, end) => wordsIn(CALL.slice(0, end + 1)));
  const fromCall = seen.slice("<|call|>".length);
  expect(fromCall[0]).toBe("Writing a call to a service\u2026");
  expect(fromCall).toContain("Looking for sights\u2026");
  expect(fromCall).toContain("Looking for museums\u2026");
  expect(fromCall).toContain("Looking for museums in Berk\u2026");
  expect(fromCall.at(-1)).toBe("Looking for museums in Berkeley.");
  for (const words of fromCall) expect(words).not.toMatch(/[{}"]/);
});

test("what is told otherwise can be read as it was written; words are their own", () => {
  expect(toldIn(CALL)).toEqual([{ words: "Looking for museums in Berkeley.", raw: CALL.slice("<|call|>".length) }]);
  expect(toldIn("<|assistant|>How about the Old Mint Museum?")).toEqual([
    { words: "How about the Old Mint Museum?", raw: null },
  ]);
});

test("a result is told by the call that it answers", () => {
  const call = CALL.slice("<|call|>".length);
  const content = '{"attraction_name":"Old Mint Museum","location":"Berkeley"}';
  expect(told({ role: "result", content }, call)).toEqual({
    words: "Found Old Mint Museum in Berkeley.",
    raw: content,
  });
  expect(told({ role: "result", content: "sold out" }, call)).toEqual({ words: "sold out", raw: null });
});
