import fc from "fast-check";
import { expect, test } from "vitest";
import { f16 } from "../../codec/floats/f16.ts";
import { UNSHAPED } from "../../link/link-model.ts";
import { estimateMove, type MoveInput } from "./move.ts";
import type { TierPace } from "../measured/tier-line.ts";

const times = (perBlockMs: number): TierPace => ({
  decode: { fixedMs: 0, perBlockMs },
  prefill: { fixedMs: 0, perBlockMs },
});
const input = (over: Partial<MoveInput> = {}): MoveInput => ({
  from: 2,
  to: 8,
  positions: 100,
  hidden: 256,
  codec: f16,
  kvBytes: 2048,
  link: { ...UNSHAPED, uplinkMbps: 8, downlinkMbps: 8 },
  realRttMs: 0,
  tiers: { device: times(0.01), edge: times(0.005) },
  ...over,
});

test("towards the device: what is carried is keys and values at the downlink's rate, what is rebuilt costs no byte", () => {
  const { carryMs, rebuildMs, carryBytes, rebuildBytes, way } = estimateMove(input());
  expect([carryBytes, rebuildBytes, way]).toEqual([6 * 100 * 2048, 0, "rebuild"]);
  expect(carryMs).toBeCloseTo((6 * 100 * 2048 + 4 * 28 - 0) / 1000, 0); // 8 Mbit/s is a kilobyte a ms
  expect(rebuildMs).toBeCloseTo(8 * 100 * 0.01 + 0.056, 6); // every block before the new cut, and the commit's two frames
});

test("towards the edge a rebuild sends activations and computes on both tiers", () => {
  const { rebuildBytes, rebuildMs } = estimateMove(input({ from: 8, to: 2 }));
  expect(rebuildBytes).toBe(100 * 512);
  expect(rebuildMs).toBeCloseTo(2 * 100 * 0.01 + 6 * 100 * 0.005 + (100 * 512 + 28) / 1000 + 3 * 0.028, 6);
});

test("a fast link carries, a fast tier rebuilds, and without times nothing is predicted", () => {
  expect(estimateMove(input({ link: UNSHAPED, tiers: { device: times(1), edge: times(1) } })).way).toBe("carry");
  expect(estimateMove(input({ tiers: { device: null, edge: null } }))).toMatchObject({
    way: "carry",
    carryMs: null,
    rebuildMs: null,
  });
});

test("the way is the one predicted to be faster", () => {
  fc.assert(
    fc.property(
      fc.nat(12),
      fc.nat(12),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 0, max: 500 }),
      (from, to, positions, rttMs, mbps) => {
        const { way, carryMs, rebuildMs } = estimateMove(
          input({ from, to, positions, link: { ...UNSHAPED, rttMs, uplinkMbps: mbps, downlinkMbps: mbps } }),
        );
        expect(way === "carry").toBe((carryMs ?? 0) <= (rebuildMs ?? 0));
      },
    ),
  );
});
