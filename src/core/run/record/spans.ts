/**
 * Where a token's or a round's time went, hop by hop: hop 0 is the end device, also where it runs no
 * block, 1 the first edge server, and so on. The ten parts of a token are sums of its spans over the
 * hops, so both add up to the same interval. What took no time has no span.
 */
import { TOKEN_PARTS, type RoundEvent, type TokenPart } from "../record.ts";
import type { Span, SpanPart } from "./span.ts";

type Parts = Readonly<Record<TokenPart, number>>;

/** Where each part of a token is spent when there is one edge server. */
const PLACES: Readonly<Record<TokenPart, { readonly hop: number; readonly part: SpanPart }>> = {
  deviceMs: { hop: 0, part: "device" },
  encodeMs: { hop: 0, part: "encode" },
  uplinkMs: { hop: 1, part: "uplink" },
  queueMs: { hop: 1, part: "queue" },
  edgeMs: { hop: 1, part: "edge" },
  downlinkMs: { hop: 1, part: "downlink" },
  decodeMs: { hop: 0, part: "decode" },
  sampleMs: { hop: 0, part: "sample" },
  outageMs: { hop: 1, part: "outage" },
  otherMs: { hop: 0, part: "other" },
};

/** The ten parts as sums over the hops. */
export function partsOf(spans: readonly Span[]): Parts {
  const total = (wanted: TokenPart): number =>
    spans.reduce((sum, { part, ms }) => (part === PLACES[wanted].part ? sum + ms : sum), 0);
  return {
    deviceMs: total("deviceMs"),
    encodeMs: total("encodeMs"),
    uplinkMs: total("uplinkMs"),
    queueMs: total("queueMs"),
    edgeMs: total("edgeMs"),
    downlinkMs: total("downlinkMs"),
    decodeMs: total("decodeMs"),
    sampleMs: total("sampleMs"),
    outageMs: total("outageMs"),
    otherMs: total("otherMs"),
  };
}

/** The spans of a token with one edge server. */
export const spansOf = (parts: Parts): readonly Span[] =>
  TOKEN_PARTS.flatMap((part) => span(PLACES[part].hop, PLACES[part].part, parts[part]));

/** The spans of a drafted window, which goes to one edge server. */
export const roundSpans = ({ draftMs, linkMs, queueMs, edgeMs }: RoundTimes): readonly Span[] => [
  ...span(0, "device", draftMs),
  ...span(1, "link", linkMs),
  ...span(1, "queue", queueMs),
  ...span(1, "edge", edgeMs),
];
type RoundTimes = Pick<RoundEvent, "draftMs" | "linkMs" | "queueMs" | "edgeMs">;

/** None where it took no time. */
export const span = (hop: number, part: SpanPart, ms: number): readonly Span[] => (ms === 0 ? [] : [{ hop, part, ms }]);

/** One span of each part of each hop. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const sums = new Map<string, Span>();
  for (const each of spans) {
    const key = `${each.hop} ${each.part}`;
    sums.set(key, { ...each, ms: each.ms + (sums.get(key)?.ms ?? 0) });
  }
  return [...sums.values()];
}
