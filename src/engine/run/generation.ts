/**
 * A run's strategy, driven to its end: every token into the record and to whoever listens. A stop in
 * between keeps the caches as good as they are.
 */
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { failureOf, type Failure } from "#core/run/failure.ts";
import type { Finish, RunRecord } from "#core/run/record.ts";
import type { Strategy, StrategyEvent, Task, TokenMade } from "../strategies/strategy.ts";
import type { RecordBuilder } from "./record/record-builder.ts";
import { RunChanges, type RunBeginning } from "./run-changes.ts";
import type { OpenRun, RunContext } from "./run-context.ts";
import { StreamingText } from "./record/streaming-text.ts";
import { TokenTimeline } from "./record/token-timing.ts";

export class Generation {
  readonly #openRun: OpenRun;
  readonly #context: RunContext;
  readonly #builder: RecordBuilder;
  readonly #startMs: number;
  readonly #changes: RunChanges;
  readonly #text: StreamingText;
  readonly #timeline: TokenTimeline;
  /** What the caches hold: of the prompt, and how many of the run's own tokens. */
  #cached: { readonly ids: readonly number[]; readonly tokens: number };

  constructor(openRun: OpenRun, context: RunContext, builder: RecordBuilder, beginning: RunBeginning) {
    const { plan, reusedPositions } = openRun;
    this.#openRun = openRun;
    this.#context = context;
    this.#builder = builder;
    this.#startMs = beginning.startMs;
    this.#changes = new RunChanges(openRun, context, builder, beginning);
    this.#text = new StreamingText(plan.model.tokenizer, plan.model.manifest.stopIds);
    this.#timeline = new TokenTimeline(beginning.startMs, (from, to) => builder.outages.within(from, to));
    this.#cached = { ids: plan.promptIds.slice(0, reusedPositions), tokens: 0 };
  }

  async run(): Promise<Finish> {
    const { plan, lease, reusedPositions } = this.#openRun;
    const strategy = lease.tiers.start(plan, taskOf(this.#openRun, this.#context));
    const total = plan.promptIds.length - reusedPositions;
    this.#context.onEvent({ kind: "progress", phase: "prefill", done: 0, total, unit: "tokens", fromCache: false });
    try {
      return await this.#drive(strategy);
    } catch (thrown) {
      const ending = endingOf(thrown);
      if (ending.kind !== "stopped") throw thrown;
      return ending;
    } finally {
      await this.#end();
    }
  }

  async #drive(strategy: Strategy): Promise<Finish> {
    for (;;) {
      const next = await strategy.next();
      if (next.done === true) return next.value;
      await this.#take(next.value);
    }
  }

  async #take(event: StrategyEvent): Promise<void> {
    if (event.kind === "log-probs") this.#builder.scored(event.values, event.favourites);
    else if (event.kind === "round")
      this.#context.onEvent({ kind: "round", round: this.#builder.round(event.round, this.#startMs) });
    else if (event.kind === "replaying") this.#replaying(event.failure);
    else await this.#token(event);
  }

  #replaying({ code }: Failure): void {
    const builder = this.#builder;
    this.#cached = { ids: [], tokens: 0 };
    this.#context.onEvent({ kind: "link", state: "replaying", why: code });
    if (builder.resolved !== null && builder.tokens.length === 0)
      builder.resolved = { ...builder.resolved, reusedPositions: 0 };
  }

  async #token(made: TokenMade): Promise<void> {
    const { plan } = this.#openRun;
    const { world, onEvent } = this.#context;
    const builder = this.#builder;
    this.#cached = { ids: plan.promptIds, tokens: builder.tokens.length }; // what came before this token
    const text = this.#text.push(made.id);
    const token = builder.token(made, text, this.#timeline.next(made.timing, world.clock.now()));
    onEvent({ kind: "token", token });
    await this.#changes.behindToken();
  }

  async #end(): Promise<void> {
    const builder = this.#builder;
    await this.#changes.end();
    const { ids, tokens } = this.#cached;
    this.#openRun.lease.ids = [...ids, ...builder.tokenIds.slice(0, tokens)];
    builder.flush(this.#text);
    builder.downloads = this.#context.pool.loading?.downloads() ?? builder.downloads; // a cut that moved may have fetched more
    builder.memory = memoryOf(this.#openRun);
  }
}

export function taskOf({ plan, reusedPositions }: OpenRun, { world, pool, options, signal }: RunContext): Task {
  const { promptIds, capacity, sampling, config, model } = plan;
  const roundHistory = options.fresh === true ? [] : pool.roundHistory.of(plan);
  return {
    promptIds,
    reusedPositions,
    maxTokens: config.maxTokens,
    capacity,
    kvCache: config.kvCache,
    sampling,
    stopIds: config.endless ? [] : model.manifest.stopIds,
    roundHistory,
    clock: world.clock,
    signal,
  };
}

function memoryOf({ plan, resources, lease }: OpenRun): RunRecord["memory"] {
  const { edge, mover } = lease.tiers;
  const atEdge = edge?.session.welcome.memory ?? null;
  const { architecture } = plan.model.manifest;
  // A cut that moved took keys and values along: what the edge said of them was before.
  const gained =
    mover === null || plan.segments.edge === null
      ? 0
      : (plan.cut - mover.cut) * plan.capacity * kvBytesPerPosition(architecture);
  const device = resources.generator?.memory() ?? lease.tiers.memory();
  return { device, edge: atEdge && { ...atEdge, kvBytes: atEdge.kvBytes + gained } };
}

export function endingOf(thrown: unknown): Finish {
  const failure = failureOf(thrown, "run");
  return failure.code === "stopped" ? { kind: "stopped" } : { kind: "failed", failure };
}
