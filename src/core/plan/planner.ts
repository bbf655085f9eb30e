/**
 * The planner: every way to run a model with what was measured of both tiers and of the link, what
 * each would take (modelled), which of them the limits allow, and the best of those. TPOT over the
 * cut is a line, so without limits an end wins; memory, a download, a minimum of blocks kept on
 * the device and a busy edge are what put the best cut inside.
 * Sources: the search over all cuts is Kang et al., Neurosurgeon, ASPLOS 2017; waiting at a busy
 * edge is `waiting.ts`.
 */
import type { Codec } from "../codec/codec.ts";
import { messageBytes } from "../codec/lengths.ts";
import { expectedPassageMs } from "../link/link-model.ts";
import type { LinkFigures, Mode } from "../run/config.ts";
import { PLAIN_PLACES, type PlainPlace } from "../strategies/facts.ts";
import { factsOf, plainMode } from "../strategies/table.ts";
import { FRAME_HEADER_BYTES } from "../frames/frame-header.ts";
import type { TierLine, TierPace } from "./measured/tier-line.ts";
import { edgeResponseMs } from "./modelled/waiting.ts";

/** What was measured, and what is to be run. Times ms, sizes bytes. */
export interface PlannerInput {
  readonly blocks: number;
  readonly hidden: number;
  readonly device: TierPace;
  readonly edge: TierPace;
  readonly link: LinkFigures;
  /** The real link's own round trip, where it is longer than what is asked. */
  readonly realRttMs: number;
  /** Of the first token and of each later one beside compute and the link's figures: encoding, sampling, turns between threads, what the real link adds. */
  readonly overheads: Overheads;
  /** Those whose loss is accepted. */
  readonly codecs: readonly Codec[];
  readonly promptPositions: number;
  readonly outputTokens: number;
  readonly blockBytes: number;
  /** Of the embedding, the norm and the head, where they are needed. */
  readonly endBytes: number;
  /** Keys and values of one position in one block. */
  readonly kvBytes: number;
  /** Bytes in the device's memory for each of a shard: weights that are stored in 16 bits are computed with in 32. */
  readonly memoryScale: number;
  /** Blocks that the device holds already: only what is missing is downloaded. */
  readonly heldBlocks: number;
}

export type Overheads = Readonly<Record<PlainPlace, { readonly firstMs: number; readonly stepMs: number }>>;

export interface Limits {
  /** Weights, keys and values that the device may hold. */
  readonly deviceBytes: number;
  readonly minDeviceBlocks: number;
  /** Keys and values that the edge gives one session. */
  readonly edgeKvBytes: number;
  /** Others that use the edge at the same time. */
  readonly busyClients: number;
  readonly objective:
    | { readonly kind: "least-time" }
    | { readonly kind: "least-edge-compute"; readonly tpotMs: number };
}

export const NO_LIMITS: Limits = {
  deviceBytes: Infinity,
  minDeviceBlocks: 0,
  edgeKvBytes: Infinity,
  busyClients: 0,
  objective: { kind: "least-time" },
};

export type Obstacle = "device-memory" | "edge-kv" | "min-device-blocks" | "too-slow";

export interface Option {
  readonly mode: Mode;
  /** Blocks on the device: 0 under edge-only, all under device-only. */
  readonly cut: number;
  readonly codec: string;
  readonly kvCache: boolean;
  /** Positions that the caches hold; 0 without. */
  readonly capacity: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
  readonly edgeMsPerToken: number;
  readonly downloadMs: number;
  /** The whole answer, the download amortised over it. */
  readonly answerMs: number;
  readonly deviceBytes: number;
  readonly edgeKvBytes: number;
  /** Null where the limits allow it. */
  readonly obstacle: Obstacle | null;
}

export interface Plan {
  readonly options: readonly Option[];
  /** Null where the limits allow none. */
  readonly choice: Option | null;
  /** What would have been chosen without limits. */
  readonly unlimited: Option | null;
}

export function plan(input: PlannerInput, limits: Limits): Plan {
  const options = ways(input).map((way) => optionOf(way, input, limits));
  const free = ways(input).map((way) => optionOf(way, input, { ...NO_LIMITS, objective: limits.objective }));
  return { options, choice: bestOf(options, limits), unlimited: bestOf(free, limits) };
}

interface Way extends Pick<Option, "mode" | "cut" | "kvCache"> {
  readonly place: PlainPlace;
  readonly codec: Codec | null;
}

/** Both ends without a codec, and every cut with every codec; each with a cache and without. */
function ways({ blocks, codecs }: PlannerInput): readonly Way[] {
  const cuts = Array.from({ length: blocks + 1 }, (_, cut) => cut);
  const cached = PLAIN_PLACES.flatMap((place): readonly Way[] => {
    const mode = plainMode(place);
    return place === "cut"
      ? cuts.flatMap((cut) => codecs.map((codec) => ({ mode, place, cut, kvCache: true, codec })))
      : [{ mode, place, cut: place === "edge" ? 0 : blocks, kvCache: true, codec: null }];
  });
  return [...cached, ...cached.map((way) => ({ ...way, kvCache: false }))];
}

