/** Parts of the messages that come down: what was computed, and how long it took the edge. */
import { ok, type Failure } from "../run/failure.ts";
import { FINISH_FLAGS, FRAME_HEADER_BYTES, VERDICT_FLAGS } from "./frame-header.ts";
import { readJson } from "../schema/json.ts";
import { CANDIDATES, type CandidateTable } from "../sampling/candidates.ts";
import { parseFailure } from "../run/failure/parse-failure.ts";
import { bad, flagNamed, short, slot, type WritableHeader, type MessagePart } from "./part.ts";
import { asciiJson, asciiText } from "./payload.ts";

/** Of one place: rank, log-probability and odds of what was said, the same three of each candidate with its id for the rank. */
const CANDIDATE_BYTES = 12 * (1 + CANDIDATES);

const U32_MAX = 2 ** 32 - 1;
/** In place of a token id where there is none. */
const NO_ID = U32_MAX;
const nothing = (): number => 0;

/** The edge's own account of one step. */
export interface EdgeTiming {
  readonly queueUs: number;
  readonly computeUs: number;
  /** Steps that shared a pass over the weights with this one, itself among them; left out where it was alone. */
  readonly batch?: number;
}

const BATCH_MOST = 2 ** 16 - 1;
const milliseconds = (us: number): string => `${(us / 1000).toFixed(3)} ms`;
/** Rounded; more than the place holds (71 minutes) is written as the most it holds. */
const microseconds = (us: number): number => Math.min(U32_MAX, Math.max(0, Math.round(us)));

export const timing: MessagePart<{ readonly timing: EdgeTiming }> = {
  slots: [
    slot("first", "queue", (us) => `waited at the edge for ${milliseconds(us)}`),
    slot("second", "compute", (us) => `the edge computed for ${milliseconds(us)}`),
    // In the place that names a step's weights on the way up: a page that is older does not read it.
    slot("version", "batch", (steps) =>
      steps === 0 ? "computed alone" : `${steps} steps shared the pass over the weights`,
    ),
  ],
  payloadBytes: nothing,
  write({ timing: { queueUs, computeUs, batch = 0 } }, header) {
    header.first = microseconds(queueUs);
    header.second = microseconds(computeUs);
    header.version = Math.min(BATCH_MOST, batch);
  },
  read: ({ first, second, version }) =>
    ok({ timing: { queueUs: first, computeUs: second, ...(version === 0 ? {} : { batch: version }) } }),
};

/** What a hop behind the edge took: the way to it and back, and its own account. */
export interface FurtherTiming extends EdgeTiming {
  readonly linkUs: number;
}

const FURTHER_BYTES = 12;
const HOPS_MOST = 8;

/** Of an edge server that passes on: the hops behind it, in order, left out where there are none. */
export const further: MessagePart<{ readonly further?: readonly FurtherTiming[] }> = {
  slots: [],
  payloadBytes: (fields) => (fields.further?.length ?? 0) * FURTHER_BYTES,
  write(fields, _, payload) {
    for (const { linkUs, queueUs, computeUs } of fields.further ?? [])
      payload.u32([linkUs, queueUs, computeUs].map(microseconds));
  },
  read(_, payload) {
    if (payload.left % FURTHER_BYTES !== 0 || payload.left > HOPS_MOST * FURTHER_BYTES)
      return bad(`${payload.left} bytes are no times of hops`, FRAME_HEADER_BYTES + payload.at);
    const hops = Array.from({ length: payload.left / FURTHER_BYTES }, () => {
      const [linkUs = 0, queueUs = 0, computeUs = 0] = payload.u32(3);
      return { linkUs, queueUs, computeUs };
    });
    return ok(hops.length === 0 ? {} : { further: hops });
  },
};

/** Why a stream of tokens ends. */
export type StreamFinish = keyof typeof FINISH_FLAGS;
const finishSlot = slot("flags", "finish", (value) => `the stream ends here: ${flagNamed(FINISH_FLAGS, value) ?? "?"}`);

export const sampled: MessagePart<{ readonly id: number; readonly finish: StreamFinish }> = {
  tokens: true,
  slots: [finishSlot, slot("count", "count", () => "one token id in the payload")],
  payloadBytes: () => 4,
  write({ id, finish }, header, payload) {
    header.flags = FINISH_FLAGS[finish];
    header.count = 1;
    payload.u32([id]);
  },
  read({ flags, count }, payload) {
    const finish = flagNamed(FINISH_FLAGS, flags);
    if (finish === null) return bad(`flags ${flags} name no way to finish`, "flags");
    if (count !== 1) return bad(`a token frame carries 1 token, not ${count}`, "count");
    const cut = short(payload, 4, "a token's id would");
    if (cut !== null) return cut;
    const [id = 0] = payload.u32(1);
    return ok({ id, finish });
  },
};

