/**
 * A run in figures: its totals, the token that stands for the typical one, what the bytes would
 * have been as raw text, and whether its speeds may be quoted yet.
 */
import { summarize } from "#core/measure/summary.ts";
import { NEAR_TIE } from "#core/sampling/sample.ts";
import { totalsOf, workingIntervalsOf } from "#core/measure/totals.ts";
import type { Mode } from "#core/run/config.ts";
import { TOKEN_PARTS, type Agreement, type TokenEvent, type TokenPart } from "#core/run/record.ts";
import type { Totals } from "#core/run/record/record-totals.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { Lane } from "../stores/runs.ts";
import { share } from "../format/units.ts";
import { partsMs, startOf } from "./timeline.ts";

export const totalsOfLane = (lane: Lane): Totals => lane.record?.totals ?? totalsOf(lane.tokens);

/** Tokens that one round gave come at once, and its time stands with the first of them. */
const opensItsRound = (tokens: readonly TokenEvent[], index: number): boolean =>
  tokens[index]?.round === undefined || tokens[index]?.round !== tokens[index - 1]?.round;

/** The decode token whose interval is the median of them all: its parts sum to it exactly. Null before there is one. */
export function typicalToken(tokens: readonly TokenEvent[]): TokenEvent | null {
  const decode = tokens.flatMap((token, i) =>
    i > 0 && opensItsRound(tokens, i) ? [{ token, interval: token.atMs - startOf(tokens, i) }] : [],
  );
  const sorted = decode.toSorted((a, b) => a.interval - b.interval);
  return sorted[Math.floor((sorted.length - 1) / 2)]?.token ?? tokens[0] ?? null;
}

export interface PartRow {
  readonly part: TokenPart;
  readonly ms: number;
  readonly share: number;
}

export function partsOf(token: TokenEvent): readonly PartRow[] {
  const sum = partsMs(token);
  return TOKEN_PARTS.map((part) => ({ part, ms: token[part], share: sum > 0 ? token[part] / sum : 0 }));
}

/** Where the time of a decode token goes on average, by tier: that of an outage is left out. */
export interface TierShares {
  readonly tab: number;
  readonly link: number;
  readonly edge: number;
  readonly other: number;
}

export function tierShares(tokens: readonly TokenEvent[]): TierShares {
  const spent = spentOf(tokens.length > 1 ? tokens.slice(1) : tokens).filter(({ where }) => where !== "away");
  const all = spent.reduce((total, { ms }) => total + ms, 0);
  const of = (...wanted: readonly SpentShare["where"][]): number =>
    all > 0 ? spent.reduce((sum, { where, ms }) => sum + (wanted.includes(where) ? ms : 0), 0) / all : 0;
  return { tab: of("tab"), link: of("link"), edge: of("edge"), other: of("other", "ready") };
}

export interface SpentShare {
  /** "away": nobody could do anything, for the edge server did not answer. */
  readonly where: keyof TierShares | "ready" | "away";
  readonly ms: number;
  readonly share: number;
}

const PARTS_WHERE: Readonly<Record<Exclude<SpentShare["where"], "ready">, readonly TokenPart[]>> = {
  tab: ["deviceMs", "encodeMs", "decodeMs", "sampleMs"],
  link: ["uplinkMs", "downlinkMs"],
  edge: ["queueMs", "edgeMs"],
  away: ["outageMs"],
  other: ["otherMs"],
};
/** In the order in which a run passes them. */
const WHERE = ["ready", "tab", "link", "edge", "away", "other"] as const satisfies readonly SpentShare["where"][];

/**
 * Where the time of tokens goes, added up: it comes to when the last of them was there, and `waitedMs` behind it. What
 * nobody computes before the first token is getting ready.
 */
