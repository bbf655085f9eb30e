/** Parts of a token's interval: they sum to it, and what overlaps is counted once. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { TOKEN_PARTS } from "#core/run/record.ts";
import type { Exchange } from "../../ports.ts";
import { TokenTimeline, type TokenTimes } from "./token-timing.ts";

const NOTHING = { deviceMs: 0, encodeMs: 0, decodeMs: 0, sampleMs: 0 };
const exchange = (changes: Partial<Exchange>): Exchange => ({
  roundTripMs: 0,
  queueMs: 0,
  computeMs: 0,
  addedUpMs: 0,
  addedDownMs: 0,
  upBytes: 1000,
  downBytes: 28,
  pipelined: false,
  ...changes,
});
const partsOf = (times: TokenTimes): number => TOKEN_PARTS.reduce((sum, part) => sum + times[part], 0);

test("a round trip less the edge's own time is the link's, its direction as far as it is known", () => {
  const timeline = new TokenTimeline(100);
  const exchanges = [
    exchange({ roundTripMs: 30, queueMs: 2, computeMs: 8, addedUpMs: 9, addedDownMs: 7, upBytes: 300, downBytes: 100 }),
  ];
  const times = timeline.next({ deviceMs: 4, encodeMs: 1, decodeMs: 0.5, sampleMs: 0.25, exchanges }, 136);
  expect(times).toMatchObject({ atMs: 36, linkMs: 20, addedMs: 16, queueMs: 2, edgeMs: 8, deviceMs: 4, encodeMs: 1 });
  expect(times.uplinkMs).toBeCloseTo(9 + 4 * 0.75); // what was not added is apportioned by bytes
  expect(times.downlinkMs).toBeCloseTo(7 + 4 * 0.25);
  expect(times.otherMs).toBeCloseTo(0.25);
  expect(partsOf(times)).toBeCloseTo(36);
});

test("the time of an outage is no other part's, as far as nothing was computed meanwhile", () => {
  const timeline = new TokenTimeline(0, () => 1_000);
  const resumed = exchange({ roundTripMs: 20, computeMs: 5, outageMs: 1_000 });
  const times = timeline.next({ ...NOTHING, deviceMs: 4, exchanges: [resumed] }, 1_026);
  expect(times).toMatchObject({ outageMs: 1_000, linkMs: 15, edgeMs: 5, deviceMs: 4, otherMs: 2 });
  const drafting = timeline.next({ ...NOTHING, deviceMs: 700, exchanges: [] }, 2_026);
  expect(drafting).toMatchObject({ outageMs: 300, deviceMs: 700, otherMs: 0 });
});

test("in a stream the edge's time is carried until an interval has room for it", () => {
  const timeline = new TokenTimeline(0);
  timeline.next(
    { ...NOTHING, exchanges: [exchange({ roundTripMs: 50, computeMs: 10, addedUpMs: 15, addedDownMs: 15 })] },
    50,
  );
  const late = exchange({ roundTripMs: 2, computeMs: 10, addedDownMs: 12, pipelined: true, upBytes: 0 }); // two arrive together
  const burst = timeline.next({ ...NOTHING, exchanges: [late] }, 52);
  expect(burst).toMatchObject({ edgeMs: 2, downlinkMs: 0, otherMs: 0, addedMs: 0 });
  const next = timeline.next(
    { ...NOTHING, exchanges: [exchange({ roundTripMs: 20, computeMs: 10, addedDownMs: 14, pipelined: true })] },
    72,
  );
  expect(next.edgeMs).toBe(18); // its own 10 and the 8 that had no room
  expect(next.addedMs).toBe(2);
});

test("parts always sum to the interval, and none is negative but for the clock", () => {
  const ms = fc.double({ min: 0, max: 50, noNaN: true });
  const step = fc.record({
    deviceMs: ms,
    computeMs: ms,
    queueMs: ms,
    linkMs: ms,
    addedMs: ms,
    restMs: ms,
    pipelined: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), (steps) => {
      const timeline = new TokenTimeline(0);
      let nowMs = 0;
      for (const { deviceMs, computeMs, queueMs, linkMs, addedMs, restMs, pipelined } of steps) {
        const roundTripMs = pipelined ? linkMs : linkMs + computeMs + queueMs; // a later reply may come at any moment
        const made = exchange({
          roundTripMs,
          computeMs,
          queueMs,
          addedUpMs: Math.min(addedMs, linkMs) / 2,
          addedDownMs: Math.min(addedMs, linkMs) / 2,
          pipelined,
        });
        const intervalMs = deviceMs + roundTripMs + restMs;
        nowMs += intervalMs;
        const times = timeline.next({ ...NOTHING, deviceMs, exchanges: [made] }, nowMs);
        expect(partsOf(times)).toBeCloseTo(intervalMs, 6);
        for (const part of TOKEN_PARTS) expect(times[part]).toBeGreaterThan(-1e-6);
        expect(times.linkMs).toBeCloseTo(times.uplinkMs + times.downlinkMs, 6);
      }
    }),
  );
});
