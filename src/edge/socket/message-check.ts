/**
 * What a message must satisfy beyond its own shape: it must fit the session it was sent to.
 * `bad-frame` for what no correct client sends; other codes for what a client may run into.
 */
import { kvBytesPerPosition } from "#core/model/families/registry.ts";
import { messageBytes } from "#core/codec/lengths.ts";
import { codecNamed } from "#core/codec/registry.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import type { Failure } from "#core/run/failure.ts";
import type { UpMessage } from "#wire/messages.ts";
import type { Seat } from "../seat/seat.ts";

export function wrongWith(message: UpMessage, seat: Seat): Failure | null {
  switch (message.kind) {
    case "activations":
      return (
        wrongActivations(message.count, message.payload, seat) ??
        wrongWant(message.want, seat) ??
        overflow(message.position, message.count, seat)
      );
    case "score":
      return (
        wrongActivations(message.targets.length, message.payload, seat) ??
        needs(seat.spec.segment.head, "segment", "no head", "a segment that ends with the head") ??
        wrongIds(message.targets, seat) ??
        overflow(message.position, message.targets.length, seat)
      );
    case "generate":
      return (
        needs(
          seat.spec.segment.embedding && seat.spec.segment.head && seat.spec.segment.from === 0,
          "segment",
          "a part of the model",
          "the whole model, to take token ids and choose tokens",
        ) ??
        (message.generate > 0 ? needsSampling(seat) : null) ??
        wrongIds(message.ids, seat) ??
        overflow(message.position, message.ids.length, seat)
      );
    case "verify":
      return (
        needs(seat.spec.segment.head, "segment", "no head", "a segment that ends with the head, to verify") ??
        needsSampling(seat) ??
        wrongIds(message.ids, seat) ??
        wrongWindow(message.ids.length, message.drafted, message.payload.byteLength, seat) ??
        overflow(message.position, message.ids.length, seat)
      );
    case "check":
      return needsSampling(seat) ?? wrongIds(message.ids, seat) ?? wrongCheck(message.ids.length, message.judged, seat);
    case "move":
      return wrongMove(message.from, message.to, message.position, seat);
    case "kv":
      return mustMove(seat) ?? overflow(message.position, message.count, seat);
    case "rebuild":
      return (
        mustMove(seat) ??
        wrongActivations(message.count, message.payload, seat) ??
        overflow(message.position, message.count, seat)
      );
    case "fetch":
      return mustMove(seat) ?? wrongFetch(message, seat) ?? overflow(message.position, message.count, seat);
    case "stop":
    case "ping":
      return null;
  }
}

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

/** Bytes of keys and values that a message asks for. */
export const fetchedBytes = (message: UpMessage, { manifest }: Seat): number =>
  message.kind === "fetch"
    ? (message.to - message.from) * message.count * kvBytesPerPosition(manifest.architecture)
    : 0;

function wrongFetch(message: Extract<UpMessage, { kind: "fetch" }>, seat: Seat): Failure | null {
  const { from, to } = message;
  const { segment } = seat.spec;
  if (from < segment.from || to > segment.to)
    return {
      code: "cut-out-of-range",
      cut: from < segment.from ? from : to,
      blocks: seat.manifest.architecture.blocks,
    };
  const bytes = fetchedBytes(message, seat);
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

function wrongWant(want: "none" | "last" | "all", seat: Seat): Failure | null {
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
