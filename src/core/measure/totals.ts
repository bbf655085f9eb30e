/**
 * A run's totals from its tokens, and the check that a token's parts account for its interval.
 * Prefill is the first token's interval, decode all later ones. The interval of a token ends at
 * its `atMs` and begins where the one before it ended; the first begins with the run. No speed counts
 * the time of an outage.
 */
import { TOKEN_PARTS, type RoundEvent, type TokenEvent } from "../run/record.ts";
import type { PhaseTotals, Totals } from "../run/record/record-totals.ts";
import { cooperationOf, speculationOf } from "./speculation.ts";
import { median, quantile } from "./summary.ts";

/** `rounds` where tokens were drafted. */
export function totalsOf(tokens: readonly TokenEvent[], rounds: readonly RoundEvent[] = []): Totals {
  const elapsed = intervalsOf(tokens);
  const intervals = workingIntervalsOf(tokens);
  const outageMs = tokens.reduce((sum, token) => sum + token.outageMs, 0);
  const [ttftMs = null] = intervals;
  const decodeMs = spreadOverRounds(tokens, intervals).slice(1);
  const prefill = phaseOf(tokens.slice(0, 1), elapsed.slice(0, 1));
  const decode = phaseOf(tokens.slice(1), spreadOverRounds(tokens, elapsed).slice(1));
  const workingMs = sumOf(decodeMs);
  return {
    ttftMs,
    tpotMs: median(decodeMs),
    tpotP95Ms: quantile(decodeMs, 0.95),
    tokensPerSecond: decode.tokens > 0 && workingMs > 0 ? (decode.tokens / workingMs) * 1000 : null,
    upBytes: prefill.upBytes + decode.upBytes,
    downBytes: prefill.downBytes + decode.downBytes,
    deviceComputeMs: prefill.deviceComputeMs + decode.deviceComputeMs,
    edgeComputeMs: prefill.edgeComputeMs + decode.edgeComputeMs,
    ...(outageMs > 0 ? { outageMs } : {}),
    prefill,
    decode,
    ...(rounds.length > 0 ? { speculation: speculationOf(rounds) } : {}),
    ...(tokens.some(({ fate }) => fate === "confident" || fate === "asked")
      ? { cooperation: cooperationOf(tokens) }
      : {}),
  };
}

/**
 * Time a token: its own interval, or, for the tokens that one round gave at once, each the same
 * share of the round's, since none of them could have come without the others.
 */
function spreadOverRounds(tokens: readonly TokenEvent[], intervals: readonly number[]): readonly number[] {
  const rounds = new Map<number, { readonly ms: number; readonly tokens: number }>();
  for (const [index, { round }] of tokens.entries()) {
    if (round === undefined) continue;
    const so = rounds.get(round) ?? { ms: 0, tokens: 0 };
    rounds.set(round, { ms: so.ms + (intervals[index] ?? 0), tokens: so.tokens + 1 });
  }
  return intervals.map((ms, index) => {
    const round = rounds.get(tokens[index]?.round ?? -1);
    return round === undefined ? ms : round.ms / round.tokens;
  });
}

export function intervalsOf(tokens: readonly TokenEvent[]): readonly number[] {
  return tokens.map((token, index) => token.atMs - (tokens[index - 1]?.atMs ?? 0));
}

/** Without the time in which the edge server was away. */
export const workingIntervalsOf = (tokens: readonly TokenEvent[]): readonly number[] =>
  intervalsOf(tokens).map((ms, index) => ms - (tokens[index]?.outageMs ?? 0));

function phaseOf(tokens: readonly TokenEvent[], intervals: readonly number[]): PhaseTotals {
  const sum = (of: (token: TokenEvent) => number): number => tokens.reduce((total, token) => total + of(token), 0);
  return {
    elapsedMs: sumOf(intervals),
    tokens: tokens.length,
    positions: sum((token) => token.positions),
    upBytes: sum((token) => token.upBytes),
    downBytes: sum((token) => token.downBytes),
    deviceComputeMs: sum((token) => token.deviceMs),
    edgeComputeMs: sum((token) => token.edgeMs),
    linkMs: sum((token) => token.linkMs),
    addedMs: sum((token) => token.addedMs),
  };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

export interface Unaccounted {
  readonly index: number;
  readonly intervalMs: number;
  readonly partsMs: number;
}

/** How far parts may be from the interval they make up. */
const PARTS_TOLERANCE = 0.01;

/** The tokens whose parts do not sum to their interval within 1% (or what the clock cannot tell). */
export function unaccountedTokens(tokens: readonly TokenEvent[], clockResolutionMs = 0): readonly Unaccounted[] {
  return intervalsOf(tokens).flatMap((intervalMs, index) => {
    const token = tokens[index];
    if (token === undefined) return [];
    const partsMs = TOKEN_PARTS.reduce((sum, part) => sum + token[part], 0);
    const allowed = Math.max(intervalMs * PARTS_TOLERANCE, clockResolutionMs, 1e-6);
    return Math.abs(partsMs - intervalMs) <= allowed ? [] : [{ index: token.index, intervalMs, partsMs }];
  });
}
