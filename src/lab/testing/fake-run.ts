/** A `run` for tests: records as a page would give them, with times that follow from the configuration alone. */
import type { RunConfig } from "#core/run/config.ts";
import { resolveSplit } from "#core/run/config/resolve.ts";
import { spansOf } from "#core/run/record/spans.ts";
import { RECORD_SCHEMA, type RunRecord, type TokenEvent } from "#core/run/record.ts";
import { totalsOf } from "#core/measure/totals.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { RunPort } from "../sweep/runner.ts";

export const MODEL: ModelSummary = {
  name: "concierge-10m",
  revision: "0123456789abcdef",
  architecture: "llama",
  blocks: 12,
  hidden: 256,
  vocabulary: 4096,
  context: 512,
  parameters: 9_900_000,
  licence: "MIT",
  groundUrl: null,
  shardBytes: { embedding: 2_000_000, block: Array.from({ length: 12 }, () => 1_500_000), head: 0, tied: true },
};

export const MODELS: readonly ModelSummary[] = [
  MODEL,
  { ...MODEL, name: "concierge-1m", blocks: 4, hidden: 128, parameters: 1_300_000 },
];

const DEVICE_MS = 2;
const EDGE_MS = 1;
const RTT_MS = 10;
const CAPACITY = 64;

/** Each prompt is as much slower as it is long, so that prompts differ. */
export function fakeRecord(config: RunConfig): RunRecord {
  const resolved = resolveSplit(config, MODEL.blocks);
  const { cut } = resolved.ok ? resolved.value : { cut: 0 };
  const scores = factsOf(config.mode).yields === "log-probs";
  const promptIds = config.promptIds ?? (config.prompt ?? "").split(" ").map((_, id) => id);
  const deviceMs = cut * DEVICE_MS + promptIds.length / 100;
  const edgeMs = (MODEL.blocks - cut) * EDGE_MS;
  const linkMs = factsOf(config.mode).needs.edge ? RTT_MS : 0;
  const part = {
    encodeMs: 0,
    queueMs: 0,
    decodeMs: 0,
    sampleMs: 0,
    outageMs: 0,
    otherMs: 0,
    addedMs: 0,
    upBytes: linkMs === 0 ? 0 : 536,
    downBytes: 28,
    positions: 1,
  };
  const tokens: readonly TokenEvent[] = Array.from({ length: scores ? 0 : config.maxTokens }, (_, index) => ({
    ...part,
    spans: spansOf({ ...part, deviceMs, edgeMs, uplinkMs: linkMs / 2, downlinkMs: linkMs / 2 }),
    index,
    id: 7 + index,
    text: " word",
    atMs: (index + 1) * (deviceMs + edgeMs + linkMs),
    deviceMs,
    edgeMs,
    linkMs,
    uplinkMs: linkMs / 2,
    downlinkMs: linkMs / 2,
  }));
  return {
    schema: RECORD_SCHEMA,
    config,
    resolved: {
      mode: config.mode,
      blocks: MODEL.blocks,
      cut,
      tail: 0,
      capacity: CAPACITY,
      device: "fake",
      edge: null,
      link: { name: "loopback", figures: null, met: null, realRttMs: RTT_MS },
      promptIds,
      reusedPositions: 0,
    },
    provenance: {
      commit: "test",
      startedAt: "2026-11-21T09:00:00.000Z",
      modelRevision: MODEL.revision,
      browser: "none",
      cores: 2,
      clockResolutionMs: 0.1,
      device: { runtime: "fake", backend: "wasm", adapter: null, software: false, threads: 1 },
      edge: { version: "0", runtime: "fake", provider: "cpu", threads: 1, cores: 2 },
      hidden: false,
    },
    text: tokens.map(({ text }) => text).join(""),
    tokenIds: tokens.map(({ id }) => id),
    tokens,
    logProbs: scores ? promptIds.slice(1).map(() => (config.codec === "f32" ? -1 : -1.01)) : null,
    ...(scores
      ? { favourites: promptIds.slice(1).map((id, at) => (config.codec === "f32" || at % 4 > 0 ? id : id + 1)) }
      : {}),
    totals: totalsOf(tokens),
    memory: {
      device: { weightBytes: 0, kvBytes: cut * CAPACITY * 1024 },
      edge: { weightBytes: 0, kvBytes: (MODEL.blocks - cut) * CAPACITY * 1024 },
    },
    downloads: { shards: 0, bytes: 0, fromCacheBytes: 0, elapsedMs: 0 },
    agreement: { kind: "unchecked", why: "not asked" },
    finish: { kind: "length" },
  };
}

const checked: RunRecord["agreement"] = {
  kind: "checked",
  reference: "fake",
  exact: true,
  comparedTokens: 1,
  nearTies: 0,
  smallestMargin: null,
  firstDifference: null,
};

export const fakeRun: RunPort = (config, { check }) =>
  Promise.resolve({
    ...fakeRecord(config),
    agreement: check === true ? checked : { kind: "unchecked", why: "not asked" },
  });
