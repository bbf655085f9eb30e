import { expect, it } from "vitest";
import { nextOf } from "./drawing-cursor.tsx";

it("the keys of a slider walk along a drawing and stay on it", () => {
  expect(nextOf("ArrowRight", null, 20)).toBe(0);
  expect(nextOf("ArrowRight", 3, 20)).toBe(4);
  expect(nextOf("ArrowLeft", 0, 20)).toBe(0);
  expect(nextOf("PageUp", 15, 20)).toBe(20);
  expect(nextOf("PageDown", 15, 20)).toBe(5);
  expect([nextOf("Home", 5, 20), nextOf("End", 5, 20)]).toEqual([0, 20]);
});

it("other keys are left to others, and Escape leaves", () => {
  expect(nextOf("Tab", 3, 20)).toBeUndefined();
  expect(nextOf("ArrowRight", null, -1)).toBeUndefined();
  expect(nextOf("Escape", 3, 20)).toBeNull();
  expect(nextOf("Escape", null, 20)).toBeUndefined();
});
