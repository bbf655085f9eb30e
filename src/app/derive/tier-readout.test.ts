import { expect, it } from "vitest";
import { tokensOf } from "../testing/sample-tokens.ts";
import { tierReadout } from "./tier-readout.ts";

const tokens = tokensOf([
  { deviceMs: 900, edgeMs: 900, uplinkMs: 900 },
  { deviceMs: 1, edgeMs: 4, uplinkMs: 10, downlinkMs: 6, addedMs: 12, upBytes: 536, downBytes: 28 },
  { deviceMs: 3, edgeMs: 6, uplinkMs: 20, downlinkMs: 8, addedMs: 14, upBytes: 536, downBytes: 28 },
]);
const valuesOf = (row: "tab" | "link" | "edge") =>
  tierReadout(row, tokens)?.rows.map(({ name, value }) => `${name} ${value.replace("\u00a0", " ")}`);

it("a tier's readout is the mean of the decode steps, prefill left out, of what it does itself", () => {
  expect(valuesOf("tab")).toEqual(["Device 2.000 ms"]);
  expect(valuesOf("edge")).toEqual(["Edge 5.000 ms"]);
  expect(tierReadout("tab", tokens)?.notes).toEqual(["Means, n = 2 decode steps."]);
});

it("the link's has both ways, what was added, and the bytes", () => {
  expect(valuesOf("link")).toEqual([
    "Uplink 15.000 ms",
    "Downlink 7.000 ms",
    "Added by the shaper 13.000 ms",
    "Up 536 B",
    "Down 28 B",
  ]);
});

it("there is none before the second token, and none for a tier that does nothing", () => {
  expect(tierReadout("tab", tokens.slice(0, 1))).toBeNull();
  expect(tierReadout("edge", tokensOf([{ deviceMs: 1 }, { deviceMs: 1 }]))).toBeNull();
});
