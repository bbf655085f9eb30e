/**
 * From a config to a run whose tiers are open: what is planned, fetched, compiled and connected
 * before its first token. What was opened before something failed is closed.
 */
import type { RunConfig } from "#core/run/config.ts";
import { failureOf } from "#core/run/failure.ts";
import type { Resolved } from "#core/run/record.ts";
import type { InjectedFault } from "#core/run/record/injected-fault.ts";
import type { RunOptions } from "#core/run/worker-api.ts";
import { draftsByExit, factsOf } from "#core/strategies/table.ts";
import { linkSettingOf, patientAs } from "../link/link-setting.ts";
import { draftLimitOf } from "../strategies/drafting/draft-limit.ts";
import { mustBeBreakable } from "./fault-injection.ts";
import { leaseKey, sharedBeginning, type Lease } from "./pool/lease.ts";
import { Loading } from "./loading.ts";
import type { RecordBuilder } from "./record/record-builder.ts";
import type { OpenRun, RunContext } from "./run-context.ts";
import { planRun, type RunPlan } from "./run-plan.ts";
import { openTiers, type Resources } from "./tiers.ts";

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
  const loading = beginLoading(context, builder);
  const plan = await planFor(config, context, capacity);
  builder.modelRevision = plan.model.manifest.revision;
  if (context.options.sabotage !== undefined) mustBeBreakable(context.options.sabotage, config.mode);
  loading.expect(plan.deviceShards);
  const resources = await openResources(plan, context);
  const lease = await openLease(plan, resources, context, builder);
  try {
    const reusedPositions = reusable(plan, context.options) ? sharedBeginning(lease.ids, plan.promptIds) : 0;
    lease.tiers.rewind(reusedPositions);
    const opened = { plan, resources, lease, reusedPositions };
    builder.downloads = loading.downloads();
    context.onEvent({ kind: "resolved", resolved: await describe(opened, builder) });
    return opened;
  } catch (thrown) {
    await lease.tiers.close();
    throw thrown;
  }
}

/** From here on shards are fetched, and the link heard, on this run's behalf. */
function beginLoading({ world, pool, onEvent, signal }: RunContext, builder: RecordBuilder): Loading {
  const startMs = world.clock.now();
  pool.onNotice = (notice) => {
    if (notice.kind === "link") builder.outages.hear(notice, builder.tokens.length);
    else builder.frames.hear(notice.frame);
    onEvent(
      notice.kind === "link"
        ? notice
        : { kind: "frame", frame: { ...notice.frame, atMs: notice.frame.atMs - startMs } },
    );
  };
  pool.loading = new Loading(world.clock, onEvent, signal);
  return pool.loading;
}

const planFor = async (
  config: RunConfig,
  { world, pool, signal }: RunContext,
  capacity: "reserve" | "exact",
): Promise<RunPlan> =>
  planRun(
    config,
    await pool.model(config, signal),
    await pool.draft(config, signal),
    await linkSettingOf(config, world, signal),
    capacity,
  );

async function openResources(plan: RunPlan, { pool, options, onEvent, signal }: RunContext): Promise<Resources> {
  const progress = { kind: "progress", done: 0, unit: "blocks", fromCache: false } as const;
  onEvent({ ...progress, phase: "engine", total: 1 });
  const resources = await pool.resources(plan, signal);
  await resources.link?.shape(patientAs(options, plan.link));
  onEvent({ ...progress, phase: "compile", total: plan.segments.device.length + plan.segments.beside.length });
  return resources;
}

/** What the record says of the tiers once they are open. */
async function describe(opened: OpenRun, builder: RecordBuilder): Promise<Resolved> {
  const { plan, resources, lease, reusedPositions } = opened;
  builder.device = resources.host?.runtime ?? resources.generator?.description ?? builder.device;
  builder.edge = lease.tiers.edge?.session.welcome.edge ?? null;
  const resolved = {
    ...(await resolvedOf(plan, resources, builder, reusedPositions)),
    ...draftLimitOf(plan, lease.tiers.edge),
  };
  builder.resolved = resolved;
  return resolved;
}

/** A fault put in on purpose must not outlive its run: such tiers are opened for it alone. */
async function openLease(
  plan: RunPlan,
  resources: Resources,
  { pool, options, signal, onEvent }: RunContext,
  builder: RecordBuilder,
): Promise<Lease> {
  const held = options.sabotage === undefined ? pool.leases.take(leaseKey(plan)) : null;
  if (held !== null) return held;
  if (plan.segments.edge !== null)
    onEvent({ kind: "progress", phase: "connect", done: 0, total: 1, unit: "blocks", fromCache: false });
  const onFault = (fault: InjectedFault): void => void (builder.fault = fault);
  return { tiers: await openTiers(plan, resources, { ...options, onFault }, signal), ids: [], sound: true };
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
export async function linkOf({ link: { name, figures } }: RunPlan, { link }: Resources): Promise<Resolved["link"]> {
  return { name, figures, ...((await link?.report()) ?? { met: null, realRttMs: null }) };
}
