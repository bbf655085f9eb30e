/**
 * A seat: one client's place at the edge, with what it may do there. Steps wait in the lane as data
 * and get their turns there; what a step spent anywhere but computing is queue time, so the two
 * together are all the time the edge had it.
 */
import type { Segment } from "#core/model/architecture.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import { ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import type { EdgeTiming } from "#wire/messages.ts";
import type { ReferenceVerdicts } from "#core/frames/down-parts.ts";
import { ReplyQueue } from "#engine/link/reply-queue.ts";
import {
  judges,
  type DecodedToken,
  type OpenedSeat,
  type Outcome,
  type SeatSettings,
  type SeatSpec,
  type Step,
} from "../compute/compute.ts";
import { usSince } from "../compute/us-since.ts";
import type { WindowSeen } from "../compute/edge-draft.ts";
import type { Done, ComputeLane } from "../compute/compute-lane.ts";
import { tokensOf, type StepTokens } from "./tokens-of.ts";
import type { Meters } from "../status/meters.ts";
import { NO_TIME, sumOf, type GeneratedRound, type GeneratedToken } from "./generated.ts";

/** A round as the seats make it: always with a token behind those that stand. */
interface Round {
  /** Of the first drafted token. */
  readonly position: number;
  readonly drafted: Uint32Array;
  readonly accepted: number;
  readonly next: number;
}

/** What the model makes of a window that is not dropped. */
type RoundVerdict = Extract<Outcome, { kind: "verified" }>;

type Timed<T> = T & { readonly timing: EdgeTiming };

export interface SeatPlace {
  readonly id: string;
  readonly manifest: ModelManifest;
  readonly lane: ComputeLane;
  readonly meters: Meters;
  /** The seat that drafts for this one, where both models are here: it goes when this one goes. */
  readonly drafter: Seat | null;
  /** Gives the reservation back. */
  readonly onRelease: () => void;
  /** Reserves for a reference of so many positions, or says why not; what is given back gives that back. */
  readonly onJudge: (positions: number) => Result<() => void>;
  /** Reserves for these segments, or says why not: one, or while the cut moves that and the one to come. */
  readonly onMove: (spec: SeatSpec, next: Segment | null) => Failure | null;
}

export class Seat {
  readonly id: string;
  /** Where the cut stood before it moved last: a client that has not heard of it may come back with that. */
  movedFrom: number | null = null;
  readonly manifest: ModelManifest;
  /** What the compute said when the segment was opened, the drafting seat's memory included. */
  readonly opened: OpenedSeat;
  /** Positions its cache holds, as of the last step. */
  held = 0;
  /** Tokens that its steps were for, sampled here or by its client. */
  tokens = 0;
  #spec: SeatSpec;
  #settings: SeatSettings;
  #released = false;
  readonly #generation: number;
  readonly #place: SeatPlace;

  private constructor(place: SeatPlace, spec: SeatSpec, opened: OpenedSeat) {
    this.id = place.id;
    this.manifest = place.manifest;
    this.#spec = spec;
    const beside = place.drafter?.opened;
    this.opened =
      beside === undefined
        ? opened
        : { ...opened, weightBytes: opened.weightBytes + beside.weightBytes, kvBytes: opened.kvBytes + beside.kvBytes };
    this.#settings = spec;
    this.#generation = place.lane.generation;
    this.#place = place;
  }

  static async open(place: SeatPlace, spec: SeatSpec): Promise<Result<Seat>> {
    const done = await place.lane.run({ seat: place.id, step: { kind: "open", spec } });
    if (!done.ok) return done;
    const { outcome } = done.value;
    return outcome.kind === "opened" ? ok(new Seat(place, spec, outcome.opened)) : odd("opening", outcome);
  }

  get spec(): SeatSpec {
    return this.#spec;
  }

  get settings(): SeatSettings {
    return this.#settings;
  }

  /** The compute that held it is gone, and all it held; or that of the seat that drafts for it. */
  get lost(): boolean {
    return this.#gone || this.#place.drafter?.lost === true;
  }

