/**
 * What a message must satisfy beyond its own shape: it must fit the session it was sent to. Which
 * of these checks a kind takes is in its row of the message table.
 * `bad-frame` for what no correct client sends; other codes for what a client may run into.
 */
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { messageBytes } from "#core/codec/lengths.ts";
import { codecNamed } from "#core/codec/registry.ts";
import { UP_ROWS } from "#core/frames/message-table.ts";
import type { Need } from "#core/frames/needs.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import type { Failure } from "#core/run/failure.ts";
import type { UpMessage, Want } from "#wire/messages.ts";
import type { Seat } from "../seat/seat.ts";

/** What a message asks for, whatever its kind. */
interface Asked {
  readonly adapter: number;
  readonly version: number;
  readonly position: number;
  readonly count: number;
  readonly want: Want;
  readonly ids: Uint32Array;
  readonly drafted: number;
  readonly judged: number;
  readonly generate: number;
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const NO_IDS = new Uint32Array(0);

/** A row asks for no check of what its message has not: what is missing here is never looked at. */
function askedBy(message: UpMessage): Asked {
  const ids = "ids" in message ? message.ids : "targets" in message ? message.targets : NO_IDS;
  return {
    adapter: 0,
    version: 0,
    position: 0,
    count: ids.length,
    want: "none",
    drafted: 0,
    judged: 0,
    generate: 0,
    from: 0,
    to: 0,
    payload: NOTHING,
    ...message,
    ids,
  };
}

export function wrongWith(message: UpMessage, seat: Seat): Failure | null {
  const asked = askedBy(message);
  for (const need of UP_ROWS.find(({ kind }) => kind === message.kind)?.needs ?? []) {
    const wrong = CHECKS[need](asked, seat);
    if (wrong !== null) return wrong;
  }
  return null;
}

const CHECKS: Readonly<Record<Need, (asked: Asked, seat: Seat) => Failure | null>> = {
  weights: ({ adapter, version }) =>
    needs(adapter === 0, "adapter", String(adapter), "0, the base model: this session has no adapters") ??
    needs(version === 0, "version", String(version), "0: nothing is trained in this session"),
  smashed: ({ count, payload }, seat) => wrongActivations(count, payload, seat),
  want: ({ want }, seat) => wrongWant(want, seat),
  head: (_, { spec }) => needs(spec.segment.head, "segment", "no head", "a segment that ends with the head"),
  "whole-model": (_, { spec: { segment } }) =>
    needs(
      segment.embedding && segment.head && segment.from === 0,
      "segment",
      "a part of the model",
      "the whole model, to take token ids and choose tokens",
    ),
  sampling: (_, seat) => needsSampling(seat),
  "sampling-to-generate": ({ generate }, seat) => (generate > 0 ? needsSampling(seat) : null),
  ids: ({ ids }, seat) => wrongIds(ids, seat),
  window: ({ ids, drafted, payload }, seat) =>
    wrongWindow(ids.length, drafted, payload.byteLength, seat) ?? tooManyScores(drafted + 1, seat, "drafted tokens", 1),
  "scores-at-once": ({ count }, seat) =>
    seat.spec.kvCache ? null : tooManyScores(count, seat, "positions to score", 0),
  reference: ({ ids, judged }, seat) => wrongCheck(ids.length, judged, seat),
  movable: (_, seat) => mustMove(seat),
  move: ({ from, to, position }, seat) => wrongMove(from, to, position, seat),
  "held-blocks": (asked, seat) => wrongFetch(asked, seat),
  room: ({ position, count }, seat) => overflow(position, count, seat),
};

const bad = (what: string, offset: number | null = null): Failure => ({ code: "bad-frame", what, offset });

const needs = (met: boolean, key: string, value: string, expected: string): Failure | null =>
  met ? null : { code: "bad-value", key, value, expected };

const needsSampling = (seat: Seat): Failure | null =>
  needs(
    seat.settings.sampling !== null,
    "sampling",
    "null",
    "sampling settings in the hello of a session in which the edge chooses tokens",
  );

/** Only a session that begins at a cut has one to move, and only caches are carried. */
const mustMove = ({ spec: { segment, kvCache, draft } }: Seat): Failure | null =>
  needs(
    !segment.embedding && kvCache && draft === null,
    "move",
    "a session without a cut or without a cache",
    "a session with a cache, whose segment begins at a cut",
  );

function wrongMove(from: number, to: number, position: number, seat: Seat): Failure | null {
  const { segment } = seat.spec;
  const { blocks } = seat.manifest.architecture;
  const wrong =
    mustMove(seat) ??
    needs(to === segment.to, "move", `blocks ${from} to ${to}`, `a segment that ends at ${segment.to}, as before`);
  if (wrong !== null) return wrong;
  if (from === to && !segment.head) return { code: "empty-middle", cut: from, tail: blocks - to, blocks };
  return overflow(position, 0, seat);
}

/** Keys and values that one answer may carry. */
const FETCHED_MOST = 64 << 20;

/** Scores that one step may have at once. */
const SCORES_MOST = 32 << 20;

const scoreBytes = ({ manifest }: Seat): number => 4 * manifest.architecture.vocabulary;

/** The scores of so many positions, `certain` of which nobody drafted or named. */
function tooManyScores(rows: number, seat: Seat, what: string, certain: number): Failure | null {
  const most = Math.floor(SCORES_MOST / scoreBytes(seat)) - certain;
  return needs(
    rows - certain <= Math.max(1, most),
    certain > 0 ? "draftLength" : "score",
    `${rows - certain} ${what}`,
    `at most ${Math.max(1, most)} in a message: the scores of each take ${scoreBytes(seat)} bytes here`,
  );
}

/** Bytes of keys and values that a message asks for, or of the scores that a window is judged by: they are no part of the message. */
export function askedBytes(message: UpMessage, seat: Seat): number {
  if (message.kind === "verify") return (message.drafted + 1) * scoreBytes(seat);
  return message.kind === "fetch" ? askedKvBytes(message, seat) : 0;
}

const askedKvBytes = ({ from, to, count }: Pick<Asked, "from" | "to" | "count">, { manifest }: Seat): number =>
  (to - from) * count * kvBytesPerPosition(manifest.architecture);

function wrongFetch(asked: Asked, seat: Seat): Failure | null {
  const { from, to } = asked;
  const { segment } = seat.spec;
  if (from < segment.from || to > segment.to)
    return {
      code: "cut-out-of-range",
      cut: from < segment.from ? from : to,
      blocks: seat.manifest.architecture.blocks,
    };
  const bytes = askedKvBytes(asked, seat);
  return needs(
    bytes <= FETCHED_MOST,
    "fetch",
    `${bytes} bytes`,
    `at most ${FETCHED_MOST} bytes of keys and values an answer`,
  );
}

function wrongActivations(count: number, payload: Uint8Array, seat: Seat): Failure | null {
  if (seat.spec.segment.embedding)
    return needs(false, "segment", "begins with the embedding", "a segment that begins at a cut, to take activations");
  const codec = codecNamed(seat.settings.codec);
  if (!codec.ok) return codec.failure;
  const bytes = messageBytes(codec.value, count, seat.manifest.architecture.hidden);
  return payload.byteLength === bytes
    ? null
    : bad(`${count} positions in ${codec.value.name} take ${bytes} bytes, there are ${payload.byteLength}`);
}

function wrongWant(want: Want, seat: Seat): Failure | null {
  if (!seat.spec.segment.head || want === "none") return null;
  return (
    needs(want === "last", "want", want, "last: a segment with a head answers with one token") ?? needsSampling(seat)
  );
}

function wrongIds(ids: Uint32Array, seat: Seat): Failure | null {
  const { vocabulary } = seat.manifest.architecture;
  return ids.every((id) => id < vocabulary) ? null : bad(`a token id past the vocabulary of ${vocabulary}`);
}

function wrongWindow(
  count: number,
  drafted: number,
  payloadBytes: number,
  { settings, spec, manifest }: Seat,
): Failure | null {
  const { vocabulary, hidden } = manifest.architecture;
  const rule = ruleNamed(settings.verify ?? "none");
  if (!rule.ok) return rule.failure;
  const codec = codecNamed(settings.codec);
  if (!codec.ok) return codec.failure;
  const bytes =
    (spec.segment.embedding ? 0 : messageBytes(codec.value, count, hidden)) +
    drafted * rule.value.bytesPerToken(vocabulary);
  return payloadBytes === bytes
    ? null
    : bad(
        `a window of ${count} ids, ${drafted} of them drafted under ${rule.value.name}, takes ${bytes} bytes, there are ${payloadBytes}`,
      );
}

function wrongCheck(count: number, judged: number, seat: Seat): Failure | null {
  const { context } = seat.manifest.architecture;
  if (judged >= count) return bad("the first id has nothing before it to be judged by");
  return count - 1 > context ? { code: "prompt-too-long", tokens: count - 1, capacity: context } : null;
}

function overflow(position: number, count: number, { spec: { capacity } }: Seat): Failure | null {
  if (position + count <= capacity) return null;
  return position === 0 ? { code: "prompt-too-long", tokens: count, capacity } : { code: "context-full", capacity };
}
