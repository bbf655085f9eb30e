import fc from "fast-check";
import { expect, test } from "vitest";
import { lookUp } from "./lookup.ts";

test("what followed the longest repeated end is proposed, the most frequent of it, and of those the latest", () => {
  expect(lookUp([5, 6, 7, 1, 5, 6])).toEqual({ id: 7, confidence: 1 / 2 });
  expect(lookUp([5, 6, 7, 5, 6, 8, 5, 6, 8, 5, 6])).toEqual({ id: 8, confidence: 2 / 4 });
  expect(lookUp([5, 6, 7, 5, 6, 8, 5, 6])).toEqual({ id: 8, confidence: 1 / 3 });
  // "9 5 6" went on with 7, though "5 6" mostly with 8
  expect(lookUp([9, 5, 6, 7, 5, 6, 8, 5, 6, 8, 9, 5, 6])).toMatchObject({ id: 7 });
});

test("nothing is proposed where the end stands nowhere before, or one token alone does", () => {
  expect(lookUp([])).toBeNull();
  expect(lookUp([1, 2, 3, 4])).toBeNull();
  expect(lookUp([3, 1, 2, 3])).toBeNull();
});

test("whatever is proposed has followed the last two tokens before", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 40 }), (ids) => {
      const found = lookUp(ids);
      const follows = ids.flatMap((_, at) =>
        at + 2 < ids.length && ids[at] === ids.at(-2) && ids[at + 1] === ids.at(-1) ? [ids[at + 2]] : [],
      );
      if (found === null) expect(follows).toEqual([]);
      else {
        expect(follows).toContain(found.id);
        expect(found.confidence).toBeGreaterThan(0);
        expect(found.confidence).toBeLessThan(1);
      }
    }),
  );
});
