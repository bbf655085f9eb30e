import { expect, test } from "vitest";
import { boldWidth } from "../frame/area.ts";
import { freestPlace, leadTo } from "./mark-place.ts";

const AREA = { left: 58, right: 328, top: 26, bottom: 206 };

test("words stand where they cover no point, and inside their panel", () => {
  const at = { x: 200, y: 60 };
  const row = Array.from({ length: 17 }, (_, nth) => ({ x: 60 + nth * 17, y: 100, weight: 3 }));
  const box = freestPlace("fewest bytes within the limit of them all", at, AREA, [{ ...at, weight: 3 }, ...row], 12);
  expect(box.lines.join(" ")).toBe("fewest bytes within the limit of them all");
  expect(box.left).toBeGreaterThanOrEqual(AREA.left);
  expect(box.right).toBeLessThanOrEqual(AREA.right);
  expect(box.top).toBeGreaterThanOrEqual(AREA.top);
  expect(box.bottom).toBeLessThanOrEqual(AREA.bottom);
  for (const line of box.lines) expect(boldWidth(line, 12)).toBeLessThanOrEqual(box.right - box.left + 0.01);
  for (const { x, y } of [at, ...row])
    expect(x > box.left - 6 && x < box.right + 6 && y > box.top - 6 && y < box.bottom + 6, `${x} ${y}`).toBe(false);
});

test("words have a place also while a chart has no scale yet", () => {
  expect(freestPlace("no scale", { x: NaN, y: NaN }, AREA, [], 12).lines).toEqual(["no scale"]);
});

test("a line leads to words that stand apart, and none to words beside", () => {
  const box = { left: 100, right: 200, top: 150, bottom: 164 };
  expect(leadTo(box, { x: 150, y: 60 })).toEqual({ from: { x: 150, y: 68 }, to: { x: 150, y: 150 } });
  expect(leadTo(box, { x: 150, y: 140 })).toBeNull();
});
