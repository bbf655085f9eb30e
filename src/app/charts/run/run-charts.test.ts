import { describe, expect, it } from "vitest";
import { tokensOf } from "../../testing/sample-tokens.ts";
import { linearAxis, logAxis, stride } from "../axis/ticks.ts";
import { drawGroups, drawStacks, groupedBoxes, stackedBoxes } from "./bars/bar-paths.ts";
import { namesAt } from "./cut/cut-figures.ts";
import { placeOf, roomFor } from "./bars/place.ts";

const plot = { x: 50, y: 24, width: 340, height: 180 };
const bottom = plot.y + plot.height;
const value = (key: "upBytes" | "downBytes") => ({
  key,
  part: null,
  of: (token: { readonly upBytes: number; readonly downBytes: number }) => token[key],
});

describe("bars", () => {
  it("stack end to end, as high as their parts together", () => {
    const place = placeOf(plot, { first: 1, last: 1 }, linearAxis(40));
    const [device, edge, uplink] = stackedBoxes(
      tokensOf([{ deviceMs: 10, edgeMs: 30 }]),
      ["deviceMs", "edgeMs", "uplinkMs"],
      place,
    ).map(({ boxes }) => boxes[0]);
    expect(device!.y + device!.height).toBeCloseTo(bottom);
    expect(edge!.y + edge!.height).toBeCloseTo(device!.y);
    expect(edge!.height / device!.height).toBeCloseTo(3);
    expect(edge!.y).toBeCloseTo(plot.y);
    expect(uplink).toBeUndefined(); // what took no time has no bar
  });

  it("stand side by side on a logarithmic scale, where nothing sent is no bar and one byte a line", () => {
    const tokens = tokensOf([
      { upBytes: 1000, downBytes: 1 },
      { upBytes: 0, downBytes: 10 },
    ]);
    const place = placeOf(plot, { first: 1, last: 2 }, logAxis([1, 1000]));
    const [up, down] = groupedBoxes(tokens, [value("upBytes"), value("downBytes")], place);
    expect(up).toHaveLength(1);
    expect(down?.[0]?.height).toBe(2);
    expect(down?.[0]?.x).toBeCloseTo(up![0]!.x + up![0]!.width);
    expect(up?.[0]?.height).toBeCloseTo(plot.height);
  });

  it("stand in front of each other where they would be hairlines, the lower ones in front", () => {
    const tokens = tokensOf(Array.from({ length: 240 }, () => ({ upBytes: 10, downBytes: 1000 })));
    const place = placeOf(plot, { first: 1, last: 240 }, logAxis([1, 1000]));
    const series = [value("upBytes"), value("downBytes")];
    const [up, down] = groupedBoxes(tokens, series, place);
    expect(up?.[7]?.x).toBe(down?.[7]?.x);
    expect(up?.[7]?.width).toBeCloseTo(place.bandPx);
    const drawn = drawGroups(series)(tokens, place).map(({ key }) => key);
    expect(drawn).toEqual(["downBytes", "upBytes", "over"]);
  });

  it("end at the top of the axis, with an arrow head over those that are cut off", () => {
    const tokens = tokensOf([{ deviceMs: 10 }, { deviceMs: 30, edgeMs: 500 }]);
    const place = placeOf(plot, { first: 1, last: 2 }, linearAxis(40));
    const stacked = stackedBoxes(tokens, ["deviceMs", "edgeMs"], place).flatMap(({ boxes }) => boxes);
    expect(Math.min(...stacked.map(({ y }) => y))).toBeCloseTo(plot.y);
    const over = drawStacks(["deviceMs", "edgeMs"])(tokens, place).find(({ key }) => key === "over");
    expect(over?.d.match(/M/g)).toHaveLength(1);
    expect(drawGroups([])(tokens, place).find(({ key }) => key === "over")?.d).toBe("");
  });

  it("stand in their own bands, wherever the axis begins", () => {
    const tokens = tokensOf([{ deviceMs: 1 }, { deviceMs: 1 }, { deviceMs: 1 }]);
    const place = placeOf(plot, { first: 2, last: 3 }, linearAxis(1));
    const [boxes] = stackedBoxes(tokens.slice(1), ["deviceMs"], place).map((each) => each.boxes);
    for (const [index, { x, width }] of boxes!.entries()) {
      expect(x).toBeGreaterThan(plot.x + (index * plot.width) / 2);
      expect(x + width).toBeLessThan(plot.x + ((index + 1) * plot.width) / 2);
    }
  });
});

it("a part is its colour, and an outage is crossed out", () => {
  const tokens = tokensOf([{ uplinkMs: 1, outageMs: 1 }]);
  const place = placeOf(plot, { first: 1, last: 10 }, linearAxis(4));
  const fills = drawStacks(["uplinkMs", "outageMs"])(tokens, place).map(({ fill }) => fill);
  expect(fills.slice(0, 2)).toEqual(["var(--part-uplink)", "url(#pattern-outage)"]);
});

it("labels are left out where they would run into each other, and baselines' names are moved apart", () => {
  expect(stride(18, 100)).toBe(1);
  expect(stride(512, 1)).toBeGreaterThan(10);
  const [first, second] = namesAt([100, 101], plot.y, bottom);
  expect(Math.abs(first! - second!)).toBeGreaterThanOrEqual(16); // a line of the letters of a wide screen
  const low = namesAt([bottom, bottom, bottom], plot.y, bottom);
  expect(Math.max(...low)).toBeLessThanOrEqual(bottom);
  expect(new Set(low).size).toBe(3);
});

it("the axis of a run that still comes grows in steps, never past what was asked for", () => {
  expect(roomFor(3, 512)).toBe(8);
  expect(roomFor(100, 512)).toBe(112);
  expect(new Set(Array.from({ length: 32 }, (_, index) => roomFor(96 + index, 512))).size).toBe(2);
  expect(roomFor(60, 64)).toBe(64);
  expect(roomFor(64, 64)).toBe(64);
  for (let count = 1; count < 512; count++) expect(roomFor(count, 512)).toBeGreaterThan(count);
});
