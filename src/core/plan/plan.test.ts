import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODECS } from "../codec/registry.ts";
import { f16 } from "../codec/floats/f16.ts";
import { f32 } from "../codec/floats/f32.ts";
import { messageBytes } from "../codec/lengths.ts";
import { lowRank2 } from "../codec/truncated/low-rank.ts";
import { UNSHAPED } from "../link/link-model.ts";
import { LINK_PRESETS } from "../link/presets.ts";
import { totalsOf } from "../measure/totals.ts";
import type { LinkFigures, Mode } from "../run/config.ts";
import { FRAME_HEADER_BYTES } from "../frames/frame-header.ts";
import { parseConfig } from "../run/config/parse-config.ts";
import { RECORD_SCHEMA, type Agreement, type RunRecord, type TokenEvent } from "../run/record.ts";
import { bottleneckOf, partsPerToken, type Bottleneck } from "./measured/bottleneck.ts";
import { forecast, type ForecastInput } from "./modelled/forecast.ts";
import { fitTierLine } from "./measured/tier-line.ts";
import { tierTimesOf } from "./measured/tier-times.ts";
import { verdictText } from "./verdict/verdict-text.ts";
import { verdictOf } from "./verdict/verdict.ts";

interface Sketch {
  readonly mode?: Mode;
  readonly cut?: number;
  readonly tail?: number;
  readonly deviceMs?: number;
  readonly edgeMs?: number;
  readonly linkMs?: number;
  readonly upBytes?: number;
  readonly downBytes?: number;
  readonly figures?: LinkFigures | null;
  readonly met?: boolean | null;
  readonly agreement?: Agreement;
  readonly software?: boolean;
  readonly tokens?: number;
  readonly kvCache?: boolean;
}

/** A record whose decode steps all take the same; its prefill of 10 positions takes ten times that. */
function record(sketch: Sketch = {}): RunRecord {
  const {
    mode = "split",
    cut = 6,
    tail = 0,
    deviceMs = 6,
    edgeMs = 3,
    linkMs = 1,
    upBytes = 536,
    downBytes = 28,
    tokens: count = 5,
  } = sketch;
  const config = parseConfig({ mode, cut, prompt: "x", kvCache: sketch.kvCache ?? true });
  if (!config.ok) throw new Error(config.failure.code);
  const step = deviceMs + edgeMs + linkMs;
  const tokens = Array.from({ length: count }, (_, index): TokenEvent => {
    const scale = index === 0 ? 10 : 1;
    return {
      index,
      id: 1,
      text: "a",
      atMs: step * (10 + index),
      spans: [],
      deviceMs: deviceMs * scale,
      encodeMs: 0,
      uplinkMs: (linkMs / 2) * scale,
      queueMs: 0,
      edgeMs: edgeMs * scale,
      downlinkMs: (linkMs / 2) * scale,
      decodeMs: 0,
      sampleMs: 0,
      outageMs: 0,
      otherMs: 0,
      linkMs: linkMs * scale,
      addedMs: 0,
      upBytes,
      downBytes,
      positions: index === 0 ? 10 : 1,
    };
  });
  return {
    schema: RECORD_SCHEMA,
    config: config.value,
    resolved: {
      mode,
      blocks: 12,
      cut,
      tail,
      capacity: 64,
      device: "wasm",
      edge: "cpu",
      promptIds: [],
      reusedPositions: 0,
      link: { name: "loopback", figures: sketch.figures ?? null, met: sketch.met ?? null, realRttMs: null },
    },
    provenance: {
      commit: "c",
      startedAt: "",
      modelRevision: "r",
      browser: "",
      cores: 2,
      clockResolutionMs: 0.1,
      edge: null,
      hidden: false,
      device: { runtime: "", backend: "wasm", adapter: null, software: sketch.software ?? false, threads: 1 },
    },
    text: "",
    tokenIds: [],
    tokens,
    logProbs: null,
    totals: totalsOf(tokens),
    memory: { device: { weightBytes: 0, kvBytes: 0 }, edge: null },
    downloads: { shards: 0, bytes: 0, fromCacheBytes: 0, elapsedMs: 0 },
    agreement: sketch.agreement ?? {
      kind: "checked",
      reference: "edge",
      exact: true,
      comparedTokens: count,
      nearTies: 0,
      smallestMargin: 1,
      firstDifference: null,
    },
    finish: { kind: "length" },
  };
}

