/**
 * One run from a config to its record: resolve, load, generate, check. The record is always what
 * comes of it, with what there was by the time it finished, was stopped or failed.
 */
import type { RunConfig } from "#core/run/config.ts";
import { onlyInDistribution } from "#core/plan/drafting.ts";
import { draftsByExit, factsOf } from "#core/strategies/table.ts";
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { failureOf } from "#core/run/failure.ts";
import type { Agreement, Finish, Resolved, RunRecord } from "#core/run/record.ts";
import type { RunOptions } from "#core/run/worker-api.ts";
import { checkAtEdge, checkOnDevice } from "../check/agreement.ts";
import { runWithCrowd, openCrowd } from "../crowd/crowd-run.ts";
import type { SessionPool } from "./session-pool.ts";
import type { PlannedRun, RunContext, OpenRun } from "./run-context.ts";
import { linkSettingOf } from "../link/link-setting.ts";
import { qualityOf } from "../check/cooperation-quality.ts";
import { leaseKey, sharedBeginning, type Lease } from "./lease.ts";
import { Loading } from "./loading.ts";
import type { CancelSignal } from "../ports.ts";
import { RecordBuilder } from "./record-builder.ts";
import { allShards, planRun, type RunPlan } from "./run-plan.ts";
import { mustBeBreakable } from "./fault-injection.ts";
import type { Task } from "../strategies/strategy.ts";
import { StreamingText } from "./streaming-text.ts";
import { RunChanges } from "./run-changes.ts";
import { draftLimitOf } from "../strategies/draft-limit.ts";
import { openTiers, type Resources } from "./tiers.ts";
import { TokenTimeline } from "./token-timing.ts";

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
        () =>
          generate(openRun, context, builder, {
            startMs: crowd === null ? startMs : context.world.clock.now(),
            planned,
          }),
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
  }
  return builder.record(context.world.facts().hidden);
}

/**
 * Resolves the config, opens what it needs, and goes on from what the caches already hold. An edge
 * that was restarted with other weights is asked once more what its models are.
 */
export async function setUp(
  config: RunConfig,
  context: RunContext,
  builder: RecordBuilder,
  capacity: "reserve" | "exact" = "reserve",
): Promise<OpenRun> {
  try {
    return await setUpOnce(config, context, builder, capacity);
  } catch (thrown) {
    if (failureOf(thrown, "setUp").code !== "manifest-mismatch") throw thrown;
    await context.pool.forgetModels(config);
    return await setUpOnce(config, context, builder, capacity);
  }
}

async function setUpOnce(
  config: RunConfig,
  context: RunContext,
  builder: RecordBuilder,
  capacity: "reserve" | "exact",
): Promise<OpenRun> {
  const { world, pool, options, onEvent, signal } = context;
  const startMs = world.clock.now();
  pool.onNotice = (notice) =>
    onEvent(
      notice.kind === "link"
        ? notice
        : { kind: "frame", frame: { ...notice.frame, atMs: notice.frame.atMs - startMs } },
    );
  const loading = new Loading(world.clock, onEvent, signal);
  pool.loading = loading;
  const plan = planRun(
    config,
    await pool.model(config, signal),
    await pool.draft(config, signal),
    await linkSettingOf(config, world, signal),
    capacity,
  );
  builder.modelRevision = plan.model.manifest.revision;
  if (options.sabotage !== undefined) mustBeBreakable(options.sabotage, config.mode);
  loading.expect(plan.deviceShards);
  onEvent({ kind: "progress", phase: "engine", done: 0, total: 1, unit: "blocks", fromCache: false });
  const resources = await pool.resources(plan, signal);
  await resources.link?.shape(plan.link);
  onEvent({
    kind: "progress",
    phase: "compile",
    done: 0,
    total: plan.segments.device.length + plan.segments.beside.length,
    unit: "blocks",
    fromCache: false,
  });
  const lease = await openLease(plan, resources, context);
  try {
    const reusedPositions = reusable(plan, options) ? sharedBeginning(lease.ids, plan.promptIds) : 0;
    lease.tiers.rewind(reusedPositions);
    builder.downloads = loading.downloads();
    builder.device = resources.host?.runtime ?? resources.generator?.description ?? builder.device;
    builder.edge = lease.tiers.edge?.session.welcome.edge ?? null;
    builder.resolved = {
      ...(await resolvedOf(plan, resources, builder, reusedPositions)),
      ...draftLimitOf(plan, lease.tiers.edge),
    };
    onEvent({ kind: "resolved", resolved: builder.resolved });
    return { plan, resources, lease, reusedPositions };
  } catch (thrown) {
    await lease.tiers.close();
    throw thrown;
  }
}

