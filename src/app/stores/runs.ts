/**
 * The runs of this visit, each a lane: what was asked, what came, and the record once it is over.
 * Facts only; figures, bars and verdicts are derived.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { PlanRecord } from "#core/plan/plan-record.ts";
import type { Failure } from "#core/run/failure.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { Agreement, CutMove, Resolved, RunRecord, TokenEvent } from "#core/run/record.ts";
import type { FrameTrace, RunEvent, Sabotage } from "#core/run/worker-api.ts";

export interface Lane {
  readonly key: string;
  readonly origin: "recorded" | "live";
  readonly config: RunConfig;
  readonly resolved: Resolved | null;
  readonly tokens: readonly TokenEvent[];
  readonly frames: readonly FrameTrace[];
  /** Where its cut has moved so far, and where it is on its way to. */
  readonly moves: readonly CutMove[];
  readonly moving: Moving | null;
  /** Under `mode=auto`. */
  readonly plan: PlanRecord | null;
  readonly agreement: Agreement;
  readonly linkState: string | null;
  /** While its edge server is away. */
  readonly reconnecting: Reconnecting | null;
  /** What went less than well without ending it. */
  readonly notices: readonly Failure[];
  /** Null while it runs. */
  readonly record: RunRecord | null;
  readonly sabotage: Sabotage | null;
  /** Set on the runs of a race: they are shown beside each other. */
  readonly race: string | null;
}

export type Reconnecting = Extract<RunEvent, { state: "reconnecting" }>;
export type Moving = Extract<RunEvent, { kind: "moving" }>;

export interface RunFacts {
  readonly lanes: readonly Lane[];
  /** The lanes on screen, on one time axis, and the one whose details are shown. */
  readonly shown: readonly string[];
  readonly focus: string | null;
  readonly liveKey: string | null;
}

export type RunStore = StoreApi<RunFacts>;

export const createRunStore = (): RunStore =>
  createStore<RunFacts>(() => ({ lanes: [], shown: [], focus: null, liveKey: null }));

/** Runs kept for comparing, beside those of the race under way; the oldest go first. */
const KEPT_LANES = 60;
/** Frames kept per run for the inspector. */
const KEPT_FRAMES = 400;

export function openLane(key: string, config: RunConfig, sabotage: Sabotage | null, race: string | null): Lane {
  const agreement: Agreement = { kind: "unchecked", why: "the run is not over" };
  return {
    key,
    origin: "live",
    config,
    resolved: null,
    tokens: [],
    frames: [],
    moves: [],
    moving: null,
    plan: null,
    agreement,
    linkState: null,
    reconnecting: null,
    notices: [],
    record: null,
    sabotage,
    race,
  };
}

export function recordedLane(key: string, record: RunRecord): Lane {
  const { config, resolved, tokens, agreement } = record;
  return {
    key,
    origin: "recorded",
    config,
    resolved,
    tokens,
    frames: [],
    moves: record.moves ?? [],
    moving: null,
    plan: record.plan ?? null,
    agreement,
    linkState: null,
    reconnecting: null,
    notices: [],
    record,
    sabotage: null,
    race: null,
  };
}

function recent(lanes: readonly Lane[], race: string | null): readonly Lane[] {
  const others = lanes.filter((lane) => race === null || lane.race !== race);
  const gone = new Set(others.slice(0, Math.max(0, others.length + 1 - KEPT_LANES)));
  return lanes.filter((lane) => !gone.has(lane));
}

/** `look` shows its details at once; else those that are shown stay. */
export function addLane(store: RunStore, lane: Lane, shown: readonly string[], look = true): void {
  store.setState(({ lanes, focus }) => ({
    lanes: [...recent(lanes, lane.race), lane],
    shown,
    focus: look ? lane.key : focus,
    liveKey: lane.record === null ? lane.key : null,
  }));
}

function change(store: RunStore, key: string, update: (lane: Lane) => Lane): void {
  store.setState(({ lanes }) => ({ lanes: lanes.map((lane) => (lane.key === key ? update(lane) : lane)) }));
}

/**
 * What a batch of events adds to a lane. Progress belongs to the engine's facts. Events may come
 * after the record (they travel on a channel of their own): tokens that are there stay as they are.
 */
export function withEvents(lane: Lane, events: readonly RunEvent[]): Lane {
  const tokens: TokenEvent[] = [];
  const frames: FrameTrace[] = [];
  const notices: Failure[] = [];
  let { resolved, agreement, linkState, reconnecting, moves, moving, plan } = lane;
  for (const event of events) {
    if (event.kind === "token") {
      if (event.token.index === lane.tokens.length + tokens.length) tokens.push(event.token);
    } else if (event.kind === "frame") frames.push(event.frame);
    else if (event.kind === "resolved") resolved = event.resolved;
    else if (event.kind === "plan") plan = event.plan;
    else if (event.kind === "agreement") agreement = event.agreement;
    else if (event.kind === "notice") {
      notices.push(event.failure);
      moving = null; // whatever was on its way is so no more
    } else if (event.kind === "moving") moving = event;
    else if (event.kind === "moved") {
      if (lane.record === null) moves = [...moves, event.move]; // the record has all of them
      moving = null;
    } else if (event.kind === "link") {
      reconnecting = event.state === "reconnecting" ? event : null;
      linkState = event.state === "connected" || event.state === "resumed" ? null : event.why;
    }
  }
  return {
    ...lane,
    resolved,
    agreement,
    linkState,
    reconnecting,
    moves,
    moving,
    plan,
    notices: notices.length > 0 ? [...lane.notices, ...notices] : lane.notices,
    tokens: tokens.length > 0 ? [...lane.tokens, ...tokens] : lane.tokens,
    frames: frames.length > 0 ? [...lane.frames, ...frames].slice(-KEPT_FRAMES) : lane.frames,
  };
}

export const addEvents = (store: RunStore, key: string, events: readonly RunEvent[]): void =>
  change(store, key, (lane) => withEvents(lane, events));

export function closeLane(store: RunStore, key: string, record: RunRecord): void {
  const { tokens, agreement, resolved } = record;
  change(store, key, (lane) => ({
    ...lane,
    tokens,
    agreement,
    resolved,
    record,
    moves: record.moves ?? [],
    moving: null,
    plan: record.plan ?? null,
    linkState: null,
    reconnecting: null,
  }));
  store.setState(({ liveKey }) => ({ liveKey: liveKey === key ? null : liveKey }));
}

export const laneOf = (facts: RunFacts, key: string | null): Lane | null =>
  facts.lanes.find((lane) => lane.key === key) ?? null;

/** The run under way while its edge server is away, whichever is looked at. */
export function interruptedLane(facts: RunFacts): Lane | null {
  const live = laneOf(facts, facts.liveKey);
  return live !== null && live.reconnecting !== null ? live : null;
}
