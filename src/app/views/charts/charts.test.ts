import { describe, expect, it } from "vitest";
import { logScale } from "#lab/plot/scales.ts";
import { tokensOf } from "../../testing/sample-tokens.ts";
import { areaOf, stride, upwards } from "./axes.ts";
import { groupedBoxes, stackedBoxes } from "./bar-drawing.ts";
import { namesAt } from "./cut-drawing.ts";

const area = areaOf(400);

describe("bars", () => {
  it("stack end to end, as high as their parts together", () => {
    const y = upwards(40, area);
    const [device, edge, uplink] = stackedBoxes(
      tokensOf([{ deviceMs: 10, edgeMs: 30 }]),
      ["deviceMs", "edgeMs", "uplinkMs"],
      area,
      y,
    ).map(({ boxes }) => boxes[0]);
    expect(device!.y + device!.height).toBeCloseTo(area.bottom);
    expect(edge!.y + edge!.height).toBeCloseTo(device!.y);
    expect(edge!.height / device!.height).toBeCloseTo(3);
    expect(uplink).toBeUndefined(); // what took no time has no bar
  });

  it("stand side by side on a logarithmic scale, where nothing sent is no bar and one byte a line", () => {
    const [up, down] = groupedBoxes(
      [
        [1000, 0],
        [1, 10],
      ],
      area,
      logScale(1, 1000, [area.bottom, area.top], 10),
    );
    expect(up).toHaveLength(1);
    expect(down?.[0]?.height).toBe(1);
    expect(down?.[0]?.x).toBeCloseTo(up![0]!.x + up![0]!.width);
    expect(up?.[0]?.height).toBeCloseTo(area.bottom - area.top);
  });
});

it("labels are left out where they would run into each other, and baselines' names are moved apart", () => {
  expect(stride(18, 100)).toBe(1);
  expect(stride(512, 1)).toBeGreaterThan(10);
  const [first, second] = namesAt([100, 101], area.bottom);
  expect(Math.abs(first! - second!)).toBeGreaterThan(8);
});
