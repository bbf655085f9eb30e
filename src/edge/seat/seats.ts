/**
 * Who may sit down: seats are bounded in number and in the KV memory they reserve, counted before
 * anything is opened, so that a full edge says so instead of running out of memory. One address on the network has a part of
 * them at most.
 */
import { randomBytes } from "node:crypto";
import { wholeModel, type Architecture, type Segment } from "#core/model/architecture.ts";
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import { codecNamed } from "#core/codec/registry.ts";
import { policyNamed } from "#core/speculation/policies/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import { ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import { reservedKvBytesOf, type SeatSpec } from "../compute/compute.ts";
import type { ComputeLane } from "../compute/compute-lane.ts";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import type { SeatFacts } from "../status/board.ts";
import type { Meters } from "../status/meters.ts";
import type { Commons } from "../commons/commons.ts";
import { memoryCommons } from "../commons/memory-commons.ts";
import { Seat } from "./seat.ts";

export interface SeatLimits {
  readonly sessions: number;
  /** Of those, what one peer may have. */
  readonly sessionsPerAddress: number;
  readonly kvBytes: number;
  readonly retryAfterMs: number;
}

/** Seats that nobody sits on at the moment: kept to be resumed, for as long as nobody else needs them. */
export interface Absent {
  /** Gives up the one that was left first, of one peer or (null) of all; false where there is none. */
  giveWay(peer: string | null): Promise<boolean>;
  /** When the next may be given up, in ms; null where nobody can tell. */
  roomInMs(): number | null;
}

const NOBODY: Absent = { giveWay: () => Promise.resolve(false), roomInMs: () => null };

export interface ServedModel {
  readonly manifest: ModelManifest;
  readonly lane: ComputeLane;
}

interface Taken {
  readonly bytes: number;
  readonly peer: string | null;
  /** The how-manieth since the start. */
  readonly number: number;
  /** Null while it is being opened. */
  readonly seat: Seat | null;
}

export class Seats {
  readonly #models: ReadonlyMap<string, ServedModel>;
  readonly #limits: SeatLimits;
  readonly #meters: Meters;
  /** What servers behind one address know together. */
  readonly #commons: Commons;
  readonly #taken = new Map<string, Taken>();
  #serial = 0;
  /** Of each model, once a seat of it was opened. */
  readonly #weightBytes = new Map<string, number>();
  /** Models that turned out not to run, with the reason that whoever asks for one is given. */
  readonly #delisted = new Map<string, Failure>();
  /** Of the references that judge texts at the moment, or wait to. */
  #judgingBytes = 0;
  #draining = false;
  #absent = NOBODY;

  constructor(
    models: ReadonlyMap<string, ServedModel>,
    limits: SeatLimits,
    meters: Meters,
    commons: Commons = memoryCommons(),
  ) {
    this.#commons = commons;
    this.#models = models;
    this.#limits = limits;
    this.#meters = meters;
  }

  get count(): number {
    return this.#taken.size;
  }

  get reservedBytes(): number {
    return [...this.#taken.values()].reduce((sum, { bytes }) => sum + bytes, this.#judgingBytes);
  }

  /** Those that are open. */
  get open(): readonly SeatFacts[] {
    return [...this.#taken].flatMap(([id, { bytes, number, seat }]) => {
      if (seat === null) return [];
      const { model, segment } = seat.spec;
      const { from, to } = segment;
      const { edgeLoad } = seat.settings;
      return [{ id, number, model, from, to, kvBytes: bytes, tokens: seat.tokens, edgeLoad }];
    });
  }

  /** The models that are offered, with what they hold and how many use each. */
  get served(): EdgeStatus["models"] {
    const open = this.open;
    return this.listed.map((name) => ({
      name,
      blocks: this.#models.get(name)?.manifest.architecture.blocks ?? 0,
      weightBytes: this.#weightBytes.get(name) ?? null,
      clients: open.filter(({ model }) => model === name).length,
    }));
  }

  /** The bytes of its weights, as they were said when a segment of it was opened. */
  loaded(model: string, bytes: number): void {
    this.#weightBytes.set(model, bytes);
  }

