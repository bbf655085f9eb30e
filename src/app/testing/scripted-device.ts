/**
 * A DeviceApi for tests: it replays what it was told to, in order, and remembers what it was asked.
 * The page itself never imports this.
 */
import type { RunConfig } from "#core/run/config.ts";
import { totalsOf } from "#core/measure/totals.ts";
import { ok, refuse, type Failure } from "#core/run/failure.ts";
import { RECORD_SCHEMA, type Agreement, type RunRecord, type TokenEvent } from "#core/run/record.ts";
import type { DeviceApi, ModelSummary, RunChange, RunEvent, RunOptions, ScoredText } from "#core/run/worker-api.ts";
import { factsOf } from "#core/strategies/table.ts";
import { MODEL as LAB_MODEL } from "#lab/testing/fake-run.ts";
import { tokensOf } from "./sample-tokens.ts";

export const MODEL: ModelSummary = {
  ...LAB_MODEL,
  revision: "r",
  licence: null,
  shardBytes: { embedding: 2000, block: Array.from({ length: LAB_MODEL.blocks }, () => 100), head: 50, tied: true },
};

const NOTHING: Agreement = { kind: "unchecked", why: "not asked for" };
export const EXACT: Agreement = {
  kind: "checked",
  reference: "the unsplit graph",
  exact: true,
  comparedTokens: 3,
  nearTies: 0,
  smallestMargin: 1,
  firstDifference: null,
};

export function recordOf(config: RunConfig, tokens: readonly TokenEvent[], change: Partial<RunRecord> = {}): RunRecord {
  const device = { runtime: "test", backend: "wasm", adapter: null, software: false, threads: 1 } as const;
  return {
    schema: RECORD_SCHEMA,
    config,
    resolved: {
      mode: config.mode,
      blocks: 12,
      cut: typeof config.cut === "number" ? config.cut : 6,
      tail: 0,
      capacity: 64,
      device: "test",
      edge: "test",
      link: { name: "loopback", figures: null, met: true, realRttMs: 0.5 },
      promptIds: [0, 1],
      reusedPositions: 0,
    },
    provenance: {
      commit: "test",
      startedAt: "2026-11-21T08:00:00Z",
      modelRevision: "r",
      browser: "test",
      cores: 2,
      clockResolutionMs: 0.1,
      device,
      edge: null,
      hidden: false,
    },
    text: tokens.map((token) => token.text).join(""),
    tokenIds: tokens.map((token) => token.id),
    tokens,
    logProbs: null,
    totals: totalsOf(tokens),
    memory: { device: { weightBytes: 0, kvBytes: 0 }, edge: null },
    downloads: { shards: 0, bytes: 0, fromCacheBytes: 0, elapsedMs: 0 },
    agreement: NOTHING,
    finish: { kind: "eos", id: 1 },
    ...change,
  };
}

export interface Asked {
  readonly config: RunConfig;
  readonly options: RunOptions;
}

export interface ScriptedDevice {
  readonly device: DeviceApi;
  readonly asked: readonly Asked[];
  readonly scored: readonly ScoredText[];
  readonly changed: readonly RunChange[];
  /** Whether a run or a preparation was ever asked for while another was under way. */
  readonly overlapped: () => boolean;
}

/** Notices when two tasks are under way at once. */
class Turns {
  busy = 0;
  overlapped = false;

  async take<T>(task: () => Promise<T>): Promise<T> {
    this.overlapped ||= this.busy > 0;
    this.busy++;
    try {
      return await task();
    } finally {
      this.busy--;
    }
  }
}

/** `texts` are the tokens of every answer; `models` may be a failure. */
export function scriptedDevice(
  texts: readonly string[],
  models: readonly ModelSummary[] | Failure = [MODEL],
): ScriptedDevice {
  const asked: Asked[] = [];
  const scored: ScoredText[] = [];
  const turns = new Turns();
  let stopped = false;
  const changed: RunChange[] = [];
  const tokens = tokensOf(texts.map((text) => ({ text, deviceMs: 2, uplinkMs: 5, edgeMs: 3, downlinkMs: 5 })));
  const device: DeviceApi = {
    preflight: () => Promise.reject(new Error("not scripted")),
    models: async () => ("code" in models ? refuse(models) : ok(models)),
    prepare: () => turns.take(async () => ok(recordOf({} as RunConfig, []).provenance.device)),
    run: (config, options, onEvent) =>
      turns.take(async () => {
        asked.push({ config, options });
        stopped = false;
        const told: TokenEvent[] = [];
        for (const token of tokens.slice(0, config.maxTokens)) {
          await Promise.resolve();
          if (stopped) return recordOf(config, told, { finish: { kind: "stopped" } });
          told.push(token);
          onEvent({ kind: "token", token } satisfies RunEvent);
        }
        return recordOf(config, told, { agreement: options.check === false ? NOTHING : EXACT });
      }),
    candidates: (text) =>
      turns.take(async () => {
        scored.push(text);
        return ok({
          where: factsOf(text.config.mode).checked === "edge" ? "edge" : "device",
          tokens: text.tokenIds.map((id) => {
            const said = { id, logProb: Math.log(0.75), odds: 1, text: "said" };
            return { said, rank: 1, best: [said, { id: id + 1, logProb: Math.log(0.25), odds: 0, text: "other" }] };
          }),
        });
      }),
    stop: async () => {
      stopped = true;
    },
    addTrace: async () => ok({ rows: 2, lengthMs: 200 }),
    change: async (change) => {
      changed.push(change);
      return turns.busy > 0;
    },
    downloadPlan: async () => ok({ neededBytes: 10, heldBytes: 0, missingBytes: 10, missingShards: 1 }),
    storage: async () => ({ kind: "memory", bytes: 0, shards: 0, quotaBytes: null }),
    clearStorage: async () => ({ kind: "memory", bytes: 0, shards: 0, quotaBytes: null }),
    release: async () => undefined,
  };
  return { device, asked, scored, changed, overlapped: () => turns.overlapped };
}