/** Of each position: its target's log-probability, and the id that the model holds most probable there. */
export const scores: MessagePart<{ readonly values: Float32Array; readonly favourites: Uint32Array }> = {
  tokens: true,
  slots: [
    slot("count", "count", (count) => `${count} log-probabilities, and as many most probable ids, in the payload`),
  ],
  payloadBytes: ({ values }) => values.length * 8,
  write({ values, favourites }, header, payload) {
    header.count = values.length;
    payload.f32(values);
    payload.u32(favourites);
  },
  read: ({ count }, payload) =>
    short(payload, count * 8, `${count} log-probabilities and as many ids`) ??
    ok({ values: payload.f32(count), favourites: payload.u32(count) }),
};

/** What the unsplit graph says of given tokens, one entry a token. */
export type ReferenceVerdicts = {
  /** Its own tokens. */
  readonly ids: Uint32Array;
  /** How far each leads over the token given. */
  readonly leads: Float32Array;
  /** The reference's own top-2 margin. */
  readonly margins: Float32Array;
  /** The given token's log-probability under it: nats, unfiltered, temperature 1. */
  readonly logProbs: Float32Array;
};

export const verdicts: MessagePart<ReferenceVerdicts> = {
  tokens: true,
  slots: [slot("count", "count", (count) => `${count} verdicts in the payload`)],
  payloadBytes: ({ ids }) => ids.length * 16,
  write({ ids, leads, margins, logProbs }, header, payload) {
    header.count = ids.length;
    payload.u32(ids);
    payload.f32(leads);
    payload.f32(margins);
    payload.f32(logProbs);
  },
  read: ({ count }, payload) =>
    short(payload, count * 16, `${count} verdicts`) ??
    ok({
      ids: payload.u32(count),
      leads: payload.f32(count),
      margins: payload.f32(count),
      logProbs: payload.f32(count),
    }),
};

/** What might have been said in place of each of given tokens. */
export const candidates: MessagePart<CandidateTable> = {
  tokens: true,
  slots: [slot("count", "count", (count) => `candidates for ${count} places in the payload`)],
  payloadBytes: ({ ranks }) => ranks.length * CANDIDATE_BYTES,
  write({ ranks, logProbs, odds, bestIds, bestLogProbs, bestOdds }, header, payload) {
    header.count = ranks.length;
    payload.u32(ranks);
    payload.f32(logProbs);
    payload.f32(odds);
    payload.u32(bestIds);
    payload.f32(bestLogProbs);
    payload.f32(bestOdds);
  },
  read: ({ count }, payload) =>
    short(payload, count * CANDIDATE_BYTES, `candidates for ${count} places`) ??
    ok({
      ranks: payload.u32(count),
      logProbs: payload.f32(count),
      odds: payload.f32(count),
      bestIds: payload.u32(count * CANDIDATES),
      bestLogProbs: payload.f32(count * CANDIDATES),
      bestOdds: payload.f32(count * CANDIDATES),
    }),
};

/** What the edge says of a drafted window. */
type WindowVerdict = {
  /** Drafted tokens that stand. */
  readonly accepted: number;
  /** The one after them; null where the device is to choose it from `distribution`, and in a window that was dropped. */
  readonly next: number | null;
  /** Nothing was computed of it. */
  readonly dropped: boolean;
  /** As the rule writes it. */
  readonly distribution: Uint8Array;
};

const NEXT_IS: Readonly<Record<keyof typeof VERDICT_FLAGS, string>> = {
  next: "in the payload",
  open: "the device's to choose",
  dropped: "none, the window was dropped",
};

function verdictSays(value: number): string {
  const named = flagNamed(VERDICT_FLAGS, value);
  return `the next token: ${named === null ? "?" : NEXT_IS[named]}`;
}

