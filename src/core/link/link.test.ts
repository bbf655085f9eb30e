import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LinkFigures } from "../run/config.ts";
import { readLinkChoice, writeLinkChoice } from "./choice.ts";
import {
  UNSHAPED,
  expectedPassageMs,
  expectedRounds,
  linkModel,
  retransmissionRounds,
  shapingOver,
  steadyProfile,
  type Direction,
  type Passage,
} from "./link-model.ts";
import { LINK_PRESETS, presetNamed } from "./presets.ts";
import { seededRandom } from "./random.ts";
import { parseTrace, traceProfile } from "./trace.ts";

const link = (figures: Partial<LinkFigures>, seed = 1) =>
  linkModel(steadyProfile({ ...UNSHAPED, ...figures }), seededRandom(seed));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("link model", () => {
  it("adds nothing when nothing is asked", () => {
    const model = link({});
    for (const at of [0, 1, 1, 5])
      expect(model.send("up", 1e6, at)).toEqual({
        leavesAtMs: at,
        arrivesAtMs: at,
        queuedMs: 0,
        serialisedMs: 0,
        propagatedMs: 0,
        retransmittedMs: 0,
        addedMs: 0,
      });
  });
  it("serialises at the rate and travels half the round trip", () => {
    expect(link({ uplinkMbps: 8, rttMs: 30 }).send("up", 1000, 100)).toEqual({
      leavesAtMs: 101,
      arrivesAtMs: 116,
      queuedMs: 0,
      serialisedMs: 1,
      propagatedMs: 15,
      retransmittedMs: 0,
      addedMs: 16,
    });
  });
  it("queues bytes behind each other, per direction", () => {
    const model = link({ uplinkMbps: 8, downlinkMbps: 80, rttMs: 10 });
    expect(model.send("up", 10_000, 0)).toMatchObject({ leavesAtMs: 10, arrivesAtMs: 15 });
    expect(model.send("up", 1000, 2)).toMatchObject({ queuedMs: 8, leavesAtMs: 11, arrivesAtMs: 16, addedMs: 14 });
    expect(model.send("down", 1000, 2)).toMatchObject({ queuedMs: 0, leavesAtMs: 2.1 });
    expect(model.send("up", 1000, 50)).toMatchObject({ queuedMs: 0, leavesAtMs: 51 });
  });

  const anyFigures = fc.record({
    uplinkMbps: fc.constantFrom(0, 0.5, 20, 1000),
    downlinkMbps: fc.constantFrom(0, 1.6, 100),
    rttMs: fc.constantFrom(0, 1, 50, 300),
    jitterMs: fc.constantFrom(0, 5, 200),
    loss: fc.constantFrom(0, 0.01, 0.3, 0.9),
  });
  const sends = fc.array(
    fc.record({
      direction: fc.constantFrom<Direction>("up", "down"),
      bytes: fc.nat(100_000),
      afterMs: fc.constantFrom(0, 0.1, 3, 40, 500),
    }),
    { maxLength: 40 },
  );

  it("never reorders, never goes back, accounts for all it adds, and repeats by its seed", () => {
    fc.assert(
      fc.property(anyFigures, sends, fc.nat(), (figures, messages, seed) => {
        const run = () => {
          const model = link(figures, seed);
          let now = 0;
          return messages.map(({ direction, bytes, afterMs }) => ({
            direction,
            at: (now += afterMs),
            passage: model.send(direction, bytes, now),
          }));
        };
        const passages = run();
        expect(run()).toEqual(passages);
        for (const way of ["up", "down"] as const) {
          let last: Passage | null = null;
          for (const { at, passage } of passages.filter(({ direction }) => direction === way)) {
            const { queuedMs, serialisedMs, propagatedMs, retransmittedMs, addedMs } = passage;
            for (const part of [queuedMs, serialisedMs, propagatedMs, retransmittedMs])
              expect(part).toBeGreaterThanOrEqual(-1e-9);
            expect(queuedMs + serialisedMs + propagatedMs + retransmittedMs).toBeCloseTo(addedMs, 6);
            expect(passage.arrivesAtMs - at).toBeCloseTo(addedMs, 9);
            expect(passage.leavesAtMs).toBeGreaterThanOrEqual(at);
            expect(passage.arrivesAtMs).toBeGreaterThanOrEqual(last?.arrivesAtMs ?? 0);
            expect(passage.leavesAtMs).toBeGreaterThanOrEqual(last?.leavesAtMs ?? 0);
            last = passage;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
  it("lets a whole second's bits through in a second, no more", () => {
    const model = link({ uplinkMbps: 10 });
    const passages = Array.from({ length: 1000 }, () => model.send("up", 1250, 0));
    expect(passages.at(-1)?.leavesAtMs).toBeCloseTo(1000, 6);
  });
  it("jitters evenly around the round trip", () => {
    const delays = Array.from({ length: 20_000 }, (_, i) => i).map(
      (
        (model) => (i: number) =>
          model.send("up", 1, i * 1000).addedMs
      )(link({ rttMs: 50, jitterMs: 10 })),
    );
    expect(mean(delays)).toBeCloseTo(25, 1);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...delays)).toBeLessThanOrEqual(30);
  });
  it("loses as often as it says: one round trip a round, the unluckiest of the packets", () => {
    for (const [bytes, loss] of [
      [100, 0.1],
      [100, 0.5],
      [14_600, 0.05],
    ] as const) {
      const random = seededRandom(3);
      const rounds = Array.from({ length: 50_000 }, () => retransmissionRounds(bytes, loss, random));
      const packets = Math.ceil(bytes / 1460);
      expect(rounds.filter((each) => each > 0).length / rounds.length).toBeCloseTo(1 - (1 - loss) ** packets, 2);
      expect(mean(rounds)).toBeCloseTo(expectedRounds(bytes, loss), 1);
    }
    expect(expectedRounds(100, 0.5)).toBeCloseTo(1, 6); // mean of a geometric draw
    expect(expectedRounds(100, 0)).toBe(0);
  });
  it("at any uniform the rounds are finite", () => {
    for (const u of [0, 1e-12, 0.5, 1 - 2 ** -32])
      for (const loss of [0.001, 0.5, 0.999])
        expect(Number.isFinite(retransmissionRounds(1e6, loss, () => u))).toBe(true);
  });
  it("computes for planners what it does on the average", () => {
    const figures = { uplinkMbps: 5, downlinkMbps: 50, rttMs: 40, jitterMs: 10, loss: 0.02 };
    for (const direction of ["up", "down"] as const) {
      const model = link(figures, 9);
      const added = Array.from({ length: 30_000 }, (_, i) => model.send(direction, 3000, i * 10_000).addedMs);
      expect(mean(added) / expectedPassageMs(figures, direction, 3000)).toBeCloseTo(1, 2);
    }
  });
  it("adds only what the real link lacks, and says when it cannot", () => {
    const figures = { ...UNSHAPED, rttMs: 30, uplinkMbps: 5 };
    expect(shapingOver(figures, 10)).toEqual({ added: { ...figures, rttMs: 20 }, met: true });
    expect(shapingOver(figures, 45)).toEqual({ added: { ...figures, rttMs: 0 }, met: false });
    expect(shapingOver(UNSHAPED, 45)).toEqual({ added: UNSHAPED, met: true });
  });
});

describe("seeded random", () => {
  it("is uniform in [0, 1) and repeats by its seed", () => {
    const draw = (seed: number) => Array.from({ length: 10_000 }, seededRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1).slice(0, 5)).not.toEqual(draw(2).slice(0, 5));
    const values = draw(5);
    expect(mean(values)).toBeCloseTo(0.5, 1);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });
});

describe("presets", () => {
  it("are the links of the design, each figure with what it rests on", () => {
    expect(LINK_PRESETS.map(({ name }) => name)).toEqual([
      "loopback",
      "wifi6",
      "5g",
      "5g-mmwave",
      "6g",
      "4g",
      "3g",
      "satellite",
    ]);
    const [loopback, ...shaped] = LINK_PRESETS;
    expect([loopback?.figures, loopback?.basis]).toEqual([UNSHAPED, {}]);
    for (const { figures, basis } of shaped) {
      expect(Object.keys(basis).sort()).toEqual(Object.keys(figures).sort());
      for (const { source, url } of Object.values(basis)) {
        expect(source).toMatch(/\w{4}.*\w{4}/);
        expect(() => new URL(url ?? "https://example.org")).not.toThrow();
      }
    }
    for (const { name, figures } of LINK_PRESETS) {
      // A preset is a value that a config may have, and its half RTT is never less than its jitter allows.
      expect(readLinkChoice({ ...figures }, "link")).toEqual(figures);
      expect(figures.jitterMs).toBeLessThanOrEqual(figures.rttMs);
      expect(presetNamed(name)?.figures).toBe(figures);
    }
    expect(presetNamed("5G")).toBeNull();
  });
  it("round-trip as one word", () => {
    for (const { name, figures } of LINK_PRESETS)
      for (const choice of [name, figures]) expect(readLinkChoice(writeLinkChoice(choice), "link")).toEqual(choice);
  });
});

describe("trace", () => {
  const csv = "time_ms,up_mbps,down_mbps,rtt_ms\n0,8,80,20\n100,0,80,20\n200,16,80,40\n";
  const parsed = () => {
    const trace = parseTrace("drive", csv);
    if (!trace.ok) throw new Error(JSON.stringify(trace.failure));
    return trace.value;
  };
  it("reads rows in any order of columns, jitter and loss optional", () => {
    expect(parsed()).toMatchObject({
      name: "drive",
      stepMs: 100,
      rows: [{ uplinkMbps: 8, jitterMs: 0 }, { uplinkMbps: 0 }, { rttMs: 40 }],
    });
    expect(parseTrace("t", "loss,rtt_ms,down_mbps,up_mbps,time_ms\r\n0.1,5,1,1,0\r\n0,5,1,1,10")).toMatchObject({
      ok: true,
      value: { rows: [{ loss: 0.1 }, { timeMs: 10 }] },
    });
  });
  it("replays: conditions hold for a step, an outage lets nothing through, and it starts over", () => {
    const model = linkModel(traceProfile(parsed()), seededRandom(1));
    expect(model.send("up", 1000, 0)).toMatchObject({ leavesAtMs: 1, arrivesAtMs: 11 });
    // 98 ms at 8 Mbit/s carry 98,000 bytes; the rest waits out the outage and goes at 16.
    expect(model.send("up", 100_000, 2)).toMatchObject({ leavesAtMs: 201, arrivesAtMs: 221 });
    expect(model.send("up", 1000, 300)).toMatchObject({ leavesAtMs: 301, arrivesAtMs: 311 });
    expect(model.send("up", 1000, 450)).toMatchObject({ leavesAtMs: 500.5 });
  });
  it("ends every message, wherever on the clock it starts", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        fc.nat(1_000_000),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (startMs, bytes, afterMs) => {
          const { leavesAtMs } = linkModel(traceProfile(parsed(), startMs), seededRandom(1)).send(
            "up",
            bytes,
            startMs + afterMs,
          );
          expect(leavesAtMs).toBeGreaterThanOrEqual(startMs + afterMs);
          expect(leavesAtMs - startMs - afterMs).toBeLessThan(bytes / 1000 + 500);
        },
      ),
      { numRuns: 300 },
    );
  });
  it.each([
    ["no rows", "time_ms,up_mbps,down_mbps,rtt_ms", 1],
    ["one row", "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,1", 2],
    ["a missing column", "time_ms,up_mbps,down_mbps\n0,1,1\n1,1,1", 1],
    ["a strange column", "time_ms,up_mbps,down_mbps,rtt_ms,speed\n0,1,1,1,1\n1,1,1,1,1", 1],
    ["a column twice", "time_ms,up_mbps,down_mbps,rtt_ms,rtt_ms\n0,1,1,1,1\n1,1,1,1,1", 1],
    ["a negative rate", "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,1\n10,-1,1,1", 3],
    ["a gap in the cells", "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,1\n10,,1,1", 3],
    ["a gap in time", "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,1\n10,1,1,1\n40,1,1,1", 4],
    ["time going back", "time_ms,up_mbps,down_mbps,rtt_ms\n10,1,1,1\n0,1,1,1", 2],
    ["a short row", "time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1\n1,1,1,1", 2],
    ["a certain loss", "time_ms,up_mbps,down_mbps,rtt_ms,loss\n0,1,1,1,1\n1,1,1,1,0", 2],
    ["words for numbers", "time_ms,up_mbps,down_mbps,rtt_ms\n0,fast,1,1\n1,1,1,1", 2],
    ["no capacity at all", "time_ms,up_mbps,down_mbps,rtt_ms\n0,0,1,1\n1,0,1,1", 2],
  ])("refuses %s, naming the line", (_, text, line) => {
    expect(parseTrace("t", text)).toMatchObject({
      ok: false,
      failure: { code: "bad-value", key: "trace:t", value: `line ${line}` },
    });
  });
  it("never throws on any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTrace("t", text).ok).toBe(false);
      }),
    );
  });
});
