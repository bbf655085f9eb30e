/**
 * The engine as its host sees it: runs one after the other over what it holds open in between.
 * The device worker makes one over the browser's world; tests and tools make one over Node's.
 */
import type { RunConfig } from "#core/run/config.ts";
import { fail, failureOf, ok, refuse, type Result } from "#core/run/failure.ts";
import type { DeviceDescription, RunRecord } from "#core/run/record.ts";
import type { RunChange, RunEvent, RunOptions } from "#core/run/worker-api.ts";
import { plannedFor } from "./planning/auto.ts";
import { RunWishes } from "./run/change-requests.ts";
import { Holdings } from "./run/resources.ts";
import { leaseKey } from "./run/lease.ts";
import type { CancelSignal } from "./ports.ts";
import { RecordDraft } from "./run/record-draft.ts";
import { run, setUp } from "./run/run.ts";
import type { Scene } from "./run/scene.ts";
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
  /** Asks the run under way to change. False where nothing runs that can change so. */
  change(change: RunChange): boolean;
  /** Closes everything: sessions on both tiers, links, engines. */
  release(): Promise<void>;
}

export function createEngine(world: World): Engine {
  const holdings = new Holdings(world);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const wishes = new RunWishes();
  return {
    run: (config, options, onEvent, signal) =>
      inTurn(() => {
        const scene = { world, holdings, options, onEvent, signal, wishes };
        return run(config, scene, () => plannedFor(config, scene));
      }),
    change: (change) => wishes.ask(change),
    prepare: (config, onEvent, signal, options = {}) =>
      inTurn(() => prepare(config, { world, holdings, options, onEvent, signal, wishes })),
    release: () => inTurn(() => holdings.close()),
  };
}

async function prepare(config: RunConfig, scene: Scene): Promise<Result<DeviceDescription>> {
  const draft = new RecordDraft(config, scene.world.facts());
  try {
    const planned = await plannedFor({ prompt: "Calibrate.", ...config }, scene);
    const { plan, lease, grounds } = await setUp(
      planned?.config ?? config,
      scene,
      draft,
      planned === null ? "roomy" : "exact",
    );
    await scene.holdings.keep(leaseKey(plan), lease, grounds.host);
    if (scene.signal.aborted) fail({ code: "stopped" });
    return ok(draft.device);
  } catch (thrown) {
    return refuse(failureOf(thrown, "prepare"));
  } finally {
    scene.holdings.rest();
  }
}
