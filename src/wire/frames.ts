/**
 * Messages to frames and back: a 24-byte header (`core/run/frame-header.ts`) and one payload.
 *
 * Decoding never throws and never reads past the end: a message is a value that is right in every
 * field, or `bad-frame` saying what was wrong and at which byte. Fields that a kind does not use
 * must be zero, so that a stray frame is noticed instead of half understood. Payloads of
 * activations and pings are views into the frame they came in; numbers are copied out.
 */
import { ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import { readJson } from "#core/run/json-reader.ts";
import { parseFailure } from "#core/run/parse-failure.ts";
import {
  DOWN_KINDS,
  FINISH_FLAGS,
  FRAME_HEADER_BYTES,
  MOVE_FLAGS,
  UP_KINDS,
  VERDICT_FLAGS,
  WANT_FLAGS,
  WINDOW_FLAGS,
  offsetOf,
  readHeader,
  writeHeader,
  type FrameHeader,
} from "#core/run/frame-header.ts";
import { WIRE_VERSION, type DownMessage, type EdgeTiming, type UpMessage } from "./messages.ts";
import { asciiJson, asciiText, readF32, readU32, writeF32, writeU32 } from "./payloads.ts";

/** Positions and counts stay below this, so that their sums are exact in 32 bits. */
const POSITION_LIMIT = 2 ** 31;
const U32_MAX = 2 ** 32 - 1;
/** In place of a token id where there is none. */
const NO_ID = U32_MAX;

/** The message as one frame. A field that its slot cannot hold is a bug and throws RangeError. */
export function encodeUp(message: UpMessage): Uint8Array<ArrayBuffer> {
  const { sequence } = message;
  switch (message.kind) {
    case "activations": {
      const { position, count, want, payload } = message;
      return withPayload({ kind: UP_KINDS.activations, flags: WANT_FLAGS[want], sequence, position, count }, payload);
    }
    case "generate": {
      const { ids, position, generate } = message;
      const frame = blank(
        { kind: UP_KINDS.generate, sequence, position, count: ids.length, first: generate },
        ids.length * 4,
      );
      writeU32(frame, FRAME_HEADER_BYTES, ids);
      return frame;
    }
    case "check": {
      const { ids, judged } = message;
      const frame = blank({ kind: UP_KINDS.check, sequence, count: ids.length, first: judged }, ids.length * 4);
      writeU32(frame, FRAME_HEADER_BYTES, ids);
      return frame;
    }
    case "score": {
      const { targets, position, payload } = message;
      const targetBytes = targets.length * 4;
      const frame = blank(
        { kind: UP_KINDS.score, sequence, position, count: targets.length },
        targetBytes + payload.byteLength,
      );
      writeU32(frame, FRAME_HEADER_BYTES, targets);
      frame.set(payload, FRAME_HEADER_BYTES + targetBytes);
      return frame;
    }
    case "verify": {
      const { ids, position, drafted, follows, payload } = message;
      const [first = 0] = ids; // rides in the header, so that one certain id costs the frame nothing
      const flags = follows ? WINDOW_FLAGS.follows : WINDOW_FLAGS.first;
      const frame = blank(
        { kind: UP_KINDS.verify, flags, sequence, position, count: ids.length, first: drafted, second: first },
        (ids.length - 1) * 4 + payload.byteLength,
      );
      writeU32(frame, FRAME_HEADER_BYTES, ids.subarray(1));
      frame.set(payload, FRAME_HEADER_BYTES + (ids.length - 1) * 4);
      return frame;
    }
    case "move": {
      const { phase, position, from, to } = message;
      return blank({ kind: UP_KINDS.move, flags: MOVE_FLAGS[phase], sequence, position, first: from, second: to }, 0);
    }
    case "kv": {
      const { position, count, from, to, payload } = message;
      return withPayload({ kind: UP_KINDS.kv, sequence, position, count, first: from, second: to }, payload);
    }
    case "rebuild": {
      const { position, count, payload } = message;
      return withPayload({ kind: UP_KINDS.rebuild, sequence, position, count }, payload);
    }
    case "fetch": {
      const { position, count, from, to } = message;
      return blank({ kind: UP_KINDS.fetch, sequence, position, count, first: from, second: to }, 0);
    }
    case "stop":
      return blank({ kind: UP_KINDS.stop, sequence }, 0);
    case "ping":
      return withPayload({ kind: UP_KINDS.ping, sequence }, message.payload);
  }
}

export function encodeDown(message: DownMessage): Uint8Array<ArrayBuffer> {
  const { sequence } = message;
  switch (message.kind) {
    case "token": {
      const { position, id, finish, timing } = message;
      const frame = blank(
        { kind: DOWN_KINDS.token, flags: FINISH_FLAGS[finish], sequence, position, count: 1, ...timed(timing) },
        4,
      );
      writeU32(frame, FRAME_HEADER_BYTES, [id]);
      return frame;
    }
    case "activations": {
      const { position, count, payload, timing } = message;
      return withPayload({ kind: DOWN_KINDS.activations, sequence, position, count, ...timed(timing) }, payload);
    }
    case "log-probs": {
      const { position, values, favourites, timing } = message;
      const count = values.length;
      const frame = blank({ kind: DOWN_KINDS["log-probs"], sequence, position, count, ...timed(timing) }, count * 8);
      writeF32(frame, FRAME_HEADER_BYTES, values);
      writeU32(frame, FRAME_HEADER_BYTES + count * 4, favourites);
      return frame;
    }
    case "verdicts": {
      const { ids, leads, margins, logProbs, timing } = message;
      const count = ids.length;
      const frame = blank({ kind: DOWN_KINDS.verdicts, sequence, count, ...timed(timing) }, count * 16);
      writeU32(frame, FRAME_HEADER_BYTES, ids);
      writeF32(frame, FRAME_HEADER_BYTES + count * 4, leads);
      writeF32(frame, FRAME_HEADER_BYTES + count * 8, margins);
      writeF32(frame, FRAME_HEADER_BYTES + count * 12, logProbs);
      return frame;
    }
    case "verified": {
      const { position, accepted, next, dropped, distribution, timing } = message;
      const flags = dropped ? VERDICT_FLAGS.dropped : next === null ? VERDICT_FLAGS.open : VERDICT_FLAGS.next;
      const frame = blank(
        { kind: DOWN_KINDS.verified, flags, sequence, position, count: accepted, ...timed(timing) },
        4 + distribution.byteLength,
      );
      writeU32(frame, FRAME_HEADER_BYTES, [next ?? 0]);
      frame.set(distribution, FRAME_HEADER_BYTES + 4);
      return frame;
    }
    case "round": {
      const { position, drafted, accepted, next, finish, timing } = message;
      const frame = blank(
        {
          kind: DOWN_KINDS.round,
          flags: FINISH_FLAGS[finish],
          sequence,
          position,
          count: drafted.length,
          ...timed(timing),
        },
        8 + drafted.length * 4,
      );
      writeU32(frame, FRAME_HEADER_BYTES, [accepted, next ?? NO_ID]);
      writeU32(frame, FRAME_HEADER_BYTES + 8, drafted);
      return frame;
    }
    case "done":
      return blank({ kind: DOWN_KINDS.done, sequence, position: message.position, ...timed(message.timing) }, 0);
    case "kv": {
      const { position, count, payload, timing } = message;
      return withPayload({ kind: DOWN_KINDS.kv, sequence, position, count, ...timed(timing) }, payload);
    }
    case "pong": {
      const { upBytes, downBytes } = message;
      const frame = blank({ kind: DOWN_KINDS.pong, sequence }, 16);
      writeU32(frame, FRAME_HEADER_BYTES, [
        upBytes % 2 ** 32,
        Math.floor(upBytes / 2 ** 32),
        downBytes % 2 ** 32,
        Math.floor(downBytes / 2 ** 32),
      ]);
      return frame;
    }
    case "failure":
      return withPayload({ kind: DOWN_KINDS.failure, sequence }, asciiJson(message.failure));
  }
}

type SomeOfHeader = Partial<FrameHeader> & Pick<FrameHeader, "kind" | "sequence">;

function blank(header: SomeOfHeader, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payloadBytes);
  writeHeader(frame, {
    flags: 0,
    reserved: 0,
    position: 0,
    count: 0,
    first: 0,
    second: 0,
    ...header,
    wire: WIRE_VERSION,
  });
  return frame;
}

