import { expect, test } from "vitest";
import { tokensOf } from "../testing/sample-tokens.ts";
import { gapText } from "./model-gap.ts";

const step = { deviceMs: 2, edgeMs: 8, linkMs: 24, totalMs: 34, upBytes: 0, downBytes: 0 };
const modelled = { cut: 4, ttftMs: 100, tpotMs: 34, prefill: step, decode: step };
const run = (parts: object) => tokensOf([{ deviceMs: 9 }, parts, parts]);
const asModelled = { deviceMs: 2, edgeMs: 8, uplinkMs: 12, downlinkMs: 12 };

test("says where the time went that is not modelled", () => {
  expect(gapText(run({ ...asModelled, otherMs: 10, queueMs: 2, edgeMs: 12 }), modelled)).toBe(
    "Modelled it is 34.0\u00a0ms: the run took 12.0\u00a0ms more in the queue and between threads, 4.00\u00a0ms more at the edge.",
  );
  expect(gapText(run({ ...asModelled, uplinkMs: 2 }), modelled)).toMatch(/10\.0\u00a0ms less on the link\.$/);
});

test("says nothing where the two agree, or where nothing was measured", () => {
  expect(gapText(run({ ...asModelled, otherMs: 1 }), modelled)).toBeNull();
  expect(gapText(tokensOf([{ deviceMs: 9 }]), modelled)).toBeNull();
});