  get #gone(): boolean {
    return this.#place.lane.generation !== this.#generation;
  }

  /** For a client that resumes: new settings, and how much is really held once what was running has ended. */
  async configure({
    codec,
    onward,
    sampling,
    verify,
    edgeLoad,
  }: SeatSettings): Promise<Result<{ readonly held: number }>> {
    const settings = { codec, ...(onward === undefined ? {} : { onward }), sampling, verify, edgeLoad };
    const configured = await this.#run({ kind: "configure", settings });
    if (!configured.ok) return configured;
    await this.#place.drafter?.configure(settings); // waits for what it was drafting
    this.held = configured.value.held;
    this.#settings = settings;
    return ok({ held: this.held });
  }

  /** The cut moves to the block `from`: room for both segments while it does, then for the new one alone. */
  async move(step: Step<"move">): Promise<Result<Timed<{ readonly outcome: Outcome }>>> {
    const next = { ...this.#spec.segment, from: step.from };
    const full = step.phase === "prepare" ? this.#place.onMove(this.#spec, next) : null;
    if (full !== null) return refuse(full);
    const moved = await this.step(step);
    if (moved.ok && step.phase === "commit" && next.from !== this.#spec.segment.from) {
      this.movedFrom = this.#spec.segment.from;
      this.#spec = { ...this.#spec, segment: next };
    }
    if (!moved.ok || step.phase === "commit") this.#place.onMove(this.#spec, null);
    return moved;
  }

  async step(step: Step, goesOn = false): Promise<Result<Timed<{ readonly outcome: Outcome }>>> {
    const began = performance.now();
    const room = judges(step) ? this.#place.onJudge(step.ids.length) : null;
    if (room?.ok === false) return room;
    const stepped = await this.#run(step, goesOn);
    room?.value();
    if (!stepped.ok) return stepped;
    const { outcome, held } = stepped.value;
    this.held = held;
    this.#count(tokensOf(outcome));
    return ok({ outcome, timing: this.#timing(began, stepped.value) });
  }

  async check(ids: Uint32Array, judged: number): Promise<Result<Timed<ReferenceVerdicts>>> {
    const checked = await this.step({ kind: "check", ids, judged });
    if (!checked.ok) return checked;
    const { outcome, timing } = checked.value;
    return outcome.kind === "verdicts" ? ok({ ...outcome.verdicts, timing }) : odd("checking", outcome);
  }

  /**
   * Up to `limit` tokens after `ids`, the first of which is at `position`; the last token says why
   * it is the last. Goes back into the queue for every row of tokens. Ends at a failure, or after the token
   * under way once `signal` is aborted.
   */
  async *generate(
    position: number,
    ids: Uint32Array,
    limit: number,
    signal: AbortSignal,
  ): AsyncGenerator<Result<GeneratedToken>, void, undefined> {
    let next = { position, ids };
    for (let count = 0; !signal.aborted;) {
      const most = Math.min(limit - count, this.spec.capacity - next.position);
      const inARow = count > 0 && this.spec.kvCache && this.#settings.edgeLoad === 1;
      for await (const token of inARow ? this.#decode(next, most) : this.#one(next, count > 0)) {
        if (signal.aborted) return;
        if (!token.ok) return yield token;
        count++;
        const finish = this.#finish(token.value, count, limit);
        yield ok({ ...token.value, finish });
        if (finish !== "none") return;
        next = this.spec.kvCache
          ? { position: token.value.position, ids: Uint32Array.of(token.value.id) }
          : { position: next.position, ids: Uint32Array.of(...next.ids, token.value.id) };
      }
    }
  }

  async *#one(
    { position, ids }: { readonly position: number; readonly ids: Uint32Array },
    goesOn: boolean,
  ): AsyncGenerator<Result<Omit<GeneratedToken, "finish">>, void, undefined> {
    // A transferred buffer is gone, and without a cache the ids go again.
    const stepped = await this.step({ kind: "ids", position, ids: ids.slice(), want: "last" }, goesOn);
    if (!stepped.ok) return yield stepped;
    const { outcome, timing } = stepped.value;
    if (outcome.kind !== "token") return yield odd("generating", outcome);
    yield ok({ position: outcome.position, id: outcome.id, timing });
  }

  /** Tokens behind one, each as it comes, until the row ends. */
  async *#decode(
    { position, ids: [id = 0] }: { readonly position: number; readonly ids: Uint32Array },
    most: number,
  ): AsyncGenerator<Result<Omit<GeneratedToken, "finish">>, void, undefined> {
    const told = new ReplyQueue<Omit<GeneratedToken, "finish">>();
    let began = performance.now();
    const row = this.#run({ kind: "decode", position, id, most, stopIds: this.manifest.stopIds }, true, (token) => {
      this.held = token.position;
      this.#count({ sampled: 1, served: 1 });
      told.push({ position: token.position, id: token.id, timing: this.#timing(began, token) });
      began = performance.now();
    });
    void row.then(() => told.end());
    for await (const token of told.values()) yield ok(token);
    const ended = await row;
    if (!ended.ok) yield ended;
  }

  /** As `generate`, in rounds: the draft beside the model proposes, the model judges. */
  async *generateDrafted(
    position: number,
    ids: Uint32Array,
    limit: number,
    signal: AbortSignal,
  ): AsyncGenerator<Result<GeneratedRound>, void, undefined> {
    let next = { position, ids };
    let seen: WindowSeen | null = null;
    for (let count = 0; !signal.aborted;) {
      const made = await this.#round(next.position, next.ids, limit - count, seen, count > 0);
      if (signal.aborted) return;
      if (!made.ok) return yield made;
      const { timing, verifyMs, ...outcome } = made.value;
      const round = this.#cut(outcome, count, limit);
      yield ok({ ...round, timing });
      seen = { accepted: outcome.accepted, edgeMs: verifyMs };
      if (round.finish !== "none") return;
      count += outcome.accepted + 1;
      next = { position: outcome.position + outcome.accepted, ids: Uint32Array.of(outcome.next) };
    }
  }

  /** The draft proposes, this seat judges, and where the rule leaves the next token to the draft's side, that settles it. */
  async #round(
    position: number,
    ids: Uint32Array,
    room: number,
    seen: WindowSeen | null,
    goesOn: boolean,
  ): Promise<Result<Timed<Round & { readonly verifyMs: number }>>> {
    const { drafter } = this.#place;
    if (drafter === null) return refuse(NO_DRAFT);
    const most = Math.max(0, Math.min(room - 1, this.spec.capacity - position - ids.length));
    const proposed = await drafter.step({ kind: "draft", position, ids: ids.slice(), room: most, seen }, goesOn);
    if (!proposed.ok) return proposed;
    const window = proposed.value.outcome;
    if (window.kind !== "drafted") return odd("drafting", window);
    const judged = await this.#judge(position, ids, window);
    if (!judged.ok) return judged;
    const { verdict, timing: judging } = judged.value;
    const settled = await settledBy(drafter, verdict);
    if (!settled.ok) return settled;
    return ok({
      position: window.position,
      drafted: window.drafted,
      accepted: verdict.accepted,
      next: settled.value.next,
      timing: [judging, settled.value.timing].reduce(sumOf, proposed.value.timing),
      verifyMs: judging.computeUs / 1000,
    });
  }

  async #judge(
    position: number,
    ids: Uint32Array,
    { drafted, evidence }: Extract<Outcome, { kind: "drafted" }>,
  ): Promise<Result<Timed<{ readonly verdict: RoundVerdict }>>> {
    const judged = await this.step(
      {
        kind: "verify",
        position,
        ids: Uint32Array.of(...ids, ...drafted),
        drafted: drafted.length,
        follows: false,
        payload: evidence,
      },
      true,
    );
    if (!judged.ok) return judged;
    const { outcome, timing } = judged.value;
    return outcome.kind === "verified" && !outcome.dropped ? ok({ verdict: outcome, timing }) : odd("judging", outcome);
  }

  /** Ends a round with the first of its tokens that ends the text. */
  #cut({ position, drafted, accepted, next }: Round, count: number, limit: number): Omit<GeneratedRound, "timing"> {
    const said = [...drafted.subarray(0, accepted), next];
    for (const [index, id] of said.entries()) {
      const finish = this.#finish({ id, position: position + index }, count + index + 1, limit);
      if (finish !== "none")
        return {
          position,
          drafted,
          accepted: Math.min(accepted, index + 1),
          next: index < accepted ? null : next,
          finish,
        };
    }
    return { position, drafted, accepted, next, finish: "none" };
  }

  /** Drops what waits at once, and what is under way with its chunk. */
  cancel(): void {
    if (this.#released) return; // what waits then is its closing
    this.#drop();
  }

  #drop(): void {
    this.#place.lane.drop(this.id);
    this.#place.drafter?.cancel();
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#drop();
    await this.#place.drafter?.release();
    if (!this.#gone) await this.#place.lane.run({ seat: this.id, step: { kind: "close" } }, true);
    this.#place.onRelease();
  }

  #run(step: Step, goesOn = false, tell?: (token: DecodedToken) => void): Promise<Result<Done>> {
    if (this.#released) return Promise.resolve(refuse({ code: "stopped" }));
    if (this.lost)
      return Promise.resolve(
        refuse({ code: "session-lost", session: this.id, why: "the edge's compute worker was restarted" }),
      );
    return this.#place.lane.run({ seat: this.id, step }, goesOn, tell);
  }

  /** A token at the position after the last that fits can be read but not gone on from. */
  #finish(
    { id, position }: { readonly id: number; readonly position: number },
    count: number,
    limit: number,
  ): GeneratedToken["finish"] {
    if (this.manifest.stopIds.includes(id)) return "eos";
    if (count >= limit) return "length";
    return position >= this.spec.capacity ? "context" : "none";
  }

  #count({ sampled, served }: StepTokens): void {
    this.tokens += served;
    this.#place.meters.tally.noteTokens(served);
    if (sampled > 0) this.#place.meters.tokens.inc({ model: this.spec.model }, sampled);
  }

  #timing(began: number, { computeUs, batch, reused = 0 }: Pick<Done, "computeUs" | "batch" | "reused">): EdgeTiming {
    this.#place.meters.reusedPositions.inc(reused);
    const queueUs = Math.max(0, usSince(began) - computeUs);
    this.#place.meters.queueSeconds.observe(queueUs / 1e6);
    this.#place.meters.computeSeconds.observe({ model: this.spec.model }, computeUs / 1e6);
    this.#place.meters.batchSteps.observe(batch);
    this.#place.meters.tally.noteStep(batch);
    return { queueUs, computeUs, ...(batch > 1 ? { batch } : {}) };
  }
}

/** The token behind those that stand: the verdict's own, or the one that the draft's side settles on. */
async function settledBy(
  drafter: Seat,
  { position, accepted, next, distribution }: RoundVerdict,
): Promise<Result<Timed<{ readonly next: number }>>> {
  if (next !== null) return ok({ next, timing: NO_TIME });
  const settled = await drafter.step({ kind: "settle", position, accepted, distribution }, true);
  if (!settled.ok) return settled;
  const { outcome, timing } = settled.value;
  return outcome.kind === "token" ? ok({ next: outcome.id, timing }) : odd("settling", outcome);
}

const NO_DRAFT: Failure = {
  code: "bad-value",
  key: "draft",
  value: "null",
  expected: "a draft in the hello of a session that drafts at the edge",
};

const odd = (where: string, { kind }: Outcome): Result<never> =>
  refuse({ code: "internal", where, what: `a step came back as ${kind}` });
