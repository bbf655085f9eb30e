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
import { amid, gathered } from "../crowd/gathered.ts";
import type { Holdings } from "./resources.ts";
import type { Planned, Scene, Stage } from "./scene.ts";
import { linkSettingOf } from "../link/link-setting.ts";
import { qualityOf } from "../check/cooperation-quality.ts";
import { leaseKey, sharedBeginning, type Lease } from "./lease.ts";
import { Loading } from "./loading.ts";
import type { CancelSignal } from "../ports.ts";
import { RecordDraft } from "./record-draft.ts";
import { allShards, planRun, type RunPlan } from "./run-plan.ts";
import { mustBeBreakable } from "./fault-injection.ts";
import type { Task } from "../strategies/strategy.ts";
import { StreamingText } from "./streaming-text.ts";
import { RunChanges } from "./run-changes.ts";
import { draftLimitOf } from "../strategies/draft-limit.ts";
import { openTiers, type Grounds } from "./tiers.ts";
import { TokenTimeline } from "./token-timing.ts";

/** `planAhead` is the planner above this, asked first; null where the config says all. Never rejects but for a bug in the record itself. */
export async function run(
  config: RunConfig,
  scene: Scene,
  planAhead: () => Promise<Planned | null> = async () => null,
): Promise<RunRecord> {
  const startMs = scene.world.clock.now();
  const draft = new RecordDraft(config, scene.world.facts());
  try {
    const planned = await planAhead();
    if (planned !== null) {
      draft.plan = planned.record;
      scene.onEvent({ kind: "plan", plan: planned.record });
    }
    const stage = await setUp(planned?.config ?? config, scene, draft, planned === null ? "roomy" : "exact");
    await usingLease(stage, scene, async () => {
      const { plan, lease } = stage;
      const crowd = await gathered({
        plan,
        lease,
        task: taskOf(stage, scene),
        world: scene.world,
        access: scene.options.access ?? null,
      });
      draft.finish = await amid(
        crowd,
        scene.signal,
        () => generate(stage, scene, draft, { startMs: crowd === null ? startMs : scene.world.clock.now(), planned }),
        (runs) => (draft.simulated = runs),
      );
      draft.agreement = await check(stage, scene, draft);
      if (draft.resolved !== null)
        draft.resolved = { ...draft.resolved, link: await linkOf(stage.plan, stage.grounds) };
    });
  } catch (thrown) {
    draft.finish = endingOf(thrown);
  } finally {
    scene.holdings.rest();
  }
  return draft.record(scene.world.facts().hidden);
}

/**
 * Resolves the config, opens what it needs, and goes on from what the caches already hold. An edge
 * that was restarted with other weights is asked once more what its models are.
 */
export async function setUp(
  config: RunConfig,
  scene: Scene,
  draft: RecordDraft,
  capacity: "roomy" | "exact" = "roomy",
): Promise<Stage> {
  try {
    return await setUpOnce(config, scene, draft, capacity);
  } catch (thrown) {
    if (failureOf(thrown, "setUp").code !== "manifest-mismatch") throw thrown;
    await scene.holdings.forgetModels(config);
    return await setUpOnce(config, scene, draft, capacity);
  }
}

async function setUpOnce(
  config: RunConfig,
  scene: Scene,
  draft: RecordDraft,
  capacity: "roomy" | "exact",
): Promise<Stage> {
  const { world, holdings, options, onEvent, signal } = scene;
  const startMs = world.clock.now();
  holdings.onNotice = (notice) =>
    onEvent(
      notice.kind === "link"
        ? notice
        : { kind: "frame", frame: { ...notice.frame, atMs: notice.frame.atMs - startMs } },
    );
  const loading = new Loading(world.clock, onEvent, signal);
  holdings.loading = loading;
  const plan = planRun(
    config,
    await holdings.model(config, signal),
    await holdings.draft(config, signal),
    await linkSettingOf(config, world, signal),
    capacity,
  );
  draft.modelRevision = plan.model.manifest.revision;
  if (options.sabotage !== undefined) mustBeBreakable(options.sabotage, config.mode);
  loading.expect(plan.deviceShards);
  onEvent({ kind: "progress", phase: "engine", done: 0, total: 1, unit: "blocks", fromCache: false });
  const grounds = await holdings.grounds(plan, signal);
  await grounds.link?.shape(plan.link);
  onEvent({
    kind: "progress",
    phase: "compile",
    done: 0,
    total: plan.segments.device.length + plan.segments.beside.length,
    unit: "blocks",
    fromCache: false,
  });
  const lease = await openLease(plan, grounds, scene);
  try {
    const reusedPositions = reusable(plan, options) ? sharedBeginning(lease.ids, plan.promptIds) : 0;
    lease.tiers.rewind(reusedPositions);
    draft.downloads = loading.downloads();
    draft.device = grounds.host?.runtime ?? grounds.generator?.description ?? draft.device;
    draft.edge = lease.tiers.edge?.session.welcome.edge ?? null;
    draft.resolved = {
      ...(await resolvedOf(plan, grounds, draft, reusedPositions)),
      ...draftLimitOf(plan, lease.tiers.edge),
    };
    onEvent({ kind: "resolved", resolved: draft.resolved });
    return { plan, grounds, lease, reusedPositions };
  } catch (thrown) {
    await lease.tiers.close();
    throw thrown;
  }
}

