/**
 * The tiers of one run, opened together and closed together: sessions on the device, a session at
 * the edge, and the strategy that joins them. What was opened before something failed is closed.
 */
import { fail, unwrap } from "#core/run/failure.ts";
import { DRAFTING_MODES, MOVABLE_MODES, type Mode } from "#core/run/config.ts";
import { pluginsBehind } from "#core/plugin/plugins.ts";
import { LONGEST } from "#core/speculation/policies/policy.ts";
import { policyNamed } from "#core/speculation/policies/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import { BUILD } from "#core/run/build.ts";
import type { Resolved } from "#core/run/record.ts";
import type { Sabotage } from "#core/run/worker-api.ts";
import { WIRE_VERSION, type Hello } from "#wire/messages.ts";
import type { CancelSignal, EdgeSession, ModelHost, SegmentSession } from "../ports.ts";
import { CutMover } from "../migration/cut-mover.ts";
import { MovableSegment } from "../migration/movable-segment.ts";
import { stopsBehind } from "./path-of-tiers.ts";
import type { RunPlan } from "./run-plan.ts";
import { breakDevice, breakEdge } from "./fault-injection.ts";
import { baseline } from "../strategies/baseline.ts";
import { deviceOnly } from "../strategies/device-only.ts";
import { edgeOnly } from "../strategies/edge-only.ts";
import { EdgeTier } from "../strategies/edge-tier.ts";
import { colocated } from "../strategies/colocated.ts";
import { cooperative } from "../strategies/cooperative.ts";
import { EarlyExit } from "../strategies/early-exit.ts";
import { DraftModel } from "../strategies/drafter.ts";
import { score } from "../strategies/score.ts";
import { speculative } from "../strategies/speculative.ts";
import { split } from "../strategies/split.ts";
import type { Strategy, Task } from "../strategies/strategy.ts";
import { mostDrafted, type WindowBytes } from "../strategies/window-size.ts";
import { uSplit } from "../strategies/u-split.ts";
import type { EdgeLink, WholeModelGenerator } from "./world.ts";

export interface Tiers {
  /** `plan` may differ from the one they were opened for in what the lease's key leaves out. */
  readonly start: (plan: RunPlan, task: Task) => Strategy;
  readonly edge: EdgeTier | null;
  /** Null where the cut cannot move. */
  readonly mover: CutMover | null;
  /** Back to the first `positions`, on every tier of this device; the edge is told by the next step's position. */
  rewind(positions: number): void;
  close(): Promise<void>;
}

/** What tiers are opened on; each is null where the mode has no use for it. */
export interface Grounds {
  readonly host: ModelHost | null;
  readonly link: EdgeLink | null;
  readonly generator: WholeModelGenerator | null;
}

export interface TierOptions {
  /** A fault to put in. */
  readonly sabotage?: Sabotage | null;
  /** What lets the device in at the edge. */
  readonly access?: string | null;
}