function optionOf(way: Way, input: PlannerInput, limits: Limits): Option {
  const { mode, cut, kvCache } = way;
  const { host } = factsOf(mode).needs;
  const { blocks, promptPositions, outputTokens } = input;
  const capacity = kvCache ? promptPositions + outputTokens : 0;
  const prefill = stepMs(way, input, promptPositions, "prefill");
  // Without a cache every token computes and sends the whole context, on average half of the answer longer than the prompt.
  const decode = kvCache
    ? stepMs(way, input, 1, "decode")
    : stepMs(way, input, promptPositions + outputTokens / 2, "prefill");
  const busyMs = edgeResponseMs(decode.edgeMs, decode.awayMs, limits.busyClients + 1);
  const tpotMs = decode.awayMs + busyMs;
  const ttftMs = prefill.awayMs + prefill.edgeMs + (prefill.edgeMs > 0 ? busyMs - decode.edgeMs : 0);
  const downloadMs = host ? transferMs(input.link, Math.max(0, cut - input.heldBlocks) * input.blockBytes) : 0;
  const option = {
    mode,
    cut,
    codec: way.codec?.name ?? "none",
    kvCache,
    capacity,
    ttftMs,
    tpotMs,
    edgeMsPerToken: decode.edgeMs,
    downloadMs,
    answerMs: downloadMs + ttftMs + Math.max(0, outputTokens - 1) * tpotMs,
    deviceBytes: host
      ? (cut * input.blockBytes + input.endBytes) * input.memoryScale + cut * capacity * input.kvBytes
      : 0,
    edgeKvBytes: (blocks - cut) * capacity * input.kvBytes,
  };
  return { ...option, obstacle: obstacleOf(option, limits) };
}

interface StepMs {
  /** Device, link and overhead: time not spent at the edge. */
  readonly awayMs: number;
  readonly edgeMs: number;
}

function stepMs(
  { mode, place, cut, codec }: Way,
  { blocks, hidden, device, edge, link, realRttMs, overheads }: PlannerInput,
  positions: number,
  phase: "prefill" | "decode",
): StepMs {
  const { needs, crosses } = factsOf(mode);
  const deviceMs = needs.host ? lineMs(device[phase], cut) * positions : 0;
  const edgeMs = needs.edge ? lineMs(edge[phase], blocks - cut) * positions : 0;
  const overheadMs = phase === "prefill" ? overheads[place].firstMs : overheads[place].stepMs;
  if (!needs.edge) return { awayMs: deviceMs + overheadMs, edgeMs };
  // Where the ids go up once and what comes is streamed, only the first token waits for the round trip.
  const upBytes = codec === null ? positions * ID_BYTES : messageBytes(codec, positions, hidden);
  const figures = { ...link, rttMs: Math.max(link.rttMs, realRttMs) };
  const roundTripMs =
    expectedPassageMs(figures, "up", FRAME_HEADER_BYTES + upBytes) +
    expectedPassageMs(figures, "down", FRAME_HEADER_BYTES + ID_BYTES);
  const linkMs = crosses === "once" && phase === "decode" ? 0 : roundTripMs;
  return { awayMs: deviceMs + linkMs + overheadMs, edgeMs };
}

const ID_BYTES = 4;
const lineMs = ({ fixedMs, perBlockMs }: TierLine, blocks: number): number => fixedMs + perBlockMs * blocks;
const transferMs = ({ downlinkMbps }: LinkFigures, bytes: number): number =>
  downlinkMbps > 0 ? (bytes * 8) / (downlinkMbps * 1000) : 0;

function obstacleOf(
  option: Omit<Option, "obstacle">,
  { deviceBytes, minDeviceBlocks, edgeKvBytes, objective }: Limits,
): Obstacle | null {
  if (option.cut < minDeviceBlocks) return "min-device-blocks";
  if (option.deviceBytes > deviceBytes) return "device-memory";
  if (option.edgeKvBytes > edgeKvBytes) return "edge-kv";
  return objective.kind === "least-edge-compute" && option.tpotMs > objective.tpotMs ? "too-slow" : null;
}

/** Of equal ones the earlier: options come cached before uncached, and the codecs in the order of preference. */
export function bestOf(options: readonly Option[], { objective }: Limits): Option | null {
  const costOf = (option: Option): number =>
    objective.kind === "least-time" ? option.answerMs : option.edgeMsPerToken;
  return options
    .filter(({ obstacle }) => obstacle === null)
    .reduce<Option | null>((best, option) => (best === null || costOf(option) < costOf(best) ? option : best), null);
}