describe("tier times", () => {
  it("lay one run's time to its blocks", () => {
    expect(fitTierLine([{ blocks: 6, ms: 12 }])).toEqual({ perBlockMs: 2, fixedMs: 0 });
    expect(fitTierLine([{ blocks: 0, ms: 1 }])).toBeNull();
  });
  it("find fixed part and slope from two cuts and more, neither negative", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 6 }),
        (fixed, slope, cuts) => {
          const line = fitTierLine(cuts.map((blocks) => ({ blocks, ms: fixed + slope * blocks })))!;
          expect(line.fixedMs).toBeCloseTo(fixed, 6);
          expect(line.perBlockMs).toBeCloseTo(slope, 6);
        },
      ),
    );
    const steep = fitTierLine([
      { blocks: 1, ms: 0 },
      { blocks: 2, ms: 10 },
    ])!;
    expect(steep.fixedMs).toBeGreaterThanOrEqual(0);
    const falling = fitTierLine([
      { blocks: 1, ms: 10 },
      { blocks: 5, ms: 2 },
    ])!;
    expect(falling).toEqual({ perBlockMs: 0, fixedMs: 6 });
  });
  it("are read from runs at any cut, per position for the prefill", () => {
    const times = tierTimesOf([record({ cut: 3, deviceMs: 3, edgeMs: 9 }), record({ cut: 9, deviceMs: 9, edgeMs: 3 })]);
    for (const tier of [times.device, times.edge]) {
      expect(tier?.decode.perBlockMs).toBeCloseTo(1, 9);
      expect(tier?.prefill.perBlockMs).toBeCloseTo(1, 9);
      expect(tier?.decode.fixedMs).toBeCloseTo(0, 9);
    }
  });
  it("count the tail to the device and edge-only's blocks to the edge", () => {
    expect(tierTimesOf([record({ mode: "u-split", cut: 4, tail: 2, deviceMs: 6, edgeMs: 12 })])).toMatchObject({
      device: { decode: { perBlockMs: 1 } },
      edge: { decode: { perBlockMs: 2 } },
    });
    expect(tierTimesOf([record({ mode: "edge-only", cut: 0, deviceMs: 0, edgeMs: 12 })])).toMatchObject({
      device: null,
      edge: { decode: { perBlockMs: 1 } },
    });
  });
  it("say nothing from runs that measured something else", () => {
    expect(
      tierTimesOf([
        record({ mode: "baseline" }),
        record({ kvCache: false }),
        record({ tokens: 1 }),
        { ...record(), resolved: null },
      ]),
    ).toEqual({ device: null, edge: null });
  });
});

