/**
 * The edge's computing itself: opens seats on model hosts and runs their steps, a chunk at a time. A
 * host holds its model's weights once, whatever the cuts of its seats. Codec, sampling and scoring happen here,
 * beside the passes, so that the thread that owns the sockets never does arithmetic.
 *
 * The chunks of one call begin one after another and then run together: sessions that batch share their passes.
 */
import { failureOf, fail, ok, refuse, unwrap, type Failure, type Result } from "#core/run/failure.ts";
import { policyNamed } from "#core/speculation/policies/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import type { ModelHost, SegmentSession } from "#engine/ports.ts";
import { WindowJudge } from "#engine/strategies/drafting/window-judge.ts";
import type { ComputeSeat } from "./compute-seat.ts";
import {
  kvBytesOf,
  type Chunk,
  type Compute,
  type HeldMemory,
  type OpenedSeat,
  type SeatSpec,
  type Step,
  type Stepped,
  type Underway,
} from "./compute.ts";
import { EdgeDraft } from "./edge-draft.ts";
import { Prefixes } from "./prefixes.ts";
import type { ReferenceHost } from "./reference.ts";
import { beginStep, shapeOf, type Desk } from "./steps.ts";
import type { Call, ChunkedStep } from "./chunked-steps.ts";
import { usSince } from "./us-since.ts";

/** Where the hosts of one model come from. Throws Failed. */
export interface ServedFolder {
  openHost(): Promise<ModelHost>;
  readonly reference: ReferenceHost;
}

export class ModelCompute implements Compute {
  readonly #sources: ReadonlyMap<string, ServedFolder>;
  readonly #prefixes: Prefixes | null;
  readonly #hosts = new Map<string, Promise<ModelHost>>();
  readonly #seats = new Map<string, ComputeSeat>();
  /** What has begun at a seat and is not done. */
  readonly #begun = new Map<string, ChunkedStep>();

  /** @param prefixBytes Of beginnings of prompts that seats share; 0 shares none. */
  constructor(sources: ReadonlyMap<string, ServedFolder>, prefixBytes = 0) {
    this.#sources = sources;
    this.#prefixes = prefixBytes > 0 ? new Prefixes(prefixBytes) : null;
  }

