import fc from "fast-check";
import { expect, test } from "vitest";
import { alongLine, meet } from "../frame/area.ts";
import { leadOf, MARK, namePlaces } from "./name-places.ts";

const AREA = { left: 40, right: 340, top: 20, bottom: 206 };
const SIZE = 10;

test("names of points on one spot stand apart, each as near as it can", () => {
  const placed = namePlaces(
    ["int4", "int4-g32", "int4-mix", "int8"].map((name) => ({ name, x: 150, y: 120 })),
    AREA,
    SIZE,
  );
  expect(placed).toHaveLength(4);
  for (const [index, { box }] of placed.entries())
    for (const other of placed.slice(index + 1)) expect(meet(box, other.box)).toBe(false);
  expect(placed.filter((each) => leadOf(each) === null).length).toBeGreaterThanOrEqual(2);
});

test("a line leads from its point's mark to a name that stands far, and to no other", () => {
  const [near] = namePlaces([{ name: "f16", x: 150, y: 120 }], AREA, SIZE);
  expect(leadOf(near!)).toBeNull();
  const far = {
    name: "f16",
    x: 150,
    y: 120,
    at: { x: 150, y: 60 },
    box: { left: 140, right: 160, top: 51, bottom: 62 },
  };
  expect(leadOf(far)).toEqual({ from: { x: 150, y: 120 - MARK }, to: { x: 150, y: 62 } });
});

test("what else is drawn is kept free", () => {
  const wall = { left: 0, right: 400, top: 60, bottom: 118 };
  const [only] = namePlaces([{ name: "f16", x: 150, y: 120 }], AREA, SIZE, { obstacles: [wall] });
  expect(meet(only!.box, wall)).toBe(false);
});

test("a line to a far name keeps off words", () => {
  const wall = { left: 0, right: 400, top: 95, bottom: 206 };
  const words = { left: 147, right: 153, top: 84, bottom: 94 };
  const [only] = namePlaces([{ name: "f16", x: 150, y: 120 }], AREA, SIZE, { obstacles: [wall], words: [words] });
  const lead = leadOf(only!);
  expect(lead).not.toBeNull();
  const crossed = alongLine(lead!.from, lead!.to, 1).filter(
    ({ x, y }) => x > words.left && x < words.right && y > words.top && y < words.bottom,
  );
  expect(crossed).toEqual([]);
});

const spots = fc.array(fc.record({ x: fc.integer({ min: 45, max: 335 }), y: fc.integer({ min: 25, max: 200 }) }), {
  maxLength: 15,
});

test("no name leaves its panel, lies on another or on a mark, wherever points are", () => {
  fc.assert(
    fc.property(spots, fc.integer({ min: 190, max: 340 }), (places, right) => {
      const area = { ...AREA, right };
      const points = places.map(({ x, y }, index) => ({ name: `point-${index}`, x: Math.min(x, right - 5), y }));
      const placed = namePlaces(points, area, SIZE);
      for (const [index, { box }] of placed.entries()) {
        expect(box.left).toBeGreaterThanOrEqual(area.left);
        expect(box.right).toBeLessThanOrEqual(area.right);
        expect(box.top).toBeGreaterThanOrEqual(area.top);
        expect(box.bottom).toBeLessThanOrEqual(area.bottom);
        for (const other of placed.slice(index + 1)) expect(meet(box, other.box)).toBe(false);
        for (const { x, y } of points)
          expect(meet(box, { left: x - MARK, right: x + MARK, top: y - MARK, bottom: y + MARK })).toBe(false);
      }
    }),
  );
});

test("up to eight points are all named in a panel of a phone's width", () => {
  fc.assert(
    fc.property(
      spots.map((all) => all.slice(0, 8)),
      (places) => {
        const points = places.map(({ x, y }, index) => ({ name: `point-${index}`, x, y }));
        expect(namePlaces(points, AREA, SIZE)).toHaveLength(points.length);
      },
    ),
  );
});
