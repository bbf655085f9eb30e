import fc from "fast-check";
import { expect, test } from "vitest";
import { labelsOf } from "./label-drawing.ts";
import type { PlotPoint } from "./plot.ts";

const place = { ticks: [], at: (value: number) => value };
const point = (x: number, y: number, label: string | null): PlotPoint => ({
  x,
  y,
  interval: null,
  prompts: [],
  runs: 1,
  label,
});

/** Where each name's baseline is, by name. */
const placed = (points: readonly PlotPoint[]): ReadonlyMap<string, number> =>
  new Map(
    labelsOf(points, place, place).flatMap(({ tag, attributes, children }) => {
      const [name] = children;
      return tag === "text" && typeof name === "string" ? [[name, Number(attributes["y"])] as const] : [];
    }),
  );

test("names of points on one spot stand apart, the first right above its point", () => {
  const names = ["int4", "int4-g32", "int4-mix", "int8"];
  const at = placed(names.map((name) => point(100, 120, name)));
  const lines = [...at.values()].sort((a, b) => a - b);
  expect(at.size).toBe(4);
  for (const [index, y] of lines.entries())
    if (index > 0) expect(y - (lines[index - 1] ?? 0)).toBeGreaterThanOrEqual(10);
  expect(lines).toContain(120 - 9);
});

test("the line to a name that stands far goes behind the names it passes", () => {
  const tags = labelsOf(
    ["f16", "bf16", "f32"].map((name) => point(100, 197, name)),
    place,
    place,
  ).map(({ tag }) => tag);
  expect(tags).toEqual(["line", "line", "text", "text", "text"]);
});

test("every name stays within its panel; a point without one gets none", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ x: fc.integer({ min: 60, max: 320 }), y: fc.integer({ min: 30, max: 200 }) }), {
        maxLength: 8,
      }),
      (spots) => {
        const at = placed([...spots.map(({ x, y }, index) => point(x, y, `point-${index}`)), point(1, 1, null)]);
        expect(at.size).toBe(spots.length);
        for (const y of at.values()) {
          expect(y).toBeGreaterThan(9);
          expect(y).toBeLessThan(206);
        }
      },
    ),
  );
});
