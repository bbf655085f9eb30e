/**
 * The tiers of one run, opened together and closed together: sessions on the device, a session at
 * the edge, and the strategy that joins them. What was opened before something failed is closed.
 */
import type { Segment } from "#core/model/architecture.ts";
import { factsOf } from "#core/strategies/table.ts";
import { pluginsBehind } from "#core/plugin/plugins.ts";
import { BUILD } from "#core/run/build.ts";
import type { Sabotage } from "#core/run/worker-api.ts";
import { WIRE_VERSION, type Hello } from "#wire/messages.ts";
import type { CancelSignal, EdgeSession, ModelHost, SegmentSession } from "../ports.ts";
import { CutMover } from "../migration/cut-mover.ts";
import { MovableSegment } from "../migration/movable-segment.ts";
import { stopsBehind } from "./path-stops.ts";
import type { TierMemory } from "#core/run/tier-description.ts";
import type { RunPlan } from "./run-plan.ts";
import { breakDevice, breakEdge, type FaultListener } from "./fault-injection.ts";
import { EdgeTier } from "../strategies/tiers/edge-tier.ts";
import type { Strategy, Task } from "../strategies/strategy.ts";
import { needed, startStrategy } from "../strategies/table.ts";
import type { WholeModelGenerator } from "./world.ts";
import type { EdgeLink } from "../link/edge-link.ts";

export interface OpenTiers {
  /** `plan` may differ from the one they were opened for in what the lease's key leaves out. */
  readonly start: (plan: RunPlan, task: Task) => Strategy;
  readonly edge: EdgeTier | null;
  /** Null where the cut cannot move. */
  readonly mover: CutMover | null;
  /** Back to the first `positions`, on every tier of this device; the edge is told by the next step's position. */
  rewind(positions: number): void;
  /** Of this device, for these tiers: what earlier runs left open is not counted. */
  memory(): TierMemory;
  close(): Promise<void>;
}

/** What tiers are opened on; each is null where the mode has no use for it. */
export interface Resources {
  readonly host: ModelHost | null;
  readonly link: EdgeLink | null;
  readonly generator: WholeModelGenerator | null;
}

export interface TierOptions {
  /** A fault to put in. */
  readonly sabotage?: Sabotage | null;
  readonly onFault?: FaultListener;
  /** What lets the device in at the edge. */
  readonly access?: string | null;
}

export async function openTiers(
  plan: RunPlan,
  resources: Resources,
  { sabotage = null, access = null, onFault = () => undefined }: TierOptions,
  signal: CancelSignal,
): Promise<OpenTiers> {
  const devices = openDevices(plan, resources.host, { sabotage, onFault }, signal);
  const edge = openEdge(plan, resources.link, { sabotage, access, onFault }, signal);
  const [opened, joined] = await Promise.allSettled([devices, edge]);
  const { hops, beside } = opened.status === "fulfilled" ? opened.value : { hops: [], beside: null };
  const sessions = beside === null ? hops : [...hops, beside];
  const tier = joined.status === "fulfilled" ? joined.value.tier : null;
  const close = async (): Promise<void> =>
    void (await Promise.all([...sessions.map((session) => session.close()), tier?.close()]));
  if (opened.status === "rejected" || joined.status === "rejected") {
    await close();
    throw opened.status === "rejected" ? opened.reason : joined.status === "rejected" ? joined.reason : null;
  }
  const rewind = (positions: number): void =>
    sessions.forEach((session) => session.rewind(Math.min(positions, session.position))); // a draft may be a token behind
  const memory = (): TierMemory =>
    sessions
      .map((session) => session.memory())
      .reduce(
        (sum, { weightBytes, kvBytes }) => ({
          weightBytes: sum.weightBytes + weightBytes,
          kvBytes: sum.kvBytes + kvBytes,
        }),
        { weightBytes: 0, kvBytes: 0 },
      );
  const mover = tier === null ? null : moverOf(plan, resources.host, hops[0], tier, joined.value.onMoved);
  return {
    start: (now, task) => startStrategy({ plan: now, task, hops, beside, edge: tier, generator: resources.generator }),
    edge: tier,
    mover,
    rewind,
    memory,
    close,
  };
}

