/**
 * Other clients for a run: this device answers once alone, which is recorded and counts nowhere;
 * then simulated devices repeat it on the same edge while the run itself is measured.
 */
import { fail } from "#core/run/failure.ts";
import type { ClientRun, Finish } from "#core/run/record.ts";
import { whenAborted } from "../cancellation.ts";
import type { CancelSignal } from "../ports.ts";
import type { Lease } from "../run/pool/lease.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { Task } from "../strategies/strategy.ts";
import { helloOf } from "../run/tiers.ts";
import type { World } from "../run/world.ts";
import type { Crowd } from "./crowd.ts";
import { ScriptRecorder, type Script } from "./script.ts";

interface Stand {
  readonly plan: RunPlan;
  readonly lease: Lease;
  readonly task: Task;
  readonly world: World;
  readonly access: string | null;
}

/** At work when it resolves; null where this device is the only client. Throws Failed as `Crowd.begun`. */
export async function openCrowd(stand: Stand): Promise<Crowd | null> {
  const {
    world,
    plan: { config, link },
  } = stand;
  if (config.clients === 1) return null;
  if (world.gather === undefined)
    return fail({
      code: "bad-value",
      key: "clients",
      value: String(config.clients),
      expected: "1: here no devices can be simulated",
    });
  const script = await rehearsed(stand);
  const crowd = world.gather(config.edge, { script, devices: config.clients - 1, link });
  const unsubscribe = whenAborted(stand.task.signal, () => void crowd.stop());
  try {
    await crowd.begun;
    return crowd;
  } catch (thrown) {
    await crowd.stop();
    throw thrown;
  } finally {
    unsubscribe();
  }
}

/** Runs beside the crowd, which is told to end only when the run is over; a run that did not get to its end leaves no figures of it. */
export async function runWithCrowd(
  crowd: Crowd | null,
  signal: CancelSignal,
  run: () => Promise<Finish>,
  measured: (runs: readonly ClientRun[]) => void,
): Promise<Finish> {
  if (crowd === null) return run();
  const unsubscribe = whenAborted(signal, () => void crowd.stop());
  try {
    const finish = await run();
    if (finish.kind !== "stopped") measured(await crowd.end());
    return finish;
  } finally {
    unsubscribe();
    await crowd.stop();
  }
}

/** The answer alone, from the first position, and the device's caches as they were before. */
async function rehearsed({ plan, lease, task, world, access }: Stand): Promise<Script> {
  const edge =
    lease.tiers.edge ??
    fail({ code: "internal", where: "crowd", what: `${plan.config.mode} has no session at the edge` });
  const segment =
    plan.segments.edge ?? fail({ code: "internal", where: "crowd", what: "the plan has no segment at the edge" });
  const recorder = new ScriptRecorder(edge, world.clock);
  let tokens = 0;
  for await (const event of lease.tiers.start(plan, task)) if (event.kind === "token") tokens++;
  lease.tiers.rewind(0);
  const script = recorder.end(helloOf(plan, segment, access), tokens);
  return (
    script ??
    fail({
      code: "session-lost",
      session: edge.session.welcome.session,
      why: "it was lost while what this device sends was recorded",
    })
  );
}
