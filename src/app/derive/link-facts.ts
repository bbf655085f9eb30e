/**
 * What the page says about the link: its name and figures, the round trip with the measured and
 * the added part kept apart, and the bytes one token sends each way.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { LINK_PRESETS } from "#core/link/presets.ts";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import type { LinkChoice, LinkFigures } from "#core/run/config.ts";
import type { TokenEvent } from "#core/run/record.ts";
import type { ModelSummary } from "#core/run/worker-api.ts";
import { factsOf } from "#core/strategies/table.ts";
import type { Lane } from "../stores/runs.ts";
import { choiceOf, type Settings } from "../stores/settings.ts";

export interface LinkFacts {
  readonly name: string;
  /** Null where nothing is added, or where a trace decides from moment to moment. */
  readonly figures: LinkFigures | null;
}

export function linkOf(link: LinkChoice): LinkFacts {
  if (typeof link !== "string") return { name: "Custom link", figures: link };
  const preset = LINK_PRESETS.find((each) => each.name === link);
  return { name: preset?.label ?? link, figures: preset?.figures ?? null };
}

export interface RoundTrip {
  readonly name: string;
  readonly measuredMs: number | null;
  readonly addedMs: number | null;
  /** What a message and its reply take beside serialisation: asked for, or measured where nothing was. */
  readonly totalMs: number | null;
}

/** The real round trip comes from the last run over this very link. */
export function roundTrip(link: LinkChoice, lane: Lane | null): RoundTrip {
  const { name, figures } = linkOf(link);
  const same = lane !== null && JSON.stringify(lane.config.link) === JSON.stringify(link);
  const measuredMs = same ? measuredRoundTrip(lane) : null;
  const asked = figures === null || figures.rttMs === 0 ? null : figures.rttMs;
  const totalMs = asked === null ? measuredMs : Math.max(asked, measuredMs ?? 0);
  return {
    name,
    measuredMs,
    addedMs: asked === null || measuredMs === null ? null : Math.max(0, asked - measuredMs),
    totalMs,
  };
}

/**
 * The least that a message and its reply were seen to take, without what the shaper added: of the pings
 * before the run, which a busy thread may hold up, and of the run's own steps. Null without an edge.
 */
function measuredRoundTrip({ resolved, tokens }: Lane): number | null {
  const pinged = resolved?.link.realRttMs ?? null;
  if (pinged === null) return null;
  const stepped = tokens.filter(({ linkMs }) => linkMs > 0).map(({ linkMs, addedMs }) => Math.max(0, linkMs - addedMs));
  return Math.min(pinged, ...stepped);
}

/** Of a token's id in its message. */
const TOKEN_BYTES = 4;

/** Width of the gap in rem: logarithmic, so that loopback and satellite both fit on one screen. */
export function gapRem(rttMs: number | null): number {
  return Math.min(19, 6.5 + 1.6 * Math.log2(1 + (rttMs ?? 0) / 3));
}

/** Whether a run cut the model where the settings do now: its figures may stand on the strip. */
export function samePlace(lane: Lane, settings: Settings): boolean {
  if (lane.resolved === null || lane.config.mode !== settings.mode || lane.config.model !== settings.model)
    return false;
  const ran = choiceOf(lane.config, lane.resolved.blocks);
  const chosen = choiceOf(settings, lane.resolved.blocks);
  const { cut, returns } = factsOf(settings.mode);
  return cut !== "chosen" || (ran.cut === chosen.cut && (!returns || ran.tail === chosen.tail));
}

/** Bytes of one decode step each way: measured by the run on screen, else what the codec and the header come to. */
export function crossing(
  settings: Settings,
  model: ModelSummary | null,
  lane: Lane | null,
): { readonly up: number; readonly down: number } | null {
  const { needs, cut, returns } = factsOf(settings.mode);
  if (!needs.edge) return null;
  const decode = lane?.tokens.slice(1) ?? [];
  if (
    lane !== null &&
    decode.length > 0 &&
    samePlace(lane, settings) &&
    lane.config.codec === settings.codec &&
    lane.config.kvCache === settings.kvCache
  ) {
    // The mean: under drafting the tokens of a round share its two messages, and most have none of their own.
    const mean = (bytes: (token: TokenEvent) => number): number =>
      Math.round(decode.reduce((sum, token) => sum + bytes(token), 0) / decode.length);
    return { up: mean((token) => token.upBytes), down: mean((token) => token.downBytes) };
  }
  const codec = codecNamed(settings.codec);
  if (model === null || !codec.ok || !settings.kvCache || cut === "none") return null;
  const activations = FRAME_HEADER_BYTES + codec.value.bytesPerPosition(model.hidden);
  return { up: activations, down: returns ? activations : FRAME_HEADER_BYTES + TOKEN_BYTES };
}