  async stepMany(chunks: readonly Chunk[], underway: Underway): Promise<readonly Result<Stepped>[]> {
    const beganMs = performance.now();
    const begun: Result<ChunkedStep>[] = [];
    for (const chunk of chunks) begun.push(await this.#attempt(chunk, () => this.#begunStep(chunk)));
    const shared = chunks.filter(({ seat }) => this.#seats.get(seat)?.session.batches === true).length;
    const batchOf = ({ seat }: Chunk): number => (this.#seats.get(seat)?.session.batches === true ? shared : 1);
    let ended = !begun.every((step) => step.ok && step.value.inARow === true);
    const callOf = (chunk: Chunk): Call => ({
      goesOn: () => !ended && Atomics.load(underway.waiting, 0) === 0,
      end: () => void (ended = true),
      tell: (token) => underway.tell(chunk.seat, { ...token, batch: batchOf(chunk) }),
    });
    return Promise.all(
      chunks.map(async (chunk, index) => {
        const step = begun[index] ?? refuse(NOT_BEGUN);
        if (!step.ok) return step;
        return this.#attempt(chunk, async () => {
          const computed = await step.value.run(chunk.from, chunk.to, callOf(chunk));
          const stepped = await this.#stepped(chunk, step.value, computed);
          return { ...stepped, computeUs: usSince(beganMs), batch: batchOf(chunk) };
        });
      }),
    );
  }

  async memory(): Promise<readonly HeldMemory[]> {
    const held: HeldMemory[] = [];
    for (const [model, opening] of this.#hosts) {
      const seats = [...this.#seats.values()].filter((seat) => seat.spec.model === model);
      const kvBytes = seats.reduce((sum, seat) => sum + seat.session.memory().kvBytes, 0);
      held.push({ model, seats: seats.length, weightBytes: (await opening).memory().weightBytes, kvBytes });
    }
    return held;
  }

  async dispose(): Promise<void> {
    for (const seat of this.#seats.keys()) await this.#close(seat);
    for (const source of this.#sources.values()) await source.reference.close();
    for (const opening of this.#hosts.values()) await (await opening).close();
    this.#hosts.clear();
  }

  /** A seat whose step failed has none under way. */
  async #attempt<T>({ seat }: Chunk, body: () => Promise<T>): Promise<Result<T>> {
    try {
      return ok(await body());
    } catch (thrown) {
      await this.#giveUp(seat, "failed");
      return refuse(failureOf(thrown, "computing a step"));
    }
  }

  async #stepped(
    chunk: Chunk,
    begun: ChunkedStep,
    computed: number,
  ): Promise<Pick<Stepped, "outcome" | "held" | "computed" | "reused">> {
    const done = chunk.to === chunk.of || computed === 0;
    const outcome = done ? await begun.finish() : null;
    if (done) this.#begun.delete(chunk.seat);
    const { reused = 0 } = begun;
    const held = this.#seats.get(chunk.seat)?.session.position ?? 0;
    return { outcome, held, computed, ...(done && reused > 0 ? { reused } : {}) };
  }

  /** The one that the chunk begins, or goes on with. */
  async #begunStep({ seat, step, of }: Chunk): Promise<ChunkedStep> {
    if (step === null) {
      if (!this.#seats.has(seat)) fail(lost(seat));
      return this.#begun.get(seat) ?? fail(NOT_BEGUN);
    }
    await this.#giveUp(seat, "dropped");
    const begun = await this.#begin(seat, step, of);
    this.#begun.set(seat, begun);
    return begun;
  }

  #begin(seat: string, step: Step, of: number): ChunkedStep | Promise<ChunkedStep> {
    const spec = this.#seats.get(seat)?.spec ?? null;
    return beginStep(this.#desk(seat), step, of / shapeOf(step, spec).positions);
  }

  async #giveUp(seat: string, why: "failed" | "dropped"): Promise<void> {
    const begun = this.#begun.get(seat);
    this.#begun.delete(seat);
    await begun?.giveUp?.(why);
  }

  #desk(id: string): Desk {
    const found = (): ComputeSeat => this.#seats.get(id) ?? fail(lost(id));
    const sources = this.#sources;
    return {
      get seat() {
        return found();
      },
      get reference() {
        return sources.get(found().spec.model)?.reference ?? fail(lost(id));
      },
      open: (spec) => this.#open(id, spec),
      close: () => this.#close(id),
    };
  }

  async #open(id: string, spec: SeatSpec): Promise<OpenedSeat> {
    const host = await this.#host(spec.model);
    const session = await host.open(spec.segment, { capacity: spec.capacity, kvCache: spec.kvCache });
    const draft = draftOf(spec, session, host);
    const windows = new WindowJudge();
    const prefixes = this.#prefixes;
    this.#seats.set(id, { spec, settings: spec, host, session, move: null, windows, draft, prefixes });
    const kvBytes = kvBytesOf(spec, host.manifest.architecture);
    const batches = session.batches ?? false;
    return { runtime: host.runtime, weightBytes: host.memory().weightBytes, kvBytes, batches };
  }

  async #close(id: string): Promise<void> {
    const found = this.#seats.get(id);
    this.#seats.delete(id);
    await this.#giveUp(id, "dropped");
    await found?.move?.close();
    await found?.session.close();
    // Where graphs are not pieces, those without a cache are compiled apart, with weights of their own: not kept for later.
    if (found?.spec.kvCache === false && found.session.batches !== true) await found.host.trim();
  }

  /** The model's host, opened by the first seat; an opening that failed is tried again. */
  #host(model: string): Promise<ModelHost> {
    const source = this.#sources.get(model);
    if (source === undefined) return Promise.reject(new Error(`No such model in this worker: ${model}`));
    const opening = this.#hosts.get(model) ?? source.openHost();
    this.#hosts.set(model, opening);
    opening.catch(() => this.#hosts.delete(model));
    return opening;
  }
}

const lost = (session: string): Failure => ({
  code: "session-lost",
  session,
  why: "the edge no longer holds its computing session",
});
const NOT_BEGUN: Failure = { code: "internal", where: "computing a step", what: "a step went on that had not begun" };

function draftOf(
  { drafts, verify, sampling }: SeatSpec,
  session: SegmentSession,
  { manifest }: ModelHost,
): EdgeDraft | null {
  if (drafts === undefined || verify === null || sampling === null) return null;
  return new EdgeDraft(session, {
    rule: unwrap(ruleNamed(verify)),
    policy: unwrap(policyNamed(drafts.length)),
    sampling,
    known: manifest.architecture.vocabulary,
    ...drafts,
  });
}