/** A fault put in on purpose must not outlive its run: such tiers are opened for it alone. */
async function openLease(
  plan: RunPlan,
  resources: Resources,
  { pool, options, signal, onEvent }: RunContext,
): Promise<Lease> {
  const held = options.sabotage === undefined ? pool.leases.take(leaseKey(plan)) : null;
  if (held !== null) return held;
  if (plan.segments.edge !== null)
    onEvent({ kind: "progress", phase: "connect", done: 0, total: 1, unit: "blocks", fromCache: false });
  return { tiers: await openTiers(plan, resources, options, signal), ids: [], sound: true };
}

/** Only a conversation goes on from its caches: a prompt by itself is computed whole, each time. */
const reusable = ({ config }: RunPlan, options: RunOptions): boolean =>
  config.kvCache &&
  factsOf(config.mode).reusable &&
  config.clients === 1 &&
  options.fresh !== true &&
  (config.messages?.length ?? 0) > 1;

async function resolvedOf(
  plan: RunPlan,
  resources: Resources,
  { device }: RecordBuilder,
  reusedPositions: number,
): Promise<Resolved> {
  const { config, cut, tail, exit, capacity, promptIds, model } = plan;
  return {
    mode: config.mode,
    blocks: model.manifest.architecture.blocks,
    cut,
    tail,
    ...(draftsByExit(config.mode)
      ? { exit: exit === null ? { kind: "own" as const, depth: cut } : { kind: "trained" as const, depth: exit } }
      : {}),
    capacity,
    device: `${device.runtime} ${device.backend}`,
    edge: resources.link?.url ?? null,
    link: await linkOf(plan, resources),
    promptIds,
    reusedPositions,
  };
}

/** The real link is measured while the run begins: at its end more is known. */
async function linkOf({ link: { name, figures } }: RunPlan, { link }: Resources): Promise<Resolved["link"]> {
  return { name, figures, ...((await link?.report()) ?? { met: null, realRttMs: null }) };
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

/** Drives the strategy; a stop in between keeps the caches as good as they are. */
async function generate(
  openRun: OpenRun,
  context: RunContext,
  builder: RecordBuilder,
  { startMs, planned }: { readonly startMs: number; readonly planned: PlannedRun | null },
): Promise<Finish> {
  const { world, onEvent } = context;
  const { plan, lease, reusedPositions } = openRun;
  const { tokenizer, manifest } = plan.model;
  const changes = new RunChanges(openRun, context, builder, { startMs, planned });
  const text = new StreamingText(tokenizer, manifest.stopIds);
  const timeline = new TokenTimeline(startMs);
  const strategy = lease.tiers.start(plan, taskOf(openRun, context));
  let held: { readonly ids: readonly number[]; readonly tokens: number } = {
    ids: plan.promptIds.slice(0, reusedPositions),
    tokens: 0,
  };
  onEvent({
    kind: "progress",
    phase: "prefill",
    done: 0,
    total: plan.promptIds.length - reusedPositions,
    unit: "tokens",
    fromCache: false,
  });
  try {
    for (let next = await strategy.next(); ; next = await strategy.next()) {
      if (next.done === true) return next.value;
      const event = next.value;
      if (event.kind === "log-probs") builder.scored(event.values, event.favourites);
      else if (event.kind === "round") onEvent({ kind: "round", round: builder.round(event.round, startMs) });
      else if (event.kind === "replaying") {
        held = { ids: [], tokens: 0 };
        onEvent({ kind: "link", state: "replaying", why: event.failure.code });
        if (builder.resolved !== null && builder.tokens.length === 0)
          builder.resolved = { ...builder.resolved, reusedPositions: 0 };
      } else {
        held = { ids: plan.promptIds, tokens: builder.tokens.length }; // what came before this token is in the caches
        const token = builder.token(event, text.push(event.id), timeline.next(event.timing, world.clock.now()));
        onEvent({ kind: "token", token });
        await changes.behindToken();
      }
    }
  } catch (thrown) {
    const ending = endingOf(thrown);
    if (ending.kind !== "stopped") throw thrown;
    return ending;
  } finally {
    await changes.end();
    lease.ids = [...held.ids, ...builder.tokenIds.slice(0, held.tokens)];
    builder.flush(text);
    builder.downloads = context.pool.loading?.downloads() ?? builder.downloads; // a cut that moved may have fetched more
    builder.memory = memoryOf(openRun);
  }
}

function taskOf({ plan, reusedPositions }: OpenRun, { world, pool, options, signal }: RunContext): Task {
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
  const device = resources.host?.memory() ?? resources.generator?.memory() ?? { weightBytes: 0, kvBytes: 0 };
  return { device, edge: atEdge && { ...atEdge, kvBytes: atEdge.kvBytes + gained } };
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
    const agreement = atEdge
      ? await checkAtEdge(edge, plan.promptIds, tokenIds, signal)
      : await checkHere(plan, tokenIds, pool, signal);
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

function endingOf(thrown: unknown): Finish {
  const failure = failureOf(thrown, "run");
  return failure.code === "stopped" ? { kind: "stopped" } : { kind: "failed", failure };
}
