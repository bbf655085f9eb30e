/** What the scheduler has to know of a work: its shape, its rate and what it may share a call with. */
import { wholeModel, type Segment } from "#core/model/architecture.ts";
import type { ModelManifest } from "#core/model/manifest.ts";
import type { Outcome, SeatSpec, Stepped, Work } from "./compute.ts";
import { msOf, Rates } from "./rates.ts";
import { passesOf, type Costs, type Turn } from "./schedule.ts";
import { shapeOf, stepFacts, type Rate, type Shape } from "./steps.ts";

/** What a plain core does at least, for a first guess: weights read in a millisecond, and used for one position. */
const WEIGHT_BYTES_PER_MS = 4e6;
const WEIGHT_BYTES_PER_POSITION_MS = 2e7;
const UNKNOWN: Rate = { passMs: 5, positionMs: 1 };
/** Passes of this name are measured against their guesses: what no pass was measured of is guessed as wrongly. */
const MACHINE = "this machine";

export class StepCosts implements Costs {
  readonly #manifests: ReadonlyMap<string, ModelManifest>;
  readonly #rates = new Rates();
  /** As they are now: settings change, and cuts move. */
  readonly #seats = new Map<string, SeatSpec>();
  /** Of those, whose passes may be shared. */
  readonly #batching = new Set<string>();

  constructor(manifests: ReadonlyMap<string, ModelManifest>) {
    this.#manifests = manifests;
  }

  get seats(): number {
    return this.#seats.size;
  }

  shapeOf({ seat, step }: Work): Shape {
    return shapeOf(step, this.#seats.get(seat) ?? null);
  }

  rateOf(work: Work): Rate {
    return this.#rates.rate(this.#measuredAs(work), this.#guess(work));
  }

  /** Two works of one key may share a pass: weights of one model, whatever their cuts, codecs, positions and settings. */
  batchKeyOf({ seat, step }: Work): string | null {
    const spec = this.#seats.get(seat);
    return spec !== undefined && this.#batching.has(seat) && stepFacts(step.kind).batches ? spec.model : null;
  }

  /** A call came back: how long its passes took, where all of it was one kind of pass. */
  learn(turns: readonly Turn[], steps: readonly Stepped[]): void {
    const [first] = turns;
    if (first === undefined || steps.length < turns.length) return;
    const computed = steps.map((step) => step.computed);
    const rows = turns.every(({ job }) => job.work.step.kind === "decode"); // of tokens, each a pass of its own
    const times = rows ? Math.max(...computed) : passesOf(first);
    const name = this.#measuredAs(first.job.work);
    const alike = turns.every(
      (turn, i) =>
        this.#measuredAs(turn.job.work) === name &&
        (rows || (passesOf(turn) === times && computed[i] === turn.to - turn.from)),
    );
    const units = computed.reduce((sum, each) => sum + each, 0);
    const us = Math.max(...steps.map(({ computeUs }) => computeUs));
    if (alike && units > 0) this.#observe(first.job.work, times, units, us / 1000);
  }

  /** The compute is gone, and its seats with it. What was measured still holds. */
  forgetSeats(): void {
    this.#seats.clear();
    this.#batching.clear();
  }

  #observe(work: Work, times: number, units: number, ms: number): void {
    const { load } = stepFacts(work.step.kind);
    const positions = units / times;
    this.#rates.observe(this.#measuredAs(work), positions, ms / times);
    if (typeof load === "object") return;
    this.#rates.observe(MACHINE, 1, ms / times / msOf(this.#fromSize(load, work), positions));
  }

  /** What a work that is done changed about its seat. */
  follow({ seat, step }: Work, outcome: Outcome): void {
    const spec = this.#seats.get(seat);
    if (step.kind === "open") this.#seats.set(seat, step.spec);
    if (outcome.kind === "opened" && outcome.opened.batches) this.#batching.add(seat);
    if (step.kind === "close") {
      this.#seats.delete(seat);
      this.#batching.delete(seat);
    }
    if (spec === undefined) return;
    if (step.kind === "configure") this.#seats.set(seat, { ...spec, ...step.settings });
    if (step.kind === "move" && step.phase === "commit")
      this.#seats.set(seat, { ...spec, segment: { ...spec.segment, from: step.from } });
  }

  #measuredAs({ seat, step }: Work): string {
    const { measuredAs } = stepFacts(step.kind);
    const spec = this.#seats.get(seat);
    return spec === undefined ? measuredAs : `${measuredAs} ${spec.model} ${nameOf(spec.segment)}`;
  }

  #guess(work: Work): Rate {
    const { load } = stepFacts(work.step.kind);
    if (typeof load === "object") return load;
    const { passMs, positionMs } = this.#fromSize(load, work);
    const factor = this.#rates.rate(MACHINE, { passMs: 1, positionMs: 0 }).passMs;
    return { passMs: factor * passMs, positionMs: factor * positionMs };
  }

  #fromSize(load: "segment" | "model", { seat }: Work): Rate {
    const spec = this.#seats.get(seat);
    const manifest = spec === undefined ? undefined : this.#manifests.get(spec.model);
    if (spec === undefined || manifest === undefined) return UNKNOWN;
    const bytes = weightBytes(load === "model" ? wholeModel(manifest.architecture) : spec.segment, manifest);
    return { passMs: bytes / WEIGHT_BYTES_PER_MS, positionMs: bytes / WEIGHT_BYTES_PER_POSITION_MS };
  }
}

const nameOf = ({ embedding, from, to, head, exit }: Segment): string =>
  `${embedding ? "embedding" : ""} ${from}-${to} ${head ? "head" : ""} ${exit ?? ""}`;

/** Of the shards that a pass reads. */
const weightBytes = ({ from, to, head }: Segment, manifest: ModelManifest): number =>
  manifest.blocks.slice(from, to).reduce((sum, { bytes }) => sum + bytes, 1) +
  (head ? (manifest.head ?? manifest.embedding).bytes : 0);
