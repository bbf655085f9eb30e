/** The shaper in virtual time: what the model says is what is added, in order, and told exactly. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LinkFigures } from "#core/run/config.ts";
import { LinkShaper } from "./shaper.ts";
import { VirtualTime } from "../testing/virtual-time.ts";

const figures = (changes: Partial<LinkFigures>): LinkFigures => ({
  uplinkMbps: 0,
  downlinkMbps: 0,
  rttMs: 0,
  jitterMs: 0,
  loss: 0,
  ...changes,
});

function shaperWith(changes: Partial<LinkFigures>): { readonly time: VirtualTime; readonly shaper: LinkShaper } {
  const time = new VirtualTime();
  const shaper = new LinkShaper(time, time);
  shaper.shape({ name: "test", figures: figures(changes), trace: null, seed: 1 });
  return { time, shaper };
}

test("unshaped, a message passes at once and nothing is added", () => {
  const time = new VirtualTime();
  const shaper = new LinkShaper(time, time);
  const added: number[] = [];
  shaper.pass("up", 1000, (ms) => added.push(ms));
  expect(added).toEqual([0]);
  expect(shaper.shaping).toBe(false);
});

test("a message takes half the round trip and its bits at the rate", async () => {
  const { time, shaper } = shaperWith({ uplinkMbps: 8, rttMs: 20 });
  const added: number[] = [];
  shaper.pass("up", 1000, (ms) => added.push(ms));
  await time.advance(10.9);
  expect(added).toEqual([]);
  await time.advance(0.2);
  expect(added[0]).toBeCloseTo(11);
});

test("the real link's round trip counts towards what is asked for", async () => {
  const { time, shaper } = shaperWith({ rttMs: 20 });
  shaper.knowRealRtt(6);
  const added: number[] = [];
  shaper.pass("down", 100, (ms) => added.push(ms));
  await time.advance(50);
  expect(added[0]).toBeCloseTo(7);
  expect(shaper.met(6)).toBe(true);
  expect(shaper.met(25)).toBe(false);
  expect(shaper.met(null)).toBeNull();
});

test("nothing overtakes and every message is delivered, whatever the jitter and loss", async () => {
  const message = fc.record({
    up: fc.boolean(),
    bytes: fc.integer({ min: 1, max: 20_000 }),
    pauseMs: fc.double({ min: 0, max: 30, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
      const { time, shaper } = shaperWith({ uplinkMbps: 5, downlinkMbps: 20, rttMs: 30, jitterMs: 25, loss: 0.1 });
      const arrived = { up: [] as number[], down: [] as number[] };
      for (const [index, { up, bytes, pauseMs }] of messages.entries()) {
        shaper.pass(up ? "up" : "down", bytes, () => arrived[up ? "up" : "down"].push(index));
        await time.advance(pauseMs);
      }
      await time.advance(100_000);
      for (const direction of ["up", "down"] as const) {
        expect(arrived[direction]).toEqual(
          messages.flatMap(({ up }, index) => (up === (direction === "up") ? [index] : [])),
        );
      }
    }),
    { numRuns: 20 },
  );
});

test("a trace is replayed from the first message on", async () => {
  const time = new VirtualTime();
  await time.advance(5_000);
  const shaper = new LinkShaper(time, time);
  const row = { uplinkMbps: 8, downlinkMbps: 8, jitterMs: 0, loss: 0 };
  shaper.shape({
    name: "trace:test",
    figures: null,
    trace: {
      name: "test",
      stepMs: 100,
      rows: [
        { ...row, timeMs: 0, rttMs: 10 },
        { ...row, timeMs: 100, rttMs: 40 },
      ],
    },
    seed: 1,
  });
  const added: number[] = [];
  shaper.pass("up", 1000, (ms) => added.push(ms));
  await time.advance(100);
  shaper.pass("up", 1000, (ms) => added.push(ms));
  await time.advance(99);
  expect(added.map(Math.round)).toEqual([6, 21]);
});

test("closing forgets what is held", async () => {
  const { time, shaper } = shaperWith({ rttMs: 20 });
  shaper.pass("up", 10, () => expect.unreachable());
  shaper.close();
  await time.advance(100);
  expect(time.waiting).toBe(0);
});
