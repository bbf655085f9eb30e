/**
 * The edge's computing itself: opens seats on model hosts and runs their steps. A host holds its
 * model's weights once, whatever the cuts of its seats. Codec, sampling and scoring happen here,
 * beside the passes, so that the thread that owns the sockets never does arithmetic.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { kvOf } from "#core/model/families/registry.ts";
import type { SamplingSettings } from "#core/run/config.ts";
import { failureOf, ok, refuse, unwrap, type Failure, type Result } from "#core/run/failure.ts";
import { logProbability } from "#core/sampling/log-probability.ts";
import { pick } from "#core/sampling/sample.ts";
import { policyNamed } from "#core/speculation/policies/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import { packParcel } from "#engine/migration/kv-parcels.ts";
import { SegmentMove } from "#engine/migration/segment-move.ts";
import { WindowJudge, type Judging } from "#engine/strategies/window-judge.ts";
import type { ModelHost, SegmentInput, SegmentOutput, SegmentSession } from "#engine/ports.ts";
import { EdgeDraft } from "./edge-draft.ts";
import { judge, LOGITS_AT_ONCE, type Reference } from "./reference.ts";
import type {
  Compute,
  HeldMemory,
  Opened,
  SeatSettings,
  SeatSpec,
  Step,
  Stepped,
  Outcome,
  Verdicts,
} from "./compute.ts";

/** Where the hosts of one model come from. Throws Failed. */
export interface ModelSource {
  openHost(): Promise<ModelHost>;
  readonly reference: Reference;
}

interface Seat {
  readonly spec: SeatSpec;
  settings: SeatSettings;
  readonly host: ModelHost;
  session: SegmentSession;
  /** Opened beside it while the cut moves. */
  move: SegmentMove | null;
  readonly windows: WindowJudge;
  readonly draft: EdgeDraft | null;
}

export class ModelCompute implements Compute {
  readonly #sources: ReadonlyMap<string, ModelSource>;
  readonly #hosts = new Map<string, Promise<ModelHost>>();
  readonly #seats = new Map<string, Seat>();

  constructor(sources: ReadonlyMap<string, ModelSource>) {
    this.#sources = sources;
  }

