import { expect, it } from "vitest";
import { withinTime } from "./within-time.ts";

it("returns what the work does, and throws what it throws", () => {
  expect(withinTime(1000, () => ({ a: 1 }))).toEqual({ a: 1 });
  expect(() =>
    withinTime(1000, () => {
      throw new RangeError("mine");
    }),
  ).toThrow(RangeError);
});
it("ends work that never does, also inside a callback and behind a catch of its own", () => {
  const forever = (): never => {
    for (;;);
  };
  expect(withinTime(30, forever)).toBeNull();
  expect(withinTime(30, () => [1].map(forever))).toBeNull();
  expect(
    withinTime(30, () => {
      try {
        return forever();
      } catch {
        return {};
      }
    }),
  ).toBeNull();
});