function withPayload(header: SomeOfHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = blank(header, payload.byteLength);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** Microseconds, rounded; more than the slot holds (71 minutes) is written as the most it holds. */
const timed = ({ queueUs, computeUs }: EdgeTiming): { first: number; second: number } => ({
  first: microseconds(queueUs),
  second: microseconds(computeUs),
});
const microseconds = (us: number): number => Math.min(U32_MAX, Math.max(0, Math.round(us)));

type Bad = { readonly ok: false; readonly failure: Failure };

function bad(what: string, at: keyof FrameHeader | number): Bad {
  return refuse({ code: "bad-frame", what, offset: typeof at === "number" ? at : offsetOf(at) });
}

/** What every frame must satisfy, whatever its kind. */
function open(frame: Uint8Array): Result<{ readonly header: FrameHeader; readonly payload: Uint8Array }> {
  const header = readHeader(frame);
  if (header === null)
    return bad(`a frame has at least ${FRAME_HEADER_BYTES} bytes, this one ${frame.byteLength}`, frame.byteLength);
  if (header.wire !== WIRE_VERSION) return bad(`wire version ${header.wire} where ${WIRE_VERSION} was agreed`, "wire");
  if (header.reserved !== 0) return bad("the reserved byte is not 0", "reserved");
  if (header.position + header.count > POSITION_LIMIT) return bad(`positions past ${POSITION_LIMIT}`, "position");
  return ok({ header, payload: frame.subarray(FRAME_HEADER_BYTES) });
}

/** The first of these fields that is not zero, as a failure. */
function unused(header: FrameHeader, ...names: readonly (keyof FrameHeader)[]): Bad | null {
  const name = names.find((field) => header[field] !== 0);
  return name === undefined ? null : bad(`${name} is ${header[name]} where this kind has none`, name);
}

const sized = (payload: Uint8Array, bytes: number, what: string): Bad | null =>
  payload.byteLength === bytes
    ? null
    : bad(`${what} take ${bytes} bytes of payload, there are ${payload.byteLength}`, "count");

/** Positions of activations: at least one, each of the same number of bytes. */
function positions(count: number, payloadBytes: number): Bad | null {
  if (count === 0) return bad("no positions", "count");
  if (payloadBytes === 0 || payloadBytes % count !== 0)
    return bad(`${payloadBytes} bytes of payload do not divide into ${count} positions`, "count");
  return null;
}

/** Blocks [first, second). */
const forwards = ({ first, second }: FrameHeader): Bad | null =>
  first > second ? bad(`blocks ${first} to ${second}`, "first") : null;
const someBlocks = ({ first, second }: FrameHeader): Bad | null =>
  first >= second ? bad(`no blocks from ${first} to ${second}`, "first") : null;

function flagNamed<T extends string>(table: Readonly<Record<T, number>>, value: number): T | null {
  for (const name in table) if (table[name] === value) return name;
  return null;
}

export function decodeUp(frame: Uint8Array): Result<UpMessage> {
  const opened = open(frame);
  if (!opened.ok) return opened;
  const { header, payload } = opened.value;
  const { sequence, position, count, first } = header;
  switch (header.kind) {
    case UP_KINDS.activations: {
      const want = flagNamed(WANT_FLAGS, header.flags);
      if (want === null) return bad(`flags ${header.flags} name no positions to answer`, "flags");
      return (
        unused(header, "first", "second") ??
        positions(count, payload.byteLength) ??
        ok({ kind: "activations", sequence, position, count, want, payload })
      );
    }
    case UP_KINDS.generate:
      if (count === 0) return bad("no token ids", "count");
      return (
        unused(header, "flags", "second") ??
        sized(payload, count * 4, `${count} token ids`) ??
        ok({ kind: "generate", sequence, position, ids: readU32(payload, 0, count), generate: first })
      );
    case UP_KINDS.check:
      if (first === 0 || first > count) return bad(`${first} of ${count} ids cannot be judged`, "first");
      return (
        unused(header, "flags", "position", "second") ??
        sized(payload, count * 4, `${count} token ids`) ??
        ok({ kind: "check", sequence, ids: readU32(payload, 0, count), judged: first })
      );
    case UP_KINDS.score:
      return unused(header, "flags", "first", "second") ?? decodeScore(header, payload);
    case UP_KINDS.verify: {
      const flag = flagNamed(WINDOW_FLAGS, header.flags);
      if (flag === null) return bad(`flags ${header.flags} name no kind of window`, "flags");
      return decodeVerify(header, flag === "follows", payload);
    }
    case UP_KINDS.move: {
      const phase = flagNamed(MOVE_FLAGS, header.flags);
      if (phase === null) return bad(`flags ${header.flags} name no part of a move`, "flags");
      return (
        unused(header, "count") ??
        forwards(header) ??
        sized(payload, 0, "a move") ??
        ok({ kind: "move", sequence, phase, position, from: first, to: header.second })
      );
    }
    case UP_KINDS.kv:
      return (
        unused(header, "flags") ??
        someBlocks(header) ??
        positions(count, payload.byteLength) ??
        ok({ kind: "kv", sequence, position, count, from: first, to: header.second, payload })
      );
    case UP_KINDS.rebuild:
      return (
        unused(header, "flags", "first", "second") ??
        positions(count, payload.byteLength) ??
        ok({ kind: "rebuild", sequence, position, count, payload })
      );
    case UP_KINDS.fetch:
      if (count === 0) return bad("no positions", "count");
      return (
        unused(header, "flags") ??
        someBlocks(header) ??
        sized(payload, 0, "a question") ??
        ok({ kind: "fetch", sequence, position, count, from: first, to: header.second })
      );
    case UP_KINDS.stop:
      return (
        unused(header, "flags", "position", "count", "first", "second") ??
        sized(payload, 0, "a stop") ??
        ok({ kind: "stop", sequence })
      );
    case UP_KINDS.ping:
      return unused(header, "flags", "position", "count", "first", "second") ?? ok({ kind: "ping", sequence, payload });
    default:
      return bad(`kind ${header.kind} is none that goes up`, "kind");
  }
}

function decodeVerify(
  { sequence, position, count, first: drafted, second }: FrameHeader,
  follows: boolean,
  payload: Uint8Array,
): Result<UpMessage> {
  if (count === 0) return bad("no token ids", "count");
  if (drafted >= count) return bad(`${drafted} of ${count} ids drafted, where one at least is certain`, "first");
  const idBytes = (count - 1) * 4;
  if (payload.byteLength < idBytes)
    return bad(`${count - 1} token ids take ${idBytes} bytes of payload, there are ${payload.byteLength}`, "count");
  const ids = new Uint32Array(count);
  ids[0] = second;
  ids.set(readU32(payload, 0, count - 1), 1);
  return ok({ kind: "verify", sequence, position, ids, drafted, follows, payload: payload.subarray(idBytes) });
}

function decodeScore({ sequence, position, count }: FrameHeader, payload: Uint8Array): Result<UpMessage> {
  const targetBytes = count * 4;
  if (payload.byteLength < targetBytes)
    return bad(`${count} targets take ${targetBytes} bytes of payload, there are ${payload.byteLength}`, "count");
  return (
    positions(count, payload.byteLength - targetBytes) ??
    ok({
      kind: "score",
      sequence,
      position,
      targets: readU32(payload, 0, count),
      payload: payload.subarray(targetBytes),
    })
  );
}

export function decodeDown(frame: Uint8Array): Result<DownMessage> {
  const opened = open(frame);
  if (!opened.ok) return opened;
  const { header, payload } = opened.value;
  const { sequence, position, count } = header;
  const timing: EdgeTiming = { queueUs: header.first, computeUs: header.second };
  switch (header.kind) {
    case DOWN_KINDS.token: {
      const finish = flagNamed(FINISH_FLAGS, header.flags);
      if (finish === null) return bad(`flags ${header.flags} name no way to finish`, "flags");
      if (count !== 1) return bad(`a token frame carries 1 token, not ${count}`, "count");
      return (
        sized(payload, 4, "a token") ??
        ok({ kind: "token", sequence, position, id: readU32(payload, 0, 1)[0] ?? 0, finish, timing })
      );
    }
    case DOWN_KINDS.activations:
      return (
        unused(header, "flags") ??
        positions(count, payload.byteLength) ??
        ok({ kind: "activations", sequence, position, count, payload, timing })
      );
    case DOWN_KINDS["log-probs"]:
      return (
        unused(header, "flags") ??
        sized(payload, count * 8, `${count} log-probabilities and as many ids`) ??
        ok({
          kind: "log-probs",
          sequence,
          position,
          values: readF32(payload, 0, count),
          favourites: readU32(payload, count * 4, count),
          timing,
        })
      );
    case DOWN_KINDS.verdicts:
      return (
        unused(header, "flags", "position") ??
        sized(payload, count * 16, `${count} verdicts`) ??
        ok(verdicts(sequence, payload, count, timing))
      );
    case DOWN_KINDS.verified: {
      const verdict = flagNamed(VERDICT_FLAGS, header.flags);
      if (verdict === null) return bad(`flags ${header.flags} name no verdict`, "flags");
      return decodeVerified(header, verdict, payload, timing);
    }
    case DOWN_KINDS.round: {
      const finish = flagNamed(FINISH_FLAGS, header.flags);
      if (finish === null) return bad(`flags ${header.flags} name no way to finish`, "flags");
      return (
        sized(payload, 8 + count * 4, `${count} drafted tokens and what came of them`) ??
        decodeRound(header, finish, payload, timing)
      );
    }
    case DOWN_KINDS.done:
      return (
        unused(header, "flags", "count") ??
        sized(payload, 0, "done") ??
        ok({ kind: "done", sequence, position, timing })
      );
    case DOWN_KINDS.kv:
      return (
        unused(header, "flags") ??
        positions(count, payload.byteLength) ??
        ok({ kind: "kv", sequence, position, count, payload, timing })
      );
    case DOWN_KINDS.pong:
      return (
        unused(header, "flags", "position", "count", "first", "second") ??
        sized(payload, 16, "two byte counts") ??
        decodePong(sequence, payload)
      );
    case DOWN_KINDS.failure:
      return unused(header, "flags", "position", "count", "first", "second") ?? decodeFailure(sequence, payload);
    default:
      return bad(`kind ${header.kind} is none that comes down`, "kind");
  }
}

function decodeVerified(
  { sequence, position, count: accepted }: FrameHeader,
  verdict: keyof typeof VERDICT_FLAGS,
  payload: Uint8Array,
  timing: EdgeTiming,
): Result<DownMessage> {
  if (payload.byteLength < 4)
    return bad(`the next token takes 4 bytes of payload, there are ${payload.byteLength}`, FRAME_HEADER_BYTES);
  const [id = 0] = readU32(payload, 0, 1);
  const dropped = verdict === "dropped";
  if (verdict !== "next" && id !== 0) return bad("a next token where there is none", FRAME_HEADER_BYTES);
  if (dropped && accepted > 0) return bad("a dropped window of which something stands", "count");
  if (verdict !== "open" && payload.byteLength > 4)
    return bad("a distribution where nothing is left to choose", FRAME_HEADER_BYTES + 4);
  return ok({
    kind: "verified",
    sequence,
    position,
    accepted,
    next: verdict === "next" ? id : null,
    dropped,
    distribution: payload.subarray(4),
    timing,
  });
}

function decodeRound(
  { sequence, position, count }: FrameHeader,
  finish: keyof typeof FINISH_FLAGS,
  payload: Uint8Array,
  timing: EdgeTiming,
): Result<DownMessage> {
  const [accepted = 0, next = 0] = readU32(payload, 0, 2);
  if (accepted > count) return bad(`${accepted} of ${count} drafted tokens accepted`, FRAME_HEADER_BYTES);
  if (next === NO_ID && finish === "none") return bad("no next token where the stream goes on", FRAME_HEADER_BYTES + 4);
  return ok({
    kind: "round",
    sequence,
    position,
    drafted: readU32(payload, 8, count),
    accepted,
    next: next === NO_ID ? null : next,
    finish,
    timing,
  });
}

function verdicts(sequence: number, payload: Uint8Array, count: number, timing: EdgeTiming): DownMessage {
  return {
    kind: "verdicts",
    sequence,
    ids: readU32(payload, 0, count),
    leads: readF32(payload, count * 4, count),
    margins: readF32(payload, count * 8, count),
    logProbs: readF32(payload, count * 12, count),
    timing,
  };
}

function decodePong(sequence: number, payload: Uint8Array): Result<DownMessage> {
  const [upLow = 0, upHigh = 0, downLow = 0, downHigh = 0] = readU32(payload, 0, 4);
  const upBytes = upHigh * 2 ** 32 + upLow;
  const downBytes = downHigh * 2 ** 32 + downLow;
  if (!Number.isSafeInteger(upBytes) || !Number.isSafeInteger(downBytes))
    return bad("a byte count past 2^53", FRAME_HEADER_BYTES);
  return ok({ kind: "pong", sequence, upBytes, downBytes });
}

function decodeFailure(sequence: number, payload: Uint8Array): Result<DownMessage> {
  const source = asciiText(payload);
  const json = source === null ? null : readJson(source);
  if (json === null || !("value" in json)) return bad("the payload is not JSON in ASCII", FRAME_HEADER_BYTES);
  const failure = parseFailure(json.value);
  if (!failure.ok) return bad("the payload is no failure that this version knows", FRAME_HEADER_BYTES);
  return ok({ kind: "failure", sequence, failure: failure.value });
}
