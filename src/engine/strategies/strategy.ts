/**
 * What a strategy is: an async generator over ports that yields the tokens it produced, how long
 * their parts took, and returns why it ended. It knows no transport, runtime or UI; a strategy
 * of another kind is another file.
 * Invariant: `ids` is what was agreed on so far, and its log knows how much of it every tier's cache
 * holds, so a tier that lost its cache is served again from the ids and no token is lost or doubled.
 */
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { fail, type Failure } from "#core/run/failure.ts";
import type { Finish, RoundEvent, TokenFate } from "#core/run/record.ts";
import type { RoundSeen } from "#core/speculation/policies/policy.ts";
import type { CancelSignal, Clock, Exchange } from "../ports.ts";
import { ReplayLog } from "./tiers/replay-log.ts";

/** What is to be generated, whatever the tiers. */
export interface Task {
  readonly promptIds: readonly number[];
  /** Leading positions of the prompt already in every tier's cache; less than all of them. */
  readonly reusedPositions: number;
  readonly maxTokens: number;
  /** Positions the caches hold; a token past the last is still sampled, and ends the run. */
  readonly capacity: number;
  readonly kvCache: boolean;
  readonly sampling: SamplingSettings;
  readonly stopIds: readonly number[];
  /** Rounds of earlier runs that a draft-length policy may know of; this run's are added. */
  readonly roundHistory: RoundSeen[];
  readonly clock: Clock;
  readonly signal: CancelSignal;
}

export type StrategyEvent =
  | TokenMade
  /** A drafted window and what came of it; the tokens it gave came before it. */
  | { readonly kind: "round"; readonly round: RoundMade }
  | {
      readonly kind: "log-probs";
      readonly values: Float32Array;
      readonly favourites: Uint32Array;
      readonly positions: number;
      readonly timing: StepTiming;
    }
  | { readonly kind: "replaying"; readonly failure: Failure };

export interface TokenMade {
  readonly kind: "token";
  readonly id: number;
  readonly positions: number;
  readonly timing: StepTiming;
  /** Where tokens are drafted. */
  readonly fate?: TokenFate;
}

/** Its times are the clock's own. */
export type RoundMade = Omit<RoundEvent, "index" | "spans">;

export type Strategy = AsyncGenerator<StrategyEvent, Finish>;

/** What one step measured; whatever its interval held beside this is `otherMs`. */
export interface StepTiming {
  readonly deviceMs: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly sampleMs: number;
  readonly exchanges: readonly Exchange[];
}

/** Times the parts of one step, repeats included. */
export class StepTimer implements StepTiming {
  deviceMs = 0;
  encodeMs = 0;
  decodeMs = 0;
  sampleMs = 0;
  readonly exchanges: Exchange[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async device<T>(work: () => Promise<T>): Promise<T> {
    const from = this.#clock.now();
    const value = await work();
    this.deviceMs += this.#clock.now() - from;
    return value;
  }

  part<T>(name: "encodeMs" | "decodeMs" | "sampleMs", work: () => T): T {
    const from = this.#clock.now();
    const value = work();
    this[name] += this.#clock.now() - from;
    return value;
  }
}

/** A stretch of ids that the caches lack: the prompt first, then one token a step; all of it without a cache. */
export interface Unseen {
  readonly ids: readonly number[];
  readonly position: number;
  readonly timer: StepTimer;
}

/** The ids so far, what the caches hold of them, and why it is over, once it is. */
export class Sequence {
  finish: Finish | null = null;
  readonly #log: ReplayLog<number>;
  #timer: StepTimer;
  readonly #task: Task;

  constructor(task: Task) {
    this.#task = task;
    this.#log = new ReplayLog({ rows: task.promptIds, held: task.reusedPositions, keeps: task.kvCache });
    this.#timer = new StepTimer(task.clock);
  }

  get ids(): readonly number[] {
    return this.#log.rows;
  }

  get generated(): number {
    return this.ids.length - this.#task.promptIds.length;
  }

  /** Tokens that may still be generated. */
  get remaining(): number {
    return this.#task.maxTokens - this.generated;
  }

  /** Of the step under way; `accept` starts the next. */
  get timer(): StepTimer {
    return this.#timer;
  }

  unseen(): Unseen {
    if (this.#task.signal.aborted) fail({ code: "stopped" });
    const { position, rows } = this.#log.missing();
    return { ids: rows, position, timer: this.#timer };
  }

  /** The next token: everything before it is now in the caches. */
  accept(id: number): TokenMade {
    const timing = this.#timer;
    const positions = this.ids.length - this.#log.held;
    this.#timer = new StepTimer(this.#task.clock);
    this.#log.took(this.ids.length);
    this.#log.put(this.ids.length, [id]);
    this.finish = this.#ending(id);
    return { kind: "token", id, positions, timing };
  }

  /** A tier has lost its cache: the next `unseen` starts from the first position. */
  replay(failure: Failure): StrategyEvent {
    this.#log.lost();
    return { kind: "replaying", failure };
  }

  #ending(id: number): Finish | null {
    if (this.#task.stopIds.includes(id)) return { kind: "eos", id };
    if (this.remaining <= 0) return { kind: "length" };
    if (this.ids.length > this.#task.capacity) return { kind: "context", capacity: this.#task.capacity };
    return null;
  }
}