describe("forecast", () => {
  const pace = (perBlockMs: number, fixedMs = 0) => ({
    decode: { perBlockMs, fixedMs },
    prefill: { perBlockMs: perBlockMs / 2, fixedMs: 0 },
  });
  const input = (over: Partial<ForecastInput> = {}): ForecastInput => ({
    mode: "split",
    blocks: 12,
    hidden: 256,
    tail: 1,
    codec: f16,
    link: UNSHAPED,
    realRttMs: 0,
    promptPositions: 20,
    edgeLoad: 1,
    device: pace(2, 1),
    edge: pace(1, 0.5),
    ...over,
  });
  it("has a point for every cut that the mode allows", () => {
    expect(forecast(input()).map(({ cut }) => cut)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(forecast(input({ mode: "u-split", tail: 3 })).map(({ cut }) => cut)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(forecast(input({ mode: "u-split", tail: 12 }))).toEqual([]);
  });
  it("adds compute, bytes at the rate, and round trips", () => {
    const point = forecast(input({ link: { ...UNSHAPED, uplinkMbps: 8, rttMs: 30 } }))[4]!;
    expect(point.decode).toEqual({
      deviceMs: 9,
      edgeMs: 8.5,
      upBytes: 540,
      downBytes: 32,
      linkMs: 0.54 + 30,
      totalMs: 9 + 8.5 + 30.54,
    });
    expect(point.prefill).toMatchObject({ deviceMs: 80, edgeMs: 80, upBytes: 28 + 20 * 512 });
    expect([point.tpotMs, point.ttftMs]).toEqual([point.decode.totalMs, point.prefill.totalMs]);
  });
  it("sends one position back under u-split, and as many blocks stay with the device as it keeps", () => {
    const point = forecast(input({ mode: "u-split", tail: 2 }))[4]!;
    expect(point.decode).toMatchObject({ downBytes: 540, deviceMs: 13, edgeMs: 6.5 });
    expect(point.prefill.downBytes).toBe(540);
  });
  it("is a straight line over the cut, whatever the link", () => {
    fc.assert(
      fc.property(fc.constantFrom(...LINK_PRESETS), fc.constantFrom(...CODECS), ({ figures }, codec) => {
        const tpots = forecast(input({ link: figures, codec })).map(({ tpotMs }) => tpotMs);
        for (const [k, tpot] of tpots.entries()) expect(tpot).toBeCloseTo(tpots[0]! + k * (tpots[1]! - tpots[0]!), 6);
      }),
    );
  });
  it("counts a message's bytes by its positions together, where they share some", () => {
    const { prefill, decode } = forecast(input({ codec: lowRank2, promptPositions: 64 }))[4]!;
    expect(prefill.upBytes - FRAME_HEADER_BYTES).toBe(messageBytes(lowRank2, 64, input({}).hidden));
    expect(prefill.upBytes - FRAME_HEADER_BYTES).toBeLessThan(64 * (decode.upBytes - FRAME_HEADER_BYTES));
  });
  it("gains nothing from fewer bytes where only the round trip counts, and much where the rate does", () => {
    const at = (codec: typeof f16, link: LinkFigures) => forecast(input({ codec, link }))[6]!.tpotMs;
    const far = { ...UNSHAPED, rttMs: 300 };
    const thin = { ...UNSHAPED, uplinkMbps: 0.1 };
    expect(at(f32, far)).toBe(at(f16, far));
    expect(at(f32, thin) - at(f16, thin)).toBeCloseTo((512 * 8) / 100, 6);
  });
  it("repeats the edge's pass and never promises less than the real round trip", () => {
    expect(forecast(input({ edgeLoad: 3 }))[0]!.decode.edgeMs).toBeCloseTo(3 * 12.5, 9);
    expect(forecast(input({ realRttMs: 40, link: { ...UNSHAPED, rttMs: 30 } }))[0]!.decode.linkMs).toBe(40);
  });
});

describe("bottleneck", () => {
  it("parts the link in bytes at the rate and round trips", () => {
    const figures = { ...UNSHAPED, uplinkMbps: 1, rttMs: 20 };
    const parts = partsPerToken(record({ linkMs: 25, upBytes: 500, figures }))!;
    expect(parts).toMatchObject({ bandwidth: 4, rtt: 21, device: 6, edge: 3 });
    expect(bottleneckOf(parts)).toBe("rtt");
    expect(bottleneckOf(partsPerToken(record({ linkMs: 25, upBytes: 3000, figures }))!)).toBe("bandwidth");
    expect(bottleneckOf(partsPerToken(record())!)).toBe("device");
    expect(partsPerToken(record({ tokens: 1 }))).toBeNull();
  });
});

describe("verdict", () => {
  const rounds = (n: number, sketch: (round: number) => Sketch) =>
    Array.from({ length: n }, (_, round) => record(sketch(round)));
  const split = {
    label: "split",
    records: rounds(5, (round) => ({
      deviceMs: 6,
      edgeMs: 3,
      linkMs: 30 + round,
      figures: { ...UNSHAPED, rttMs: 30 },
    })),
  };
  const edgeOnly = {
    label: "edge-only",
    records: rounds(5, (round) => ({ mode: "edge-only", cut: 0, deviceMs: 0, edgeMs: 12 + round * 0.1, linkMs: 1 })),
  };

  it("says who wins by what ratio, what binds, and what it cost the edge", () => {
    const verdict = verdictOf([split, edgeOnly]);
    expect(verdict).toMatchObject({
      kind: "winner",
      winner: { label: "edge-only", edgeMsPerToken: 12.2 },
      other: { label: "split", edgeMsPerToken: 3 },
      subject: { label: "split", binds: "rtt" },
      unchecked: false,
    });
    expect(verdictText(verdict)).toEqual({
      headline: "Edge-only wins: 3.11 times as fast as split.",
      spread: "Median of 5 rounds, quartiles 3.05 to 3.16.",
      because: "Split is RTT-bound (78% of a token's time): fewer bytes would not help.",
      cost: "Edge compute a token: split 3.00 ms, edge-only 12.2 ms.",
      caveats: [],
      lossy: [],
    });
  });
  it("compares within rounds: a machine that slows down halfway changes no ratio", () => {
    const slowing = (base: number) => ({
      records: rounds(4, (round) => ({ deviceMs: 0, linkMs: 0, edgeMs: base * (round < 2 ? 1 : 10) })),
    });
    const verdict = verdictOf([
      { label: "a", ...slowing(2) },
      { label: "b", ...slowing(1) },
    ]);
    expect(verdict).toMatchObject({ kind: "winner", winner: { label: "b" }, ratio: { median: 2, q1: 2, q3: 2, n: 4 } });
  });
  it("names no winner when the rounds do not tell", () => {
    const noisy = (order: readonly number[]) => order.map((edgeMs) => record({ deviceMs: 0, linkMs: 0, edgeMs }));
    const verdict = verdictOf([
      { label: "a", records: noisy([10, 12, 9, 11]) },
      { label: "b", records: noisy([11, 10, 10, 10]) },
    ]);
    expect(verdict.kind).toBe("level");
    expect(verdictText(verdict).headline).toContain("are level");
  });
  it("compares the arm in question with the best of the others when it wins itself", () => {
    const verdict = verdictOf(
      [edgeOnly, split, { label: "baseline", records: rounds(5, () => ({ deviceMs: 20, edgeMs: 0, linkMs: 0 })) }],
      "edge-only",
    );
    expect(verdict).toMatchObject({
      kind: "winner",
      winner: { label: "edge-only" },
      other: { label: "baseline" },
      subject: { label: "edge-only", binds: "edge" },
    });
  });
  it("lets no arm win with a wrong token, but with a near tie", () => {
    const off = (margin: number): Agreement => ({
      kind: "checked",
      reference: "edge",
      exact: false,
      comparedTokens: 5,
      nearTies: 0,
      smallestMargin: 0,
      firstDifference: { index: 2, got: 1, expected: 2, margin },
    });
    const wrong = verdictOf([split, { label: "edge-only", records: [record({ agreement: off(0.5) })] }]);
    expect(wrong).toMatchObject({ kind: "wrong-tokens", label: "edge-only", index: 2 });
    expect(verdictText(wrong).headline).toBe("No verdict: edge-only gave a wrong token.");
    expect(verdictOf([split, { label: "edge-only", records: [record({ agreement: off(5e-5) })] }]).kind).toBe("winner");
  });
  it("says what is unchecked and what to be careful of", () => {
    const unchecked: Agreement = { kind: "unchecked", why: "not asked" };
    const verdict = verdictOf([
      split,
      { label: "gpu", records: [record({ agreement: unchecked, software: true, met: false })] },
    ]);
    expect(verdictText(verdict)).toMatchObject({
      headline: expect.stringMatching(/^Unchecked: Gpu wins: /),
      spread: "One round.",
    });
    expect(verdictText(verdict).caveats).toHaveLength(2);
  });
  it("sets a lossy arm beside the comparison, never in it, however fast it is", () => {
    const differs: Agreement = {
      kind: "checked",
      reference: "edge",
      exact: false,
      comparedTokens: 5,
      nearTies: 0,
      smallestMargin: 0,
      differing: 1,
      firstDifference: { index: 2, got: 1, expected: 2, margin: 3 },
    };
    const quality = { agreement: 0.8, perplexity: 2.5, targetPerplexity: 1.5, targetTokens: 5 };
    const fast = rounds(5, () => ({
      mode: "cooperative" as const,
      deviceMs: 1,
      edgeMs: 0,
      linkMs: 0,
      agreement: differs,
    }));
    const arm = (more: object) => ({
      label: "cooperative",
      records: fast.map((each): RunRecord => ({
        ...each,
        totals: { ...each.totals, cooperation: { touchedShare: 0.25, edgeMsPerToken: 1 } },
        ...more,
      })),
    });
    const verdict = verdictOf([split, arm({ quality }), edgeOnly]);
    expect(verdict).toMatchObject({ kind: "winner", winner: { label: "edge-only" }, other: { label: "split" } });
    expect(verdict.arms.map(({ label }) => label)).toEqual(["split", "edge-only"]);
    expect(verdictText(verdict).lossy).toEqual([
      "Cooperative: not compared, since its text is not the target's. It took 0.08 times the time of edge-only a token, the target said 25% of its tokens; 80% of its tokens are the target's, whose own text has perplexity 1.50 where this has 2.50.",
    ]);
    expect(verdictText(verdictOf([split, arm({})])).lossy[0]).toMatch(/what its text is worth is unchecked\.$/);
    expect(verdictOf([split, arm({ quality })]).kind).toBe("none");
  });
  it("asks for no agreement token by token where a rule keeps the distribution alone, and says so", () => {
    const unchecked: Agreement = { kind: "unchecked", why: "in distribution" };
    const sampled = record({ mode: "speculative", agreement: unchecked });
    const arm = {
      label: "speculative",
      records: [{ ...sampled, config: { ...sampled.config, temperature: 0.8, verify: "leviathan" } }],
    };
    expect(verdictText(verdictOf([edgeOnly, arm])).headline).not.toMatch(/^Unchecked/);
    expect(verdictText(verdictOf([edgeOnly, arm])).caveats).toEqual([
      "the text of speculative is another sample of the same distribution, so its tokens cannot be compared one by one",
    ]);
    expect(verdictText(verdictOf([edgeOnly, { ...arm, records: [sampled] }])).headline).toMatch(/^Unchecked/);
  });
  it("is silent without two arms", () => {
    expect(verdictOf([])).toMatchObject({ kind: "none" });
    expect(verdictOf([split, { label: "edge-only", records: [record({ tokens: 1 })] }])).toMatchObject({
      kind: "none",
    });
    expect(verdictText(verdictOf([split])).headline).toBe("Nothing to compare yet.");
  });
  it("has words for everything that can bind", () => {
    const summary = {
      label: "split",
      n: 1,
      tpotMs: 1,
      edgeMsPerToken: 1,
      bytesPerToken: 1,
      bindsMs: 1,
      bindsShare: 0.5,
      drafting: null,
    };
    const words = (["rtt", "bandwidth", "device", "edge", "queue", "other"] as const).map(
      (binds) =>
        verdictText({
          kind: "level",
          winner: { ...summary, binds },
          other: { ...summary, binds },
          subject: { ...summary, binds },
          ratio: { median: 1, q1: 1, q3: 1, n: 2 },
          unchecked: false,
          caveats: [],
          arms: [],
          lossy: [],
        }).because,
    );
    expect(new Set(words).size).toBe(6);
    const drafting = { atEdge: false, tokensPerRoundTrip: 3.12, draftedPerWindow: 4, standingShare: 0.7 };
    const said = (binds: Bottleneck, change: Partial<typeof drafting> = {}): string => {
      const arm = { ...summary, label: "speculative", binds, drafting: { ...drafting, ...change } };
      return verdictText({
        kind: "level",
        winner: arm,
        other: arm,
        subject: arm,
        ratio: { median: 1, q1: 1, q3: 1, n: 2 },
        unchecked: false,
        caveats: [],
        arms: [],
        lossy: [],
      }).because;
    };
    expect(said("rtt")).toBe(
      "Speculative is bound by the round trip (50% of a token's time), at 3.1 tokens each: longer windows, or several in flight, would help.",
    );
    expect(said("rtt", { standingShare: 0.3 })).toBe(
      "Speculative is bound by acceptance: round trips take 50% of a token's time, and of 4.0 tokens drafted a window 30% stood; a better draft would help.",
    );
    expect(said("device")).toBe(
      "Speculative is bound by drafting on this device (50% of a token's time), where of 4.0 tokens drafted a window 70% stood: a smaller draft or shorter windows would help.",
    );
    expect(said("edge")).toMatch(/^Speculative is bound by the edge's compute \(50%/);
    expect(said("edge", { atEdge: true })).toMatch(/drafting included.*would spare it\.$/);
    expect(
      new Set((["rtt", "bandwidth", "device", "edge", "queue", "other"] as const).map((binds) => said(binds))).size,
    ).toBe(6);
    for (const each of words) expect(each).toMatch(/^Split .*50%.*\.$/);
  });
});
