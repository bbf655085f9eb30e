import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f16 } from "../codec/floats/f16.ts";
import { f32 } from "../codec/floats/f32.ts";
import { int8 } from "../codec/quantised/int8.ts";
import { UNSHAPED } from "../link/link-model.ts";
import { forecast } from "./modelled/forecast.ts";
import { NO_LIMITS, plan, type Limits, type PlannerInput } from "./planner.ts";
import { edgeResponseMs } from "./modelled/waiting.ts";

const times = (perBlockMs: number) => ({
  decode: { fixedMs: 0.1, perBlockMs },
  prefill: { fixedMs: 0.02, perBlockMs: perBlockMs / 10 },
});

const input: PlannerInput = {
  blocks: 12,
  hidden: 256,
  device: times(1),
  edge: times(0.25),
  link: { ...UNSHAPED, uplinkMbps: 20, downlinkMbps: 100, rttMs: 10 },
  realRttMs: 0.5,
  overheads: {
    cut: { firstMs: 0.4, stepMs: 0.2 },
    edge: { firstMs: 0, stepMs: 0 },
    device: { firstMs: 0, stepMs: 0 },
  },
  codecs: [f16],
  promptPositions: 20,
  outputTokens: 40,
  blockBytes: 1_500_000,
  endBytes: 2_000_000,
  kvBytes: 1024,
  memoryScale: 1,
  heldBlocks: 12,
};
const choose = (limits: Partial<Limits>, changes: Partial<PlannerInput> = {}) =>
  plan({ ...input, ...changes }, { ...NO_LIMITS, ...limits });

describe("waiting at a busy edge", () => {
  it("is none alone, and a queue of all when nobody is ever away", () => {
    expect(edgeResponseMs(3, 100, 1)).toBe(3);
    expect(edgeResponseMs(3, 0, 5)).toBeCloseTo(15);
    expect(edgeResponseMs(0, 0, 5)).toBe(0);
  });
  it("grows with the clients and never exceeds the queue of all", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.double({ min: 0, max: 500, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        (service, away, clients) => {
          const response = edgeResponseMs(service, away, clients);
          expect(response).toBeGreaterThanOrEqual(service - 1e-9);
          expect(response).toBeLessThanOrEqual(service * clients + 1e-6);
          expect(edgeResponseMs(service, away, clients + 1)).toBeGreaterThanOrEqual(response - 1e-9);
        },
      ),
    );
  });
});

describe("planner", () => {
  it("predicts for a cut what the forecast does, and its overhead", () => {
    const points = forecast({ ...input, mode: "split", tail: 1, codec: f16, edgeLoad: 1 });
    for (const option of choose({}).options.filter(({ mode, kvCache }) => mode === "split" && kvCache)) {
      expect(option.tpotMs).toBeCloseTo(points[option.cut]!.tpotMs + 0.2);
      expect(option.ttftMs).toBeCloseTo(points[option.cut]!.ttftMs + 0.4);
    }
  });
  it("takes an end without limits: whichever tier is faster", () => {
    expect(choose({}).choice).toMatchObject({ mode: "edge-only", cut: 0 });
    expect(choose({}, { device: times(0.1) }).choice).toMatchObject({ mode: "device-only", cut: 12 });
  });
  it("keeps what must stay on the device there, and no more", () => {
    expect(choose({ minDeviceBlocks: 3 }, { device: times(3) }).choice).toMatchObject({ mode: "split", cut: 3 });
  });
  it("fits the device's memory", () => {
    const { choice, unlimited } = choose(
      { deviceBytes: 12_000_000 },
      { device: times(0.1), edge: times(3), link: UNSHAPED },
    );
    expect(choice).toMatchObject({ mode: "split", cut: 6 });
    expect(unlimited).toMatchObject({ mode: "device-only" });
  });
  it("fits what the edge gives a session in keys and values", () => {
    expect(choose({ edgeKvBytes: 5 * 240 * 1024 }, { device: times(3), promptPositions: 200 }).choice).toMatchObject({
      mode: "split",
      cut: 7,
      capacity: 240,
    });
  });
  it("resends the context where no tier may keep it", () => {
    const { choice } = choose({ edgeKvBytes: 0, deviceBytes: 10_000_000 });
    expect(choice?.kvCache).toBe(false);
  });
  it("cuts inside when the edge is busy: a later cut asks less of it", () => {
    const cuts = [0, 4, 16].map(
      (busyClients) =>
        choose({ busyClients, minDeviceBlocks: 1, deviceBytes: 18_000_000 }, { device: times(1.2), edge: times(1) })
          .choice!.cut,
    );
    expect(cuts[0]).toBe(1);
    expect(cuts[1]).toBeGreaterThan(1);
    expect(cuts[2]).toBeGreaterThanOrEqual(cuts[1]!);
  });
  it("weighs a download against the length of the answer", () => {
    const slowEdge = { edge: times(3), heldBlocks: 0 };
    expect(choose({}, { ...slowEdge, outputTokens: 2 }).choice?.cut).toBe(0);
    expect(choose({}, { ...slowEdge, outputTokens: 400 }).choice?.cut).toBe(12);
  });
  it("spends the time it is given to spare the edge", () => {
    const limits = (tpotMs: number): Partial<Limits> => ({
      objective: { kind: "least-edge-compute", tpotMs },
      deviceBytes: 18_000_000,
    });
    expect(choose(limits(16)).choice!.cut).toBeLessThan(choose(limits(19)).choice!.cut);
    expect(choose(limits(1)).choice).toBeNull();
  });
  it("takes the codec that its link makes worth it", () => {
    const slow = { link: { ...input.link, uplinkMbps: 1 }, codecs: [f32, f16, int8] };
    expect(choose({ minDeviceBlocks: 1, deviceBytes: 18_000_000 }, slow).choice?.codec).toBe("int8");
  });
  it("never chooses what its limits forbid, and nothing that is allowed is better", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 800 }),
        fc.integer({ min: 0, max: 20 }),
        (minDeviceBlocks, megabytes, kilobytes, busyClients) => {
          const { choice, options } = choose({
            minDeviceBlocks,
            deviceBytes: megabytes * 1e6,
            edgeKvBytes: kilobytes * 1e3,
            busyClients,
          });
          const allowed = options.filter(({ obstacle }) => obstacle === null);
          if (choice === null) expect(allowed).toEqual([]);
          else {
            expect(choice.cut).toBeGreaterThanOrEqual(minDeviceBlocks);
            expect(choice.deviceBytes).toBeLessThanOrEqual(megabytes * 1e6);
            expect(Math.min(...allowed.map(({ answerMs }) => answerMs))).toBe(choice.answerMs);
          }
        },
      ),
    );
  });
});