function moverOf(
  { config, codec, segments, path }: RunPlan,
  host: ModelHost | null,
  front: SegmentSession | undefined,
  edge: EdgeTier,
  onMoved: (cut: number) => void,
): CutMover | null {
  if (host === null || segments.edge === null || !(front instanceof MovableSegment) || !config.kvCache) return null;
  if (stopsBehind(path).length > 0) return null; // how the hops behind take a move is not settled
  return new CutMover({ host, front, edge, codec, end: segments.edge.to, onMoved });
}

interface DeviceSessions {
  readonly hops: readonly SegmentSession[];
  readonly beside: SegmentSession | null;
}

/** None where somebody else's engine holds the model. What was opened before one failed is closed. */
async function openDevices(
  plan: RunPlan,
  host: ModelHost | null,
  { sabotage, onFault }: Required<Omit<TierOptions, "access">>,
  signal: CancelSignal,
): Promise<DeviceSessions> {
  const { segments, capacity, config } = plan;
  const { needs, movable } = factsOf(config.mode);
  if (!needs.host) return { hops: [], beside: null };
  const opened: SegmentSession[] = [];
  const open = async (segment: Segment): Promise<SegmentSession> => {
    const session = await needed(host, config.mode).open(segment, { capacity, kvCache: config.kvCache }, signal);
    const lags = sabotage?.kind === "rewind-short" && segments.edge === null;
    opened.push(lags ? breakDevice(session, sabotage, onFault) : session);
    return opened.at(-1) ?? session;
  };
  try {
    const hops: SegmentSession[] = [];
    for (const segment of segments.device) hops.push(await open(segment));
    const [draft] = segments.beside;
    const beside = draft === undefined ? null : await open(draft);
    const [front, ...rest] = hops;
    return { hops: front !== undefined && movable ? [new MovableSegment(front), ...rest] : hops, beside };
  } catch (thrown) {
    await Promise.all(opened.map((session) => session.close()));
    throw thrown;
  }
}

async function openEdge(
  plan: RunPlan,
  link: EdgeLink | null,
  { sabotage, access, onFault }: Required<TierOptions>,
  signal: CancelSignal,
): Promise<JoinedEdge> {
  const { edge } = plan.segments;
  if (edge === null) return { tier: null, onMoved: () => undefined };
  const way = needed(link, plan.config.mode);
  let segment = edge;
  const open = async (stop: CancelSignal): Promise<EdgeSession> => {
    const session = await way.open(helloOf(plan, segment, access), stop);
    const { codec, model } = plan;
    return sabotage === null
      ? session
      : breakEdge(session, sabotage, { codec, width: model.manifest.architecture.hidden }, onFault);
  };
  const onMoved = (cut: number): void => {
    segment = { ...segment, from: cut };
  };
  return { tier: new EdgeTier(await open(signal), open), onMoved };
}

interface JoinedEdge {
  readonly tier: EdgeTier | null;
  /** A session that has to be opened anew begins where the cut is by then. */
  readonly onMoved: (cut: number) => void;
}

/** What opens this plan's session at the edge. */
export function helloOf(
  { config, model, draft, capacity, codec, edgeSampling, path }: RunPlan,
  segment: Hello["segment"],
  access: string | null,
): Hello {
  const { drafts } = factsOf(config.mode);
  const verify = drafts === null ? null : drafts.judged === "windows" ? config.verify : "coupled";
  const atEdge =
    drafts?.where === "edge" && draft !== null
      ? { model: draft.manifest.name, revision: draft.manifest.revision, length: config.draftLength }
      : null;
  const plugins = pluginsBehind({ codec: codec.name, verify, draftLength: atEdge?.length ?? null });
  const onward = stopsBehind(path);
  return {
    kind: "hello",
    wire: WIRE_VERSION,
    build: BUILD.id,
    model: model.manifest.name,
    revision: model.manifest.revision,
    segment,
    codec: codec.name,
    capacity,
    kvCache: config.kvCache,
    sampling: edgeSampling,
    edgeLoad: config.edgeLoad,
    verify,
    draft: atEdge,
    ...(plugins.length === 0 ? {} : { plugins }),
    ...(onward.length === 0 ? {} : { onward }),
    access,
    resume: null,
  };
}