export function spentOf(tokens: readonly TokenEvent[], waitedMs = 0): readonly SpentShare[] {
  const of = (where: keyof typeof PARTS_WHERE, among: readonly TokenEvent[]): number =>
    among.reduce((total, token) => total + PARTS_WHERE[where].reduce((sum, part) => sum + token[part], 0), 0);
  const isFirst = ({ index }: TokenEvent): boolean => index === 0;
  const sums = WHERE.map((where) => ({
    where,
    ms:
      where === "ready"
        ? of("other", tokens.filter(isFirst))
        : of(where, where === "other" ? tokens.filter((token) => !isFirst(token)) : tokens) +
          (where === "away" ? waitedMs : 0),
  }));
  const all = sums.reduce((total, { ms }) => total + ms, 0);
  return sums.map(({ where, ms }) => ({ where, ms, share: all > 0 ? ms / all : 0 }));
}

const utf8 = new TextEncoder();
/** Bytes of a text as plain UTF-8. */
export const textBytes = (text: string): number => utf8.encode(text).byteLength;

/** The interquartile range of the decode intervals: the spread beside the median. */
export function spreadOf(tokens: readonly TokenEvent[]): readonly [number, number] | null {
  const summary = tokens.length < 4 ? null : summarize(workingIntervalsOf(tokens));
  return summary === null ? null : [summary.q1, summary.q3];
}

export type Badge = {
  readonly state: "unchecked" | "exact" | "near" | "lossy" | "wrong";
  readonly label: string;
  readonly detail: string;
};

/** The agreement badge: it names its reference, and speeds read "unchecked" until it has one. */
export function badgeOf(agreement: Agreement, mode?: Mode): Badge {
  if (agreement.kind === "unchecked") return { state: "unchecked", label: "Unchecked", detail: agreement.why };
  const { reference, comparedTokens, nearTies, firstDifference } = agreement;
  const against = `${comparedTokens} tokens against ${reference}`;
  if (agreement.exact) return { state: "exact", label: "Same tokens as uncut", detail: against };
  if (firstDifference === null || firstDifference.margin < NEAR_TIE) {
    return {
      state: "near",
      label: nearTies === 1 ? "1 near tie" : `${nearTies} near ties`,
      detail: `${against}; different kernels, same mathematics`,
    };
  }
  if (isLossy(mode))
    return {
      state: "lossy",
      label: `Lossy: ${share(1 - (agreement.differing ?? 0) / comparedTokens, 1)} the uncut model\u2019s tokens`,
      detail: against,
    };
  const { index, margin } = firstDifference;
  return {
    state: "wrong",
    label: `Differs at token ${index + 1}`,
    detail: `${against}; the reference prefers its own token by ${margin.toPrecision(2)} nats`,
  };
}

const isLossy = (mode: Mode | undefined): boolean => mode !== undefined && factsOf(mode).lossless === "lossy";

/** Index from which tokens are wrong, to colour them; Infinity when none is. What is lossy by design is not wrong. */
export function wrongFrom(agreement: Agreement, mode?: Mode): number {
  if (isLossy(mode)) return Number.POSITIVE_INFINITY;
  if (agreement.kind !== "checked" || agreement.exact || agreement.firstDifference === null)
    return Number.POSITIVE_INFINITY;
  return agreement.firstDifference.margin < NEAR_TIE ? Number.POSITIVE_INFINITY : agreement.firstDifference.index;
}

export interface BytesBeside {
  readonly upPerToken: number | null;
  readonly downPerToken: number | null;
  /** The prompt as UTF-8, sent once. */
  readonly textUp: number;
  /** One token of the answer as UTF-8, on average. */
  readonly textDown: number | null;
}

/** What crosses the link for one decode token, beside what plain text would have cost. */
export function bytesBeside(lane: Lane): BytesBeside {
  const decode = lane.tokens.slice(1);
  const mean = (pick: (token: TokenEvent) => number): number | null =>
    decode.length === 0 ? null : decode.reduce((sum, token) => sum + pick(token), 0) / decode.length;
  const said = lane.config.prompt ?? lane.config.messages?.map((message) => message.content).join("") ?? "";
  return {
    upPerToken: mean((token) => token.upBytes),
    downPerToken: mean((token) => token.downBytes),
    textUp: textBytes(said),
    textDown: mean((token) => textBytes(token.text)),
  };
}
