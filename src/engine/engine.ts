/**
 * The engine as its host sees it: runs one after the other over what it holds open in between.
 * The device worker makes one over the browser's world; tests and tools make one over Node's.
 */
import type { RunConfig } from "#core/run/config.ts";
import { fail, failureOf, ok, refuse, type Result } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { DeviceDescription } from "#core/run/tier-description.ts";
import type { RunChange, RunEvent, RunOptions, ScoredText, TextCandidates } from "#core/run/worker-api.ts";
import { candidatesOf } from "./check/candidates.ts";
import { plannedFor } from "./planning/auto.ts";
import { ChangeRequests } from "./run/change-requests.ts";
import { SessionPool } from "./run/pool/session-pool.ts";
import { leaseKey } from "./run/pool/lease.ts";
import type { CancelSignal } from "./ports.ts";
import { RecordBuilder } from "./run/record/record-builder.ts";
import { run } from "./run/run.ts";
import { setUp } from "./run/set-up.ts";
import type { RunContext } from "./run/run-context.ts";
import type { World } from "./run/world.ts";

export interface Engine {
  /** The record also when it was stopped or failed, with what there was. Waits for the run before it. */
  run(
    config: RunConfig,
    options: RunOptions,
    onEvent: (event: RunEvent) => void,
    signal: CancelSignal,
  ): Promise<RunRecord>;
  /** Opens all that the run would need, so that it starts warm. */
  prepare(
    config: RunConfig,
    onEvent: (event: RunEvent) => void,
    signal: CancelSignal,
    options?: Pick<RunOptions, "access">,
  ): Promise<Result<DeviceDescription>>;
  /** What might have been said in a text of before. Waits for the run before it. */
  candidates(
    text: ScoredText,
    onEvent: (event: RunEvent) => void,
    signal: CancelSignal,
    options?: Pick<RunOptions, "access">,
  ): Promise<Result<TextCandidates>>;
  /** Asks the run under way to change. False where nothing runs that can change so. */
  change(change: RunChange): boolean;
  /** Closes everything: sessions on both tiers, links, engines. */
  release(): Promise<void>;
}

export function createEngine(world: World): Engine {
  const pool = new SessionPool(world);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const changeRequests = new ChangeRequests();
  return {
    run: (config, options, onEvent, signal) =>
      inTurn(() => {
        const context = { world, pool, options, onEvent, signal, changeRequests };
        return run(config, context, () => plannedFor(config, context));
      }),
    change: (change) => changeRequests.ask(change),
    prepare: (config, onEvent, signal, options = {}) =>
      inTurn(() => prepare(config, { world, pool, options, onEvent, signal, changeRequests })),
    candidates: (text, onEvent, signal, options = {}) =>
      inTurn(() => candidatesOf(text, { world, pool, options, onEvent, signal })),
    release: () => inTurn(() => pool.close()),
  };
}

async function prepare(config: RunConfig, context: RunContext): Promise<Result<DeviceDescription>> {
  const builder = new RecordBuilder(config, context.world.facts());
  try {
    const planned = await plannedFor({ prompt: "Calibrate.", ...config }, context);
    const { plan, lease, resources } = await setUp(
      planned?.config ?? config,
      context,
      builder,
      planned === null ? "reserve" : "exact",
    );
    await context.pool.keep(leaseKey(plan), lease, resources.host);
    if (context.signal.aborted) fail({ code: "stopped" });
    return ok(builder.device);
  } catch (thrown) {
    return refuse(failureOf(thrown, "prepare"));
  } finally {
    context.pool.detachRun();
  }
}