/** A fault put in on purpose must not outlive its run: such tiers are opened for it alone. */
async function openLease(
  plan: RunPlan,
  grounds: Grounds,
  { holdings, options, signal, onEvent }: Scene,
): Promise<Lease> {
  const held = options.sabotage === undefined ? holdings.leases.take(leaseKey(plan)) : null;
  if (held !== null) return held;
  if (plan.segments.edge !== null)
    onEvent({ kind: "progress", phase: "connect", done: 0, total: 1, unit: "blocks", fromCache: false });
  return { tiers: await openTiers(plan, grounds, options, signal), ids: [], sound: true };
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
  grounds: Grounds,
  { device }: RecordDraft,
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
    edge: grounds.link?.url ?? null,
    link: await linkOf(plan, grounds),
    promptIds,
    reusedPositions,
  };
}

/** The real link is measured while the run begins: at its end more is known. */
async function linkOf({ link: { name, figures } }: RunPlan, { link }: Grounds): Promise<Resolved["link"]> {
  return { name, figures, ...((await link?.report()) ?? { met: null, realRttMs: null }) };
}

/** Tiers go back on lease after a run that came to its end, and are closed after one that did not. */
async function usingLease(
  { plan, grounds, lease }: Stage,
  { holdings, options }: Scene,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    await lease.tiers.close();
    throw thrown;
  }
  if (options.sabotage === undefined && lease.sound)
    await holdings.keep(leaseKey({ ...plan, cut: lease.tiers.mover?.cut ?? plan.cut }), lease, grounds.host);
  else await lease.tiers.close();
}

/** Drives the strategy; a stop in between keeps the caches as good as they are. */
async function generate(
  stage: Stage,
  scene: Scene,
  draft: RecordDraft,
  { startMs, planned }: { readonly startMs: number; readonly planned: Planned | null },
): Promise<Finish> {
  const { world, onEvent } = scene;
  const { plan, lease, reusedPositions } = stage;
  const { tokenizer, manifest } = plan.model;
  const changes = new RunChanges(stage, scene, draft, { startMs, planned });
  const text = new StreamingText(tokenizer, manifest.stopIds);
  const timeline = new TokenTimeline(startMs);
  const strategy = lease.tiers.start(plan, taskOf(stage, scene));
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
      if (event.kind === "log-probs") draft.scored(event.values, event.favourites);
      else if (event.kind === "round") onEvent({ kind: "round", round: draft.round(event.round, startMs) });
      else if (event.kind === "replaying") {
        held = { ids: [], tokens: 0 };
        onEvent({ kind: "link", state: "replaying", why: event.failure.code });
        if (draft.resolved !== null && draft.tokens.length === 0)
          draft.resolved = { ...draft.resolved, reusedPositions: 0 };
      } else {
        held = { ids: plan.promptIds, tokens: draft.tokens.length }; // what came before this token is in the caches
        const token = draft.token(event, text.push(event.id), timeline.next(event.timing, world.clock.now()));
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
    lease.ids = [...held.ids, ...draft.tokenIds.slice(0, held.tokens)];
    draft.flush(text);
    draft.downloads = scene.holdings.loading?.downloads() ?? draft.downloads; // a cut that moved may have fetched more
    draft.memory = memoryOf(stage);
  }
}

function taskOf({ plan, reusedPositions }: Stage, { world, holdings, options, signal }: Scene): Task {
  const { promptIds, capacity, sampling, config, model } = plan;
  const experience = options.fresh === true ? [] : holdings.experience.of(plan);
  return {
    promptIds,
    reusedPositions,
    maxTokens: config.maxTokens,
    capacity,
    kvCache: config.kvCache,
    sampling,
    stopIds: config.endless ? [] : model.manifest.stopIds,
    experience,
    clock: world.clock,
    signal,
  };
}

function memoryOf({ plan, grounds, lease }: Stage): RunRecord["memory"] {
  const { edge, mover } = lease.tiers;
  const atEdge = edge?.session.welcome.memory ?? null;
  const { architecture } = plan.model.manifest;
  // A cut that moved took keys and values along: what the edge said of them was before.
  const gained =
    mover === null || plan.segments.edge === null
      ? 0
      : (plan.cut - mover.cut) * plan.capacity * kvBytesPerPosition(architecture);
  const device = grounds.host?.memory() ?? grounds.generator?.memory() ?? { weightBytes: 0, kvBytes: 0 };
  return { device, edge: atEdge && { ...atEdge, kvBytes: atEdge.kvBytes + gained } };
}

/** Where the reference is computed depends on what may be told: under u-split nothing. */
async function check(
  { plan, lease }: Stage,
  { holdings, options, onEvent, signal }: Scene,
  draft: RecordDraft,
): Promise<Agreement> {
  const { tokenIds, finish } = draft;
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
      : await checkHere(plan, tokenIds, holdings, signal);
    if (lossless === "lossy" && edge !== null) draft.quality = await qualityOf(agreement, edge, plan, signal);
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
  holdings: Holdings,
  signal: CancelSignal,
): Promise<Agreement> {
  if (holdings.loading !== null) {
    holdings.loading.phase = "check"; // what the run itself did not need is fetched for its proof
    holdings.loading.expect(allShards(plan.model.manifest));
  }
  return checkOnDevice(await holdings.host(plan, signal), plan, tokenIds, signal);
}

function endingOf(thrown: unknown): Finish {
  const failure = failureOf(thrown, "run");
  return failure.code === "stopped" ? { kind: "stopped" } : { kind: "failed", failure };
}
