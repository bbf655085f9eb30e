/**
 * One run from a config to its record: resolve, load, generate, check. The record is always what
 * comes of it, with what there was by the time it finished, was stopped or failed.
 */
import type { RunConfig } from "#core/run/config.ts";
import { onlyInDistribution } from "#core/plan/verdict/drafting.ts";
import { factsOf } from "#core/strategies/table.ts";
import { failureOf } from "#core/run/failure.ts";
import type { Agreement, RunRecord } from "#core/run/record.ts";
import { checkAtEdge, checkOnDevice, inWords } from "../check/agreement.ts";
import { runWithCrowd, openCrowd } from "../crowd/crowd-run.ts";
import type { SessionPool } from "./pool/session-pool.ts";
import type { PlannedRun, RunContext, OpenRun } from "./run-context.ts";
import { qualityOf } from "../check/cooperation-quality.ts";
import { leaseKey, type Lease } from "./pool/lease.ts";
import { endingOf, Generation, taskOf } from "./generation.ts";
import { linkOf, setUp } from "./set-up.ts";
import type { CancelSignal } from "../ports.ts";
import { RecordBuilder } from "./record/record-builder.ts";
import { allShards, type RunPlan } from "./run-plan.ts";

/** `planAhead` is the planner above this, asked first; null where the config says all. Never rejects but for a bug in the record itself. */
export async function run(
  config: RunConfig,
  context: RunContext,
  planAhead: () => Promise<PlannedRun | null> = async () => null,
): Promise<RunRecord> {
  const startMs = context.world.clock.now();
  const builder = new RecordBuilder(config, context.world.facts());
  try {
    const planned = await planAhead();
    if (planned !== null) {
      builder.plan = planned.record;
      context.onEvent({ kind: "plan", plan: planned.record });
    }
    const openRun = await setUp(planned?.config ?? config, context, builder, planned === null ? "reserve" : "exact");
    await usingLease(openRun, context, async () => {
      const { plan, lease } = openRun;
      const crowd = await openCrowd({
        plan,
        lease,
        task: taskOf(openRun, context),
        world: context.world,
        access: context.options.access ?? null,
      });
      builder.finish = await runWithCrowd(
        crowd,
        context.signal,
        () => {
          const beginning = { startMs: crowd === null ? startMs : context.world.clock.now(), planned };
          return new Generation(openRun, context, builder, beginning).run();
        },
        (runs) => (builder.simulated = runs),
      );
      builder.agreement = await check(openRun, context, builder);
      if (builder.resolved !== null)
        builder.resolved = { ...builder.resolved, link: await linkOf(openRun.plan, openRun.resources) };
    });
  } catch (thrown) {
    builder.finish = endingOf(thrown);
  } finally {
    context.pool.detachRun();
    builder.outages.end(context.world.clock.now());
  }
  return builder.record(context.world.facts().hidden);
}

/** Tiers go back on lease after a run that came to its end, and are closed after one that did not. */
async function usingLease(
  { plan, resources, lease }: OpenRun,
  { pool, options }: RunContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    await lease.tiers.close();
    throw thrown;
  }
  if (options.sabotage === undefined && lease.sound)
    await pool.keep(leaseKey({ ...plan, cut: lease.tiers.mover?.cut ?? plan.cut }), lease, resources.host);
  else await lease.tiers.close();
}

/** Where the reference is computed depends on what may be told: under u-split nothing. */
async function check(
  { plan, lease }: OpenRun,
  { pool, options, onEvent, signal }: RunContext,
  builder: RecordBuilder,
): Promise<Agreement> {
  const { tokenIds, finish } = builder;
  const { checked, lossless } = factsOf(plan.config.mode);
  if (finish.kind === "stopped") return { kind: "unchecked", why: "the run was stopped" };
  if (options.check === false) return { kind: "unchecked", why: "this run was not to be checked" };
  if (tokenIds.length === 0) return { kind: "unchecked", why: "nothing was generated" };
  if (onlyInDistribution(plan))
    return {
      kind: "unchecked",
      why: `${plan.config.verify} is lossless in distribution: its text need not be the reference's`,
    };
  await probe(lease);
  onEvent({ kind: "progress", phase: "check", done: 0, total: tokenIds.length, unit: "tokens", fromCache: false });
  try {
    const { edge } = lease.tiers;
    const atEdge = edge !== null && checked === "edge";
    const judged = atEdge
      ? await checkAtEdge(edge, plan.promptIds, tokenIds, signal)
      : await checkHere(plan, tokenIds, pool, signal);
    const agreement = inWords(judged, plan.model.tokenizer);
    if (lossless === "lossy" && edge !== null) builder.quality = await qualityOf(agreement, edge, plan, signal);
    onEvent({ kind: "agreement", agreement });
    return agreement;
  } catch (thrown) {
    lease.sound = false;
    return { kind: "unchecked", why: `the reference could not be computed: ${failureOf(thrown, "check").code}` };
  }
}

/** Brings back the edge's own byte counts, for whoever looks at the frames. */
async function probe({ tiers }: Lease): Promise<void> {
  await tiers.edge?.session.ask({ kind: "ping", payload: new Uint8Array(0) }).catch(() => undefined); // the run is over: whether the edge still answers is the check's to say
}

async function checkHere(
  plan: RunPlan,
  tokenIds: readonly number[],
  pool: SessionPool,
  signal: CancelSignal,
): Promise<Agreement> {
  if (pool.loading !== null) {
    pool.loading.phase = "check"; // what the run itself did not need is fetched for its proof
    pool.loading.expect(allShards(plan.model.manifest));
  }
  return checkOnDevice(await pool.host(plan, signal), plan, tokenIds, signal);
}
