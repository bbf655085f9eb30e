/** A run record while it is being written: tokens come in, the rest is filled in as it is known. */
import type { CooperationQuality } from "#core/run/record/cooperation-quality.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { InjectedFault } from "#core/run/record/injected-fault.ts";
import type { PlanRecord } from "#core/plan/plan-record.ts";
import { totalsOf } from "#core/measure/totals.ts";
import {
  RECORD_SCHEMA,
  type Agreement,
  type CutMove,
  type Downloads,
  type Finish,
  type LinkChange,
  type Resolved,
  type RoundEvent,
  type RunRecord,
  type TokenEvent,
  type TokenFate,
} from "#core/run/record.ts";
import type { DeviceDescription, EdgeDescription, TierMemory } from "#core/run/tier-description.ts";
import { roundSpans } from "#core/run/record/spans.ts";
import type { RoundMade, TokenMade } from "../../strategies/strategy.ts";
import { FrameCounts } from "./frame-counts.ts";
import { OutageLog } from "./outage-log.ts";
import type { StreamingText } from "./streaming-text.ts";
import type { TokenTimes } from "./token-timing.ts";
import type { WorldFacts } from "../world.ts";

const NO_DEVICE: DeviceDescription = { runtime: "none", backend: "none", adapter: null, software: false, threads: 0 };
const NO_MEMORY: TierMemory = { weightBytes: 0, kvBytes: 0 };
const NO_DOWNLOADS: Downloads = { shards: 0, bytes: 0, fromCacheBytes: 0, elapsedMs: 0 };

/** Fates of tokens that come one by one. */
const UNROUNDED: readonly TokenFate[] = ["confident", "asked"];

export class RecordBuilder {
  resolved: Resolved | null = null;
  modelRevision = "";
  device: DeviceDescription = NO_DEVICE;
  edge: EdgeDescription | null = null;
  memory: RunRecord["memory"] = { device: NO_MEMORY, edge: null };
  downloads: Downloads = NO_DOWNLOADS;
  simulated: RunRecord["simulated"];
  agreement: Agreement = { kind: "unchecked", why: "the run ended before it could be checked" };
  quality: CooperationQuality | null = null;
  fault: InjectedFault | null = null;
  finish: Finish = { kind: "stopped" };
  readonly tokens: TokenEvent[] = [];
  readonly rounds: RoundEvent[] = [];
  readonly moves: CutMove[] = [];
  readonly links: LinkChange[] = [];
  readonly outages = new OutageLog();
  readonly frames = new FrameCounts();
  plan: PlanRecord | null = null;
  #logProbs: readonly number[] | null = null;
  #favourites: readonly number[] | null = null;
  readonly #config: RunConfig;
  readonly #facts: WorldFacts;

  constructor(config: RunConfig, facts: WorldFacts) {
    this.#config = config;
    this.#facts = facts;
  }

  get tokenIds(): readonly number[] {
    return this.tokens.map(({ id }) => id);
  }

  /** A drafted token's round is the next to be recorded. */
  token({ id, positions, fate }: TokenMade, text: string, times: TokenTimes): TokenEvent {
    const token = {
      index: this.tokens.length,
      id,
      text,
      positions,
      ...times,
      ...(fate === undefined ? {} : { fate }),
      ...(fate === undefined || UNROUNDED.includes(fate) ? {} : { round: this.rounds.length }),
    };
    this.tokens.push(token);
    return token;
  }

  /** `startMs` is when the run began, on the clock that timed the round. */
  round(made: RoundMade, startMs: number): RoundEvent {
    const since = (atMs: number): number => atMs - startMs;
    const round = {
      index: this.rounds.length,
      ...made,
      spans: roundSpans(made),
      draftFromMs: since(made.draftFromMs),
      sentMs: since(made.sentMs),
      answeredMs: since(made.answeredMs),
    };
    this.rounds.push(round);
    return round;
  }

  /** Of each prompt token but the first: its log-probability, and the id that was held most probable. */
  scored(logProbs: Float32Array, favourites: Uint32Array): void {
    this.#logProbs = Array.from(logProbs);
    this.#favourites = Array.from(favourites);
  }

  /** What no later token will complete belongs to the last one. */
  flush(text: StreamingText): void {
    const rest = text.flush();
    const last = this.tokens.at(-1);
    if (rest !== "" && last !== undefined) this.tokens[this.tokens.length - 1] = { ...last, text: last.text + rest };
  }

  /** `hidden` as it is known at the end. */
  record(hidden: boolean): RunRecord {
    return {
      schema: RECORD_SCHEMA,
      config: this.#config,
      resolved: this.resolved,
      provenance: {
        ...this.#facts,
        hidden: hidden || this.#facts.hidden,
        modelRevision: this.modelRevision,
        device: this.device,
        edge: this.edge,
      },
      text: this.tokens.map(({ text }) => text).join(""),
      tokenIds: this.tokenIds,
      tokens: this.tokens,
      ...(this.rounds.length > 0 ? { rounds: this.rounds } : {}),
      ...(this.plan === null ? {} : { plan: this.plan }),
      ...(this.links.length > 0 ? { links: this.links } : {}),
      ...(this.outages.outages.length > 0 ? { outages: this.outages.outages } : {}),
      ...(this.frames.counts.length > 0 ? { frames: this.frames.counts } : {}),
      ...(this.moves.length > 0 ? { moves: this.moves } : {}),
      logProbs: this.#logProbs,
      ...(this.#favourites === null ? {} : { favourites: this.#favourites }),
      ...(this.simulated === undefined ? {} : { simulated: this.simulated }),
      totals: totalsOf(this.tokens, this.rounds),
      memory: this.memory,
      downloads: this.downloads,
      agreement: this.agreement,
      ...(this.quality === null ? {} : { quality: this.quality }),
      ...(this.fault === null ? {} : { fault: this.fault }),
      finish: this.finish,
    };
  }
}