  async open(seat: string, spec: SeatSpec): Promise<Result<Opened>> {
    return attempt("opening a segment", async () => {
      const host = await this.#host(spec.model);
      const session = await host.open(spec.segment, { capacity: spec.capacity, kvCache: spec.kvCache });
      this.#seats.set(seat, {
        spec,
        settings: spec,
        host,
        session,
        move: null,
        windows: new WindowJudge(),
        draft: draftOf(spec, session, host),
      });
      return { runtime: host.runtime, weightBytes: host.memory().weightBytes, kvBytes: session.memory().kvBytes };
    });
  }

  async configure(seat: string, settings: SeatSettings): Promise<Result<{ readonly held: number }>> {
    const found = this.#seats.get(seat);
    if (found === undefined) return refuse(lost(seat));
    found.settings = settings;
    return ok({ held: found.session.position });
  }

  async step(seat: string, step: Step): Promise<Result<Stepped>> {
    const found = this.#seats.get(seat);
    if (found === undefined) return refuse(lost(seat));
    return attempt("computing a step", async () => {
      const began = performance.now();
      const outcome = await stepSeat(found, step);
      return { outcome, held: found.session.position, computeUs: sinceUs(began) };
    });
  }

  async check(seat: string, ids: Uint32Array, judged: number): Promise<Result<Verdicts>> {
    const found = this.#seats.get(seat);
    const source = found === undefined ? undefined : this.#sources.get(found.spec.model);
    if (found === undefined || source === undefined) return refuse(lost(seat));
    const sampling = found.settings.sampling;
    if (sampling === null) return refuse(needsSampling);
    return attempt("computing the reference", async () => {
      const began = performance.now();
      const verdicts = await source.reference.use((host) => judge(host, ids, judged, sampling));
      return { ...verdicts, computeUs: sinceUs(began) };
    });
  }

  async close(seat: string): Promise<void> {
    const found = this.#seats.get(seat);
    this.#seats.delete(seat);
    await found?.move?.close();
    await found?.session.close();
    // Graphs without a cache are compiled apart, with weights of their own: not kept for later.
    if (found?.spec.kvCache === false) await found.host.trim();
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
    for (const seat of this.#seats.keys()) await this.close(seat);
    for (const source of this.#sources.values()) await source.reference.close();
    for (const opening of this.#hosts.values()) await (await opening).close();
    this.#hosts.clear();
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

const GREEDY: SamplingSettings = { temperature: 0, topK: 0, topP: 1, seed: 0 };
const needsSampling: Failure = {
  code: "bad-value",
  key: "sampling",
  value: "null",
  expected: "sampling settings in the hello of a session in which the edge chooses tokens",
};
const lost = (session: string): Failure => ({
  code: "session-lost",
  session,
  why: "the edge no longer holds its computing session",
});
const sinceUs = (began: number): number => Math.round((performance.now() - began) * 1000);

async function attempt<T>(where: string, work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work());
  } catch (thrown) {
    return refuse(failureOf(thrown, where));
  }
}

async function stepSeat(seat: Seat, step: Step): Promise<Outcome> {
  switch (step.kind) {
    case "ids": {
      const output = await pass(seat, { kind: "ids", ids: step.ids }, step.position, step.want);
      return outcomeOf(seat, output, step.position + step.ids.length, step.want);
    }
    case "activations": {
      const hidden = decode(seat, step.payload, step.count);
      const output = await pass(seat, { kind: "hidden", hidden }, step.position, step.want);
      return outcomeOf(seat, output, step.position + step.count, step.want);
    }
    case "verify":
      return verify(seat, step);
    case "draft":
      return {
        kind: "drafted",
        position: step.position + step.ids.length,
        ...(await drafting(seat).propose(step.position, step.ids, step.room, step.seen)),
      };
    case "settle":
      return {
        kind: "token",
        position: step.position,
        id: drafting(seat).settle(step.accepted, step.distribution, step.position),
      };
    case "move":
      await moveSeat(seat, step);
      return { kind: "done", position: seat.session.position };
    case "kv":
      moving(seat).carry(step, step.payload);
      return { kind: "done", position: seat.session.position };
    case "rebuild":
      await moving(seat).rebuild(decode(seat, step.payload, step.count), step.position);
      return { kind: "done", position: seat.session.position };
    case "fetch": {
      const { from, to, position, count } = step;
      const slice = await seat.session.exportKv(from, to, position + count);
      return { kind: "kv", position, count, payload: packParcel(slice, step, kvOf(seat.host.manifest.architecture)) };
    }
    case "score":
      return { kind: "log-probs", position: step.position, ...(await score(seat, step)) };
  }
}

/** Each phase asked for again finds it done. */
async function moveSeat(seat: Seat, { phase, position, from }: Extract<Step, { kind: "move" }>): Promise<void> {
  const wanted = seat.move?.segment.from === from;
  if (phase === "prepare") {
    if (wanted) return;
    await seat.move?.close();
    seat.move = null;
    seat.move = await SegmentMove.prepare(seat.host, seat.session, from);
  } else if (wanted) {
    seat.session = await moving(seat).commit(position);
    seat.move = null;
  } else if (seat.session.segment.from !== from) unwrap(refuse(NOTHING_PREPARED));
}

const moving = ({ move }: Seat): SegmentMove => move ?? unwrap(refuse(NOTHING_PREPARED));
const NOTHING_PREPARED: Failure = {
  code: "bad-value",
  key: "move",
  value: "nothing prepared",
  expected: "a move that was prepared in this session",
};

/** The real pass, repeated: a step at a position it has seen rewrites what it wrote. */
async function pass(
  seat: Seat,
  input: SegmentInput,
  position: number,
  want: "none" | "last" | "all",
): Promise<SegmentOutput> {
  for (let spare = seat.settings.edgeLoad; spare > 1; spare--) await seat.session.step(input, position, want);
  return seat.session.step(input, position, want);
}

/** `end` is the position after the last one computed. */
function outcomeOf(seat: Seat, output: SegmentOutput, end: number, want: "none" | "last" | "all"): Outcome {
  if (want === "none") return { kind: "done", position: end };
  if (output.kind === "hidden") {
    const { hidden, positions } = output;
    const payload = unwrap(codecNamed(seat.settings.onward ?? seat.settings.codec)).encode(
      hidden,
      positions,
      hidden.length / positions,
    );
    return { kind: "activations", position: end - positions, count: positions, payload };
  }
  const settings = seat.settings.sampling;
  if (settings === null) return unwrap(refuse(needsSampling));
  return { kind: "token", position: end, id: pick(lastRow(output), settings, end).id };
}

/** The pass counts as often as `edgeLoad` says; judging and rewinding happen once. */
async function verify(
  seat: Seat,
  { position, ids, drafted, follows, payload }: Extract<Step, { kind: "verify" }>,
): Promise<Outcome> {
  const { sampling, verify: name } = seat.settings;
  if (sampling === null || name === null) return unwrap(refuse(needsSampling));
  const rule = unwrap(ruleNamed(name));
  const { vocabulary } = seat.host.manifest.architecture;
  const evidenceFrom = payload.byteLength - drafted * rule.bytesPerToken(vocabulary);
  const hidden = seat.spec.segment.embedding ? null : decode(seat, payload.subarray(0, evidenceFrom), ids.length);
  const judged = await seat.windows.judge(
    judging(seat),
    { position, ids, drafted, follows, hidden, evidence: payload.subarray(evidenceFrom) },
    rule,
    sampling,
  );
  if (judged.kind === "dropped")
    return {
      kind: "verified",
      position: seat.session.position,
      accepted: 0,
      next: null,
      dropped: true,
      distribution: new Uint8Array(0),
    };
  const { accepted, next, distribution } = judged;
  return { kind: "verified", position: judged.position, accepted, next, dropped: false, distribution };
}

const judging = (seat: Seat): Judging => ({
  step: (input, at, want) => pass(seat, input, at, want),
  rewind: (at) => seat.session.rewind(at),
});

const drafting = ({ draft }: Seat): EdgeDraft =>
  draft ?? unwrap(refuse({ code: "internal", where: "drafting", what: "a seat that does not draft was asked to" }));

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

const lastRow = ({ logits, positions }: { readonly logits: Float32Array; readonly positions: number }): Float32Array =>
  logits.subarray(logits.length - logits.length / positions);

function decode(seat: Seat, payload: Uint8Array, count: number): Float32Array {
  return unwrap(unwrap(codecNamed(seat.settings.codec)).decode(payload, count, seat.host.manifest.architecture.hidden));
}

/** Log-probability of each position's next id, and the most probable one; in stretches, so that logits never pile up. */
async function score(
  seat: Seat,
  step: Extract<Step, { kind: "score" }>,
): Promise<{ readonly values: Float32Array; readonly favourites: Uint32Array }> {
  const { hidden: width, vocabulary } = seat.host.manifest.architecture;
  const hidden = decode(seat, step.payload, step.targets.length);
  const values = new Float32Array(step.targets.length);
  const favourites = new Uint32Array(step.targets.length);
  // Without a cache a step sees nothing before it, so there is only the whole.
  const stride = seat.spec.kvCache ? Math.max(1, Math.floor(LOGITS_AT_ONCE / vocabulary)) : values.length;
  for (let from = 0; from < values.length; from += stride) {
    const count = Math.min(stride, values.length - from);
    const rows = hidden.subarray(from * width, (from + count) * width);
    const output = await pass(seat, { kind: "hidden", hidden: rows }, step.position + from, "all");
    if (output.kind !== "logits")
      return unwrap(
        refuse({ code: "bad-value", key: "segment", value: "no head", expected: "a segment that ends with the head" }),
      );
    for (let row = 0; row < count; row++) {
      const logits = output.logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      values[from + row] = logProbability(logits, step.targets[from + row] ?? 0);
      favourites[from + row] = pick(logits, GREEDY, 0).id;
    }
  }
  return { values, favourites };
}