  /** A compute that ended has taken its weights along. */
  forgetWeights(): void {
    this.#weightBytes.clear();
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** The models that are offered. */
  get listed(): readonly string[] {
    return [...this.#models.keys()].filter((name) => !this.#delisted.has(name));
  }

  /** From now on nobody is offered the model, and nobody sits down at it. */
  delist(model: string, why: Failure): void {
    this.#delisted.set(model, why);
  }

  /** From now on nobody new sits down. */
  drain(): void {
    this.#draining = true;
  }

  /** Asked when a newcomer finds everything taken. */
  askFirst(absent: Absent): void {
    this.#absent = absent;
  }

  model(name: string): Result<ServedModel> {
    const delisted = this.#delisted.get(name);
    if (delisted !== undefined) return refuse(delisted);
    const found = this.#models.get(name);
    return found === undefined
      ? refuse({ code: "unknown-model", model: name.slice(0, 80), known: this.listed })
      : ok(found);
  }

  /** `peer` is from where it is asked for: null where that does not tell clients apart. */
  async take(spec: SeatSpec, peer: string | null): Promise<Result<Seat>> {
    if (this.#draining) return refuse(this.drainingFailure);
    const model = this.model(spec.model);
    if (!model.ok) return model;
    const { manifest, lane } = model.value;
    const draft = spec.draft === null ? null : this.model(spec.draft.model);
    if (draft?.ok === false) return draft;
    const wrong =
      unfit(spec, manifest.architecture) ?? (draft === null ? null : unfitDraft(spec, manifest, draft.value.manifest));
    if (wrong !== null) return refuse(wrong);
    const draftBytes =
      draft === null
        ? 0
        : spec.capacity *
          draft.value.manifest.architecture.blocks *
          kvBytesPerPosition(draft.value.manifest.architecture);
    const bytes = reservedKvBytesOf(spec, manifest.architecture) + draftBytes;
    const aside = await this.#setAside(bytes, peer);
    if (!aside.ok) return aside;
    const { id, taken } = aside.value;
    const drafter = draft === null ? ok(null) : await this.#openDrafter(`${id} draft`, draft.value, manifest, spec);
    const place = {
      id,
      manifest,
      lane,
      meters: this.#meters,
      onRelease: () => this.#free(id),
      onJudge: (positions: number) => this.#judging(positions, manifest.architecture),
      onMove: (now: SeatSpec, next: Segment | null) => this.#resize(id, now, next, manifest.architecture, draftBytes),
    };
    const seat = drafter.ok ? await Seat.open({ ...place, drafter: drafter.value }, spec) : drafter;
    if (seat.ok) {
      this.#taken.set(id, { ...taken, seat: seat.value });
      const beside = drafter.ok ? (drafter.value?.opened.weightBytes ?? 0) : 0;
      this.loaded(spec.model, seat.value.opened.weightBytes - beside);
      return seat;
    }
    this.#free(id);
    if (drafter.ok) await drafter.value?.release();
    return seat;
  }

  /** A place here, and one of the address's on all servers together. */
  async #setAside(bytes: number, peer: string | null): Promise<Result<{ readonly id: string; readonly taken: Taken }>> {
    do {
      const full = await this.#stillFull(bytes, peer);
      if (full !== null) return refuse(full);
    } while (this.#full(bytes, peer) !== null); // somebody else who waited was quicker
    const id = randomBytes(16).toString("hex");
    const taken = { bytes, peer, number: ++this.#serial, seat: null };
    this.#taken.set(id, taken);
    const { sessionsPerAddress, retryAfterMs } = this.#limits;
    if (await this.#commons.take(id, peer, sessionsPerAddress)) return ok({ id, taken });
    this.#taken.delete(id);
    return refuse({ code: "edge-full", what: "sessions", limit: sessionsPerAddress, retryAfterMs });
  }

  #free(id: string): void {
    this.#taken.delete(id);
    void this.#commons.release(id);
  }

  /** The address of another server that has a session of this id; null where none does. */
  elsewhere(id: string): Promise<string | null> {
    return this.#commons.elsewhere(id);
  }

  /** In the lane of its own model, whose weights are there: a draft is in memory once, whomever it drafts for. */
  #openDrafter(
    id: string,
    { manifest, lane }: ServedModel,
    target: ModelManifest,
    { draft, capacity, ...spec }: SeatSpec,
  ): Promise<Result<Seat>> {
    const { architecture, name } = manifest;
    const place = {
      id,
      manifest,
      lane,
      meters: this.#meters,
      drafter: null,
      onRelease: () => undefined,
      onJudge: () => ok(() => undefined),
      onMove: () => null,
    };
    const drafts =
      draft === null
        ? {}
        : { drafts: { length: draft.length, vocabulary: target.architecture.vocabulary, stopIds: target.stopIds } };
    return Seat.open(place, {
      ...spec,
      model: name,
      segment: wholeModel(architecture),
      capacity: Math.min(capacity, architecture.context),
      edgeLoad: 1,
      draft: null,
      ...drafts,
    });
  }

  get drainingFailure(): Failure {
    return { code: "edge-draining", retryAfterMs: this.#limits.retryAfterMs };
  }

  /** What joins is held twice for a while: as it came, and in its cache. */
  #resize(
    id: string,
    spec: SeatSpec,
    next: Segment | null,
    architecture: Architecture,
    draftBytes: number,
  ): Failure | null {
    const taken = this.#taken.get(id);
    if (taken === undefined) return null;
    const bytesOf = (segment: Segment): number => reservedKvBytesOf({ ...spec, segment }, architecture);
    const joining = next === null ? 0 : Math.max(0, bytesOf(next) - bytesOf(spec.segment));
    const bytes = draftBytes + bytesOf(spec.segment) + (next === null ? 0 : bytesOf(next) + joining);
    const { kvBytes, retryAfterMs } = this.#limits;
    if (next !== null && this.reservedBytes - taken.bytes + bytes > kvBytes)
      return { code: "edge-full", what: "memory", limit: kvBytes, retryAfterMs };
    this.#taken.set(id, { ...taken, bytes });
    return null;
  }

  /** A reference has a session of the whole model for as long as it judges. The result gives back what was set aside. */
  #judging(positions: number, architecture: Architecture): Result<() => void> {
    const bytes = reservedKvBytesOf({ segment: wholeModel(architecture), capacity: positions }, architecture);
    const { kvBytes, retryAfterMs } = this.#limits;
    if (this.reservedBytes + bytes > kvBytes)
      return refuse({ code: "edge-full", what: "memory", limit: kvBytes, retryAfterMs });
    this.#judgingBytes += bytes;
    return ok(() => void (this.#judgingBytes -= bytes));
  }

  /** Null once there is room, which those who are absent may have to make. */
  async #stillFull(bytes: number, peer: string | null): Promise<Failure | null> {
    for (;;) {
      const full = this.#full(bytes, peer);
      if (full === null) return null;
      if (!(await this.#absent.giveWay(full.ofPeer))) {
        const retryAfterMs = this.#absent.roomInMs() ?? this.#limits.retryAfterMs;
        return { code: "edge-full", what: full.what, limit: full.limit, retryAfterMs };
      }
    }
  }

  #full(bytes: number, peer: string | null) {
    const { sessions, sessionsPerAddress, kvBytes } = this.#limits;
    const ofPeer = peer === null ? 0 : [...this.#taken.values()].filter((taken) => taken.peer === peer).length;
    if (ofPeer >= sessionsPerAddress) return { what: "sessions", limit: sessionsPerAddress, ofPeer: peer } as const;
    if (this.#taken.size >= sessions) return { what: "sessions", limit: sessions, ofPeer: null } as const;
    if (this.reservedBytes + bytes > kvBytes) return { what: "memory", limit: kvBytes, ofPeer: null } as const;
    return null;
  }
}

/** Passes repeated more often than this would only be a way to keep the edge busy. */
const EDGE_LOAD_MOST = 64;

function unfit({ segment, capacity, codec, verify, edgeLoad }: SeatSpec, architecture: Architecture): Failure | null {
  const { context } = architecture;
  const known = codecNamed(codec);
  if (!known.ok) return known.failure;
  const rule = verify === null ? null : ruleNamed(verify);
  if (rule?.ok === false) return rule.failure;
  if (edgeLoad > EDGE_LOAD_MOST)
    return { code: "bad-value", key: "edgeLoad", value: String(edgeLoad), expected: `1 to ${EDGE_LOAD_MOST}` };
  if (capacity > context) return { code: "prompt-too-long", tokens: capacity, capacity: context };
  return unfitSegment(segment, architecture);
}

function unfitSegment({ embedding, from, to, head }: Segment, { blocks }: Architecture): Failure | null {
  if (to > blocks || from > to) return { code: "cut-out-of-range", cut: Math.max(from, to), blocks };
  if (embedding && from !== 0) return { code: "cut-out-of-range", cut: from, blocks };
  if (head && to !== blocks) return { code: "cut-out-of-range", cut: to, blocks };
  if (from === to && !embedding && !head) return { code: "empty-middle", cut: from, tail: blocks - to, blocks };
  return null;
}

/** The device has compared the tokenizers; here what only this edge can know. */
function unfitDraft(
  { draft, segment, kvCache, sampling, verify }: SeatSpec,
  target: ModelManifest,
  found: ModelManifest,
): Failure | null {
  const needs = (key: string, value: string, expected: string): Failure => ({
    code: "bad-value",
    key,
    value,
    expected,
  });
  if (draft !== null && draft.revision !== found.revision)
    return { code: "manifest-mismatch", model: found.name, page: draft.revision.slice(0, 64), edge: found.revision };
  if (found.architecture.vocabulary > target.architecture.vocabulary)
    return needs("draft", found.name, `a model with at most ${target.architecture.vocabulary} tokens`);
  if (!segment.embedding || !segment.head || !kvCache)
    return needs("draft", found.name, "a session of the whole model with a cache, to draft beside it");
  if (sampling === null || verify === null)
    return needs("verify", String(verify), "a verification rule and sampling settings, where the edge drafts");
  const policy = policyNamed(draft?.length ?? 1);
  return policy.ok ? null : policy.failure;
}