export const verdict: MessagePart<WindowVerdict> = {
  tokens: true,
  slots: [slot("flags", "verdict", verdictSays), slot("count", "count", (count) => `${count} drafted tokens stand`)],
  payloadBytes: ({ distribution }) => 4 + distribution.byteLength,
  write({ accepted, next, dropped, distribution }, header, payload) {
    header.flags = dropped ? VERDICT_FLAGS.dropped : next === null ? VERDICT_FLAGS.open : VERDICT_FLAGS.next;
    header.count = accepted;
    payload.u32([next ?? 0]);
    payload.raw(distribution);
  },
  read({ flags, count: accepted }, payload) {
    const named = flagNamed(VERDICT_FLAGS, flags);
    if (named === null) return bad(`flags ${flags} name no verdict`, "flags");
    if (payload.left < 4)
      return bad(`the next token takes 4 bytes of payload, there are ${payload.left}`, FRAME_HEADER_BYTES);
    const [id = 0] = payload.u32(1);
    const dropped = named === "dropped";
    if (named !== "next" && id !== 0) return bad("a next token where there is none", FRAME_HEADER_BYTES);
    if (dropped && accepted > 0) return bad("a dropped window of which something stands", "count");
    if (named !== "open" && payload.left > 0)
      return bad("a distribution where nothing is left to choose", FRAME_HEADER_BYTES + 4);
    return ok({ accepted, next: named === "next" ? id : null, dropped, distribution: payload.rest() });
  },
};

type Round = {
  readonly drafted: Uint32Array; // [n], the first at the message's position
  /** The first of them that are text. */
  readonly accepted: number;
  /** The token behind those; null where the text ended before it. */
  readonly next: number | null;
  readonly finish: StreamFinish;
};

export const round: MessagePart<Round> = {
  tokens: true,
  slots: [finishSlot, slot("count", "count", (count) => `${count} drafted tokens in the payload`)],
  payloadBytes: ({ drafted }) => 8 + drafted.length * 4,
  write({ drafted, accepted, next, finish }, header, payload) {
    header.flags = FINISH_FLAGS[finish];
    header.count = drafted.length;
    payload.u32([accepted, next ?? NO_ID]);
    payload.u32(drafted);
  },
  read({ flags, count }, payload) {
    const finish = flagNamed(FINISH_FLAGS, flags);
    if (finish === null) return bad(`flags ${flags} name no way to finish`, "flags");
    const cut = short(payload, 8 + count * 4, `${count} drafted tokens and what came of them`);
    if (cut !== null) return cut;
    const [accepted = 0, next = 0] = payload.u32(2);
    if (accepted > count) return bad(`${accepted} of ${count} drafted tokens accepted`, FRAME_HEADER_BYTES);
    if (next === NO_ID && finish === "none")
      return bad("no next token where the stream goes on", FRAME_HEADER_BYTES + 4);
    return ok({ drafted: payload.u32(count), accepted, next: next === NO_ID ? null : next, finish });
  },
};

/** The edge's running totals of the session. */
export const byteCounts: MessagePart<{ readonly upBytes: number; readonly downBytes: number }> = {
  slots: [],
  payloadBytes: () => 16,
  write({ upBytes, downBytes }, _: WritableHeader, payload) {
    payload.u32([...halves(upBytes), ...halves(downBytes)]);
  },
  read(_, payload) {
    if (payload.left < 16)
      return bad(`two byte counts take 16 bytes of payload, there are ${payload.left}`, FRAME_HEADER_BYTES);
    const [upLow = 0, upHigh = 0, downLow = 0, downHigh = 0] = payload.u32(4);
    const upBytes = upHigh * 2 ** 32 + upLow;
    const downBytes = downHigh * 2 ** 32 + downLow;
    if (!Number.isSafeInteger(upBytes) || !Number.isSafeInteger(downBytes))
      return bad("a byte count past 2^53", FRAME_HEADER_BYTES);
    return ok({ upBytes, downBytes });
  },
};

/** The lower 32 bits, then the rest. */
const halves = (value: number): readonly [number, number] => [value % 2 ** 32, Math.floor(value / 2 ** 32)];

/** A failure is a sentence's worth of fields; nothing longer is parsed. */
const FAILURE_BYTES_MOST = 64 * 1024;

export const failed: MessagePart<{ readonly failure: Failure }> = {
  slots: [],
  payloadBytes: ({ failure }) => asciiJson(failure).byteLength,
  write({ failure }, _, payload) {
    payload.raw(asciiJson(failure));
  },
  read(_, payload) {
    if (payload.left > FAILURE_BYTES_MOST) return bad(`a failure of ${payload.left} bytes`, FRAME_HEADER_BYTES);
    const source = asciiText(payload.rest());
    const json = source === null ? null : readJson(source);
    if (json === null || !("value" in json)) return bad("the payload is not JSON in ASCII", FRAME_HEADER_BYTES);
    const failure = parseFailure(json.value);
    return failure.ok
      ? ok({ failure: failure.value })
      : bad("the payload is no failure that this version knows", FRAME_HEADER_BYTES);
  },
};
