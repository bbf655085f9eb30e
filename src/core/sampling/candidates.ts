/**
 * What might have been said in a token's place: the most probable tokens there, and how the one that
 * was said stands among them. Log-probabilities are before sampling (temperature 1, unfiltered), the
 * odds are those of sampling as it was set: 0 for what its filters leave out, at temperature 0 all on
 * the first. Of equal scores the lower id is the more probable, as everywhere.
 */
import { exp, log } from "./exact-math.ts";
import { keptIds, largest, scoreAt } from "./filters.ts";
import type { SamplingSettings } from "./settings.ts";

/** Kept of each place. */
export const CANDIDATES = 5;
/** In place of an id where a vocabulary has fewer. */
const NO_ID = 2 ** 32 - 1;

export interface Candidate {
  readonly id: number;
  /** Nats. */
  readonly logProb: number;
  /** In [0, 1]. */
  readonly odds: number;
}

export interface Candidates {
  /** The token that was said, and its rank among all: 1 is the most probable. */
  readonly said: Candidate;
  readonly rank: number;
  /** The most probable first. */
  readonly best: readonly Candidate[];
}

/** `logits` [vocabulary] chose a token; `said` is the one that was said. */
export function candidatesAt(logits: ArrayLike<number>, settings: SamplingSettings, said: number): Candidates {
  const most = largest(logits);
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += exp(scoreAt(logits, id) - most);
  const ids = bestIds(logits);
  const oddsOf = oddsAfter(logits, settings, most, ids[0] ?? 0);
  const norm = most + log(sum);
  const of = (id: number): Candidate => ({ id, logProb: scoreAt(logits, id) - norm, odds: oddsOf(id) });
  return { said: of(said), rank: rankOf(logits, said), best: ids.map(of) };
}

function rankOf(logits: ArrayLike<number>, said: number): number {
  const score = scoreAt(logits, said);
  let rank = 1;
  for (let id = 0; id < logits.length; id++) {
    const other = scoreAt(logits, id);
    if (other > score || (other === score && id < said)) rank++;
  }
  return rank;
}

function bestIds(logits: ArrayLike<number>): readonly number[] {
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const score = scoreAt(logits, id);
    if (ids.length === CANDIDATES && score <= scoreAt(logits, ids.at(-1) ?? 0)) continue;
    const place = ids.findIndex((other) => score > scoreAt(logits, other));
    ids.splice(place < 0 ? ids.length : place, 0, id);
    if (ids.length > CANDIDATES) ids.pop();
  }
  return ids;
}

function oddsAfter(
  logits: ArrayLike<number>,
  { temperature, topK, topP }: SamplingSettings,
  most: number,
  first: number,
): (id: number) => number {
  if (temperature === 0) return (id) => (id === first ? 1 : 0);
  const kept = keptIds(logits, temperature, topK, topP);
  const weight = (id: number): number => exp((scoreAt(logits, id) - most) / temperature);
  let total = 0;
  const count = kept?.length ?? logits.length;
  for (let index = 0; index < count; index++) total += weight(kept === null ? index : (kept[index] ?? 0));
  return (id) => (kept !== null && !kept.includes(id) ? 0 : weight(id) / total);
}

/** The candidates of `n` places one behind the other, as they travel. */
export type CandidateTable = {
  readonly ranks: Uint32Array; // [n]
  readonly logProbs: Float32Array; // [n]
  readonly odds: Float32Array; // [n]
  readonly bestIds: Uint32Array; // [n, CANDIDATES]
  readonly bestLogProbs: Float32Array; // [n, CANDIDATES]
  readonly bestOdds: Float32Array; // [n, CANDIDATES]
};

export const emptyCandidates = (places: number): CandidateTable => ({
  ranks: new Uint32Array(places),
  logProbs: new Float32Array(places),
  odds: new Float32Array(places),
  bestIds: new Uint32Array(places * CANDIDATES).fill(NO_ID),
  bestLogProbs: new Float32Array(places * CANDIDATES),
  bestOdds: new Float32Array(places * CANDIDATES),
});

export function putCandidates(table: CandidateTable, place: number, { said, rank, best }: Candidates): void {
  table.ranks[place] = rank;
  table.logProbs[place] = said.logProb;
  table.odds[place] = said.odds;
  for (const [index, { id, logProb, odds }] of best.entries()) {
    table.bestIds[place * CANDIDATES + index] = id;
    table.bestLogProbs[place * CANDIDATES + index] = logProb;
    table.bestOdds[place * CANDIDATES + index] = odds;
  }
}

/** `tokenIds` are what was said. */
export const candidatesIn = (table: CandidateTable, tokenIds: readonly number[]): readonly Candidates[] =>
  tokenIds.map((id, place) => ({
    said: { id, logProb: table.logProbs[place] ?? NaN, odds: table.odds[place] ?? NaN },
    rank: table.ranks[place] ?? 0,
    best: Array.from({ length: CANDIDATES }, (_, index) => place * CANDIDATES + index)
      .filter((at) => table.bestIds[at] !== NO_ID)
      .map((at) => ({
        id: table.bestIds[at] ?? 0,
        logProb: table.bestLogProbs[at] ?? NaN,
        odds: table.bestOdds[at] ?? NaN,
      })),
  }));
