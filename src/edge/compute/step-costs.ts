/** What the scheduler has to know of a work: its shape, its rate and what it may share a call with. */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import type { SeatSpec, Step, Stepped, Work } from "./compute.ts";
import { Rates } from "./rates.ts";
import type { Costs, Turn } from "./schedule.ts";
import { shapeOf, stepFacts, type Load, type Rate, type Shape } from "./steps.ts";

/** What a plain core does at least, for a first guess: weights read, and multiplications, in a millisecond. */
const WEIGHT_BYTES_PER_MS = 4e6;
const MULTIPLICATIONS_PER_MS = 5e6;
const UNKNOWN: Rate = { passMs: 5, positionMs: 1 };

export class StepCosts implements Costs {
  readonly #architectures: ReadonlyMap<string, Architecture>;
  readonly #rates = new Rates();
  /** As they are now: settings change, and cuts move. */
  readonly #seats = new Map<string, SeatSpec>();

  constructor(architectures: ReadonlyMap<string, Architecture>) {
    this.#architectures = architectures;
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

  /** Two works of one key may share a pass: the same weights, whatever their codecs, positions and settings. */
  batchKeyOf({ seat, step }: Work): string | null {
    const spec = this.#seats.get(seat);
    if (spec === undefined || !stepFacts(step.kind).batches) return null;
    return `${spec.model} ${nameOf(spec.segment)} ${spec.kvCache ? "cached" : "whole"}`;
  }

  /** A chunk came back: how long its passes took, and what it changed about its seat. */
  learn({ job: { work }, from, to, shape }: Turn, { outcome, computed, computeUs }: Stepped): void {
    if (computed === to - from) {
      const times = Math.ceil((to - from) / shape.positions);
      this.#rates.observe(this.#measuredAs(work), (to - from) / times, computeUs / 1000 / times);
    }
    if (outcome !== null) this.#follow(work.seat, work.step);
  }

  /** The compute is gone, and its seats with it. What was measured still holds. */
  forgetSeats(): void {
    this.#seats.clear();
  }

  #follow(seat: string, step: Step): void {
    const spec = this.#seats.get(seat);
    if (step.kind === "open") this.#seats.set(seat, step.spec);
    if (step.kind === "close") this.#seats.delete(seat);
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

  #guess({ seat, step }: Work): Rate {
    const { load } = stepFacts(step.kind);
    const spec = this.#seats.get(seat);
    return spec === undefined ? whenUnknown(load) : this.#guessOf(load, spec);
  }

  #guessOf(load: Load, { model, segment }: SeatSpec): Rate {
    const architecture = this.#architectures.get(model);
    if (typeof load === "object" || architecture === undefined) return whenUnknown(load);
    const whole = { embedding: true, from: 0, to: architecture.blocks, head: true };
    const weights = weightsOf(load === "model" ? whole : segment, architecture);
    return { passMs: (4 * weights) / WEIGHT_BYTES_PER_MS, positionMs: weights / MULTIPLICATIONS_PER_MS };
  }
}

const whenUnknown = (load: Load): Rate => (typeof load === "object" ? load : UNKNOWN);

const nameOf = ({ embedding, from, to, head, exit }: Segment): string =>
  `${embedding ? "embedding" : ""} ${from}-${to} ${head ? "head" : ""} ${exit ?? ""}`;

/** Those that a pass multiplies by. */
function weightsOf({ from, to, head }: Segment, architecture: Architecture): number {
  const { hidden, heads, kvHeads, headSize, intermediate, vocabulary } = architecture;
  const block = hidden * headSize * 2 * (heads + kvHeads) + 3 * hidden * intermediate;
  return Math.max(1, (to - from) * block + (head ? hidden * vocabulary : 0));
}
