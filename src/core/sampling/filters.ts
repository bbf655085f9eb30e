/**
 * Which tokens may be chosen: top-k of the scaled logits, then the smallest set of the most
 * probable of those whose probability reaches top-p. Of equal logits the lower id comes first.
 *
 * Nothing is sorted that need not be: candidates lie in a heap and only those that are kept are
 * taken from it. For top-p alone, tokens less probable than (1 - p) / vocabulary are never
 * candidates: all of them together weigh less than 1 - p.
 */
import { exp } from "./exact-math.ts";

/** NaN counts as impossible, +Infinity as the largest number: a corrupted step is compared like any other. */
export const scoreAt = (logits: ArrayLike<number>, id: number): number => {
  const logit = logits[id] ?? -Infinity;
  return logit === logit ? Math.min(logit, Number.MAX_VALUE) : -Infinity;
};

export function largest(logits: ArrayLike<number>): number {
  let most = -Infinity;
  for (let id = 0; id < logits.length; id++) most = Math.max(most, scoreAt(logits, id));
  return most;
}

/** The ids that pass, best first; null when both filters are off and all pass. `temperature` > 0. */
export function keptIds(
  logits: ArrayLike<number>,
  temperature: number,
  topK: number,
  topP: number,
): Uint32Array | null {
  const limitsK = topK > 0 && topK < logits.length;
  const limitsP = topP < 1;
  if (!limitsK && !limitsP) return null;
  const most = largest(logits);
  const weight = (id: number): number => exp((scoreAt(logits, id) - most) / temperature);
  if (!limitsK) return nucleus(logits, weight, topP);
  const ids = new Uint32Array(logits.length);
  for (let id = 0; id < ids.length; id++) ids[id] = id;
  const heap = new IdHeap(logits, ids);
  const best = new Uint32Array(topK);
  for (let nth = 0; nth < topK; nth++) best[nth] = heap.take();
  return limitsP ? best.subarray(0, prefixReaching(best, weight, topP)) : best;
}

/** How many of `best` it takes to reach the share `topP` of their weight: at least one. */
function prefixReaching(best: Uint32Array, weight: (id: number) => number, topP: number): number {
  const weights = Float64Array.from(best, weight);
  const goal = topP * weights.reduce((sum, each) => sum + each, 0);
  let reached = 0;
  for (let count = 1; count <= best.length; count++) {
    reached += weights[count - 1] ?? 0;
    if (reached >= goal) return count;
  }
  return best.length;
}

function nucleus(logits: ArrayLike<number>, weight: (id: number) => number, topP: number): Uint32Array {
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += weights[id] = weight(id);
  const least = ((1 - topP) / logits.length) * total;
  const candidates: number[] = [];
  for (let id = 0; id < logits.length; id++) if ((weights[id] ?? 0) >= least) candidates.push(id);
  const heap = new IdHeap(logits, Uint32Array.from(candidates));
  const kept: number[] = [];
  for (let reached = 0; heap.size > 0 && (kept.length === 0 || reached < topP * total);) {
    const id = heap.take();
    kept.push(id);
    reached += weights[id] ?? 0;
  }
  return Uint32Array.from(kept);
}

/** A binary heap of ids: the largest logit on top, of equal ones the lower id. */
class IdHeap {
  size: number;
  readonly #logits: ArrayLike<number>;
  readonly #ids: Uint32Array;

  constructor(logits: ArrayLike<number>, ids: Uint32Array) {
    this.#logits = logits;
    this.#ids = ids;
    this.size = ids.length;
    for (let node = (ids.length >> 1) - 1; node >= 0; node--) this.#sink(node);
  }

  /** Takes the top; the heap must not be empty. */
  take(): number {
    const top = this.#ids[0] ?? 0;
    this.size -= 1;
    this.#ids[0] = this.#ids[this.size] ?? 0;
    this.#sink(0);
    return top;
  }

  #before(a: number, b: number): boolean {
    const left = scoreAt(this.#logits, a);
    const right = scoreAt(this.#logits, b);
    return left > right || (left === right && a < b);
  }

  #sink(start: number): void {
    const ids = this.#ids;
    const id = ids[start] ?? 0;
    let node = start;
    for (;;) {
      let child = 2 * node + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && this.#before(ids[child + 1] ?? 0, ids[child] ?? 0)) child += 1;
      if (!this.#before(ids[child] ?? 0, id)) break;
      ids[node] = ids[child] ?? 0;
      node = child;
    }
    ids[node] = id;
  }
}