export async function openTiers(
  plan: RunPlan,
  grounds: Grounds,
  { sabotage = null, access = null }: TierOptions,
  signal: CancelSignal,
): Promise<Tiers> {
  const devices = openDevices(plan, grounds.host, sabotage, signal);
  const edge = openEdge(plan, grounds.link, { sabotage, access }, signal);
  const [opened, joined] = await Promise.allSettled([devices, edge]);
  const sessions = opened.status === "fulfilled" ? opened.value : [];
  const tier = joined.status === "fulfilled" ? joined.value.tier : null;
  const close = async (): Promise<void> =>
    void (await Promise.all([...sessions.map((session) => session.close()), tier?.close()]));
  if (opened.status === "rejected" || joined.status === "rejected") {
    await close();
    throw opened.status === "rejected" ? opened.reason : joined.status === "rejected" ? joined.reason : null;
  }
  const rewind = (positions: number): void =>
    sessions.forEach((session) => session.rewind(Math.min(positions, session.position))); // a draft may be a token behind
  const mover = tier === null ? null : moverOf(plan, grounds.host, sessions[0], tier, joined.value.onMoved);
  return {
    start: (now, task) => strategyOf(now, task, sessions, tier, grounds.generator),
    edge: tier,
    mover,
    rewind,
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

function strategyOf(
  plan: RunPlan,
  task: Task,
  [device, back, rest = null]: readonly (SegmentSession | null)[],
  edge: EdgeTier | null,
  generator: WholeModelGenerator | null,
): Strategy {
  const { config, codec, model } = plan;
  const { hidden, vocabulary } = model.manifest.architecture;
  const { sampling } = task;
  const known = plan.deviceModel.manifest.architecture.vocabulary;
  switch (config.mode) {
    case "device-only":
      return deviceOnly(task, { device: needed(device, config.mode) });
    case "edge-only":
      return edgeOnly(task, { edge: needed(edge, config.mode) });
    case "auto":
      return fail({ code: "internal", where: "openTiers", what: "mode=auto was not planned" });
    case "split":
      return split(task, { device: needed(device, config.mode), edge: needed(edge, config.mode), codec, hidden });
    case "u-split":
      return uSplit(task, {
        front: needed(device, config.mode),
        edge: needed(edge, config.mode),
        back: needed(back, config.mode),
        codec,
        hidden,
      });
    case "score":
      return score(task, { device: needed(device, config.mode), edge: needed(edge, config.mode), codec, hidden });
    case "speculative":
    case "split-speculative": {
      const rule = unwrap(ruleNamed(config.verify));
      const front = needed(device, config.mode);
      const drafter =
        config.mode === "speculative"
          ? new DraftModel(front, { rule, sampling, vocabulary, known })
          : new EarlyExit({ front, exit: needed(back, config.mode), rest }, { codec, hidden, rule, sampling });
      const tier = needed(edge, config.mode);
      return speculative(task, {
        drafter,
        edge: tier,
        rule,
        policy: unwrap(policyNamed(config.draftLength)),
        windows: config.windows,
        windowBytes: windowBytesOf(plan, tier),
      });
    }
    case "cooperative": {
      const drafter = new DraftModel(needed(device, config.mode), {
        rule: unwrap(ruleNamed("coupled")),
        sampling,
        vocabulary,
        known,
      });
      return cooperative(task, { drafter, edge: needed(edge, config.mode), threshold: config.threshold });
    }
    case "colocated":
      return colocated(task, { edge: needed(edge, config.mode) });
    case "baseline":
      return baseline(task, { generator: needed(generator, config.mode) });
  }
}

/** What bounds a drafted window: the largest message that this edge takes. */
function windowBytesOf({ config, codec, model }: RunPlan, edge: EdgeTier): WindowBytes {
  const { hidden, vocabulary } = model.manifest.architecture;
  const perPosition = config.mode === "split-speculative" ? codec.bytesPerPosition(hidden) : 0;
  return {
    maxMessageBytes: edge.session.welcome.maxMessageBytes,
    perPosition,
    perDrafted: unwrap(ruleNamed(config.verify)).bytesPerToken(vocabulary),
  };
}

/** For the record: how many tokens fit a window, where that is fewer than would be drafted. */
export function draftLimitOf(plan: RunPlan, edge: EdgeTier | null): Pick<Resolved, "draftLimit"> {
  const { mode, draftLength, codec, verify } = plan.config;
  if (edge === null || (mode !== "speculative" && mode !== "split-speculative")) return {};
  const size = windowBytesOf(plan, edge);
  const tokens = mostDrafted(size, 1);
  if (tokens >= (typeof draftLength === "number" ? draftLength : LONGEST)) return {};
  const each = [
    size.perPosition > 0 ? `${size.perPosition} bytes of ${codec}` : "",
    size.perDrafted > 0 ? `${size.perDrafted} bytes of evidence under ${verify}` : "",
  ]
    .filter((part) => part !== "")
    .join(" and ");
  return {
    draftLimit: {
      tokens,
      why: `one message to this edge server holds ${size.maxMessageBytes} bytes, and a drafted token takes ${each}`,
    },
  };
}

function needed<T>(tier: T | null | undefined, mode: Mode): T {
  return tier ?? fail({ code: "internal", where: "openTiers", what: `${mode} was not given a tier that it needs` });
}

async function openDevices(
  { segments, capacity, config }: RunPlan,
  host: ModelHost | null,
  sabotage: Sabotage | null,
  signal: CancelSignal,
): Promise<readonly SegmentSession[]> {
  const sessions: SegmentSession[] = [];
  if (config.mode === "baseline") return sessions; // its engine holds the model by itself
  try {
    for (const segment of segments.device) {
      const session = await needed(host, config.mode).open(segment, { capacity, kvCache: config.kvCache }, signal);
      sessions.push(
        sabotage?.kind === "rewind-short" && segments.edge === null ? breakDevice(session, sabotage) : session,
      );
    }
    const [front, ...rest] = sessions;
    return front !== undefined && MOVABLE_MODES.includes(config.mode) ? [new MovableSegment(front), ...rest] : sessions;
  } catch (thrown) {
    await Promise.all(sessions.map((session) => session.close()));
    throw thrown;
  }
}

async function openEdge(
  plan: RunPlan,
  link: EdgeLink | null,
  { sabotage, access }: Required<TierOptions>,
  signal: CancelSignal,
): Promise<JoinedEdge> {
  const { edge } = plan.segments;
  if (edge === null) return { tier: null, onMoved: () => undefined };
  const way = needed(link, plan.config.mode);
  let segment = edge;
  const open = async (stop: CancelSignal): Promise<EdgeSession> => {
    const session = await way.open(helloOf(plan, segment, access), stop);
    return sabotage === null
      ? session
      : breakEdge(session, sabotage, plan.codec, plan.model.manifest.architecture.hidden);
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
  const verify = DRAFTING_MODES.includes(config.mode)
    ? config.verify
    : config.mode === "cooperative"
      ? "coupled"
      : null;
  const atEdge =
    config.mode === "colocated" && draft !== null
      ? { model: draft.manifest.name, revision: draft.manifest.revision, length: config.draftLength }
      : null;
  const plugins = pluginsBehind({ codec: codec.name, verify, draftLength: atEdge?.length ?? null });
  const behind = stopsBehind(path);
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
    ...(behind.length === 0 ? {} : { behind }),
    access,
    resume: null,
  };
}
