/**
 * A run on its time axis: each token's interval laid out part by part, in the order in which the
 * parts happen, on the row of the tier that was busy. Times since the run began, in ms.
 */
import { TOKEN_PARTS, type TokenEvent, type TokenPart } from "#core/run/record.ts";

export type Row = "tab" | "link" | "edge";

export const ROW_OF: Readonly<Record<TokenPart, Row>> = {
  deviceMs: "tab",
  encodeMs: "tab",
  uplinkMs: "link",
  queueMs: "edge",
  edgeMs: "edge",
  downlinkMs: "link",
  decodeMs: "tab",
  sampleMs: "tab",
  outageMs: "link",
  otherMs: "tab",
};

export const PART_NAMES: Readonly<Record<TokenPart, string>> = {
  deviceMs: "Device",
  encodeMs: "Encode",
  uplinkMs: "Uplink",
  queueMs: "Queue",
  edgeMs: "Edge",
  downlinkMs: "Downlink",
  decodeMs: "Decode",
  sampleMs: "Sample",
  outageMs: "Outage",
  otherMs: "Other",
};

export const PART_MEANINGS: Readonly<Record<TokenPart, string>> = {
  deviceMs: "this tab runs its blocks",
  encodeMs: "the codec packs the activations",
  uplinkMs: "on the way to the edge (share of the measured round trip)",
  queueMs: "waiting at the edge",
  edgeMs: "the edge runs its blocks",
  downlinkMs: "on the way back (share of the measured round trip)",
  decodeMs: "the codec unpacks the reply",
  sampleMs: "choosing the token",
  outageMs: "the edge server was away",
  otherMs: "scheduling, messages between threads",
};

/** A part of a token where it lies on the axis. */
export interface LaidPart {
  readonly part: TokenPart;
  readonly fromMs: number;
  readonly toMs: number;
}

export const startOf = (tokens: readonly TokenEvent[], index: number): number => tokens[index - 1]?.atMs ?? 0;

/** What the parts of a token sum to. */
export const partsMs = (token: Pick<TokenEvent, TokenPart>): number =>
  TOKEN_PARTS.reduce((total, part) => total + token[part], 0);

/** The parts of token `index`, end to end, ending at its `atMs`; parts of no length are left out. */
export function laidOut(tokens: readonly TokenEvent[], index: number): readonly LaidPart[] {
  const token = tokens[index];
  if (token === undefined) return [];
  let at = token.atMs - partsMs(token);
  return TOKEN_PARTS.flatMap((part) => {
    const fromMs = at;
    at += token[part];
    return token[part] > 0 ? [{ part, fromMs, toMs: at }] : [];
  });
}

/** Index of the token whose interval holds `ms`; the last one when it lies past the end, -1 when there is none. */
export function tokenAt(tokens: readonly TokenEvent[], ms: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.atMs ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, tokens.length - 1);
}

/** How many tokens have arrived by `ms`; null is the end of time. */
export function arrivedBy(tokens: readonly TokenEvent[], ms: number | null): number {
  if (ms === null) return tokens.length;
  const at = tokenAt(tokens, ms);
  const token = tokens[at];
  return token === undefined ? 0 : token.atMs <= ms ? at + 1 : at;
}

export interface Moment {
  readonly token: number;
  readonly span: LaidPart;
  /** How far into the span, in [0, 1]. */
  readonly progress: number;
}

/** What was happening at `ms`: the journey of one token, as the strip shows it. */
export function momentAt(tokens: readonly TokenEvent[], ms: number): Moment | null {
  const token = tokenAt(tokens, ms);
  const span = laidOut(tokens, token).find((candidate) => ms >= candidate.fromMs && ms < candidate.toMs);
  return span === undefined ? null : { token, span, progress: (ms - span.fromMs) / (span.toMs - span.fromMs) };
}

/** Per part, an SVG path of all its spans up to `untilMs`, `scale` px to a ms: one element a part, however many tokens. */
export function pathsOf(
  tokens: readonly TokenEvent[],
  scale: number,
  untilMs: number | null,
  rows: Readonly<Record<Row, readonly [number, number]>>,
): ReadonlyMap<TokenPart, string> {
  const paths = new Map<TokenPart, string>();
  for (let index = 0; index < tokens.length; index++) {
    if (untilMs !== null && startOf(tokens, index) >= untilMs) break;
    for (const span of laidOut(tokens, index)) {
      const end = untilMs === null ? span.toMs : Math.min(span.toMs, untilMs);
      if (end <= span.fromMs) continue;
      const [y, height] = rows[ROW_OF[span.part]];
      const x = Math.max(0, span.fromMs * scale);
      const box = `M${x.toFixed(2)} ${y}h${((end - span.fromMs) * scale).toFixed(2)}v${height}H${x.toFixed(2)}z`;
      paths.set(span.part, (paths.get(span.part) ?? "") + box);
    }
  }
  return paths;
}
