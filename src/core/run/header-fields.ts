/**
 * A raw header described field by field, for the page's frame inspector: where each field lies,
 * its bytes, its number, and what that number means in a message of this kind. It shows what is
 * there, also when it is wrong: whether a frame is acceptable is for `src/wire/frames.ts` to say.
 */
import {
  DOWN_KINDS,
  FINISH_FLAGS,
  HEADER_LAYOUT,
  MOVE_FLAGS,
  UP_KINDS,
  VERDICT_FLAGS,
  WANT_FLAGS,
  WINDOW_FLAGS,
  readHeader,
  type FrameHeader,
  type HeaderSlot,
} from "./frame-header.ts";

export interface HeaderField {
  readonly name: string;
  readonly offset: number;
  /** The field's bytes in the order they travel, as hex: little-endian. */
  readonly hex: string;
  readonly value: number;
  readonly meaning: string;
}

export interface HeaderDescription {
  readonly direction: "up" | "down" | "unknown";
  /** The message's name, as in `messages.ts`; null for a kind that is not one of ours. */
  readonly kind: string | null;
  readonly fields: readonly HeaderField[];
}

/** Null when there are fewer than 24 bytes. */
export function describeHeader(bytes: Uint8Array): HeaderDescription | null {
  const header = readHeader(bytes);
  if (header === null) return null;
  const up = nameOf(UP_KINDS, header.kind);
  const down = nameOf(DOWN_KINDS, header.kind);
  const direction = up !== null ? "up" : down !== null ? "down" : "unknown";
  const kind = up ?? down;
  const fields = HEADER_LAYOUT.map((slot) => ({
    name: slotName(slot.name, direction, kind),
    offset: slot.offset,
    hex: hexOf(bytes, slot),
    value: header[slot.name],
    meaning: meaningOf(slot.name, header, direction, kind),
  }));
  return { direction, kind, fields };
}

const nameOf = (table: Readonly<Record<string, number>>, value: number): string | null =>
  Object.entries(table).find(([, number]) => number === value)?.[0] ?? null;

const hexOf = (bytes: Uint8Array, slot: HeaderSlot): string =>
  Array.from(bytes.subarray(slot.offset, slot.offset + slot.bytes), (byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );

const TIMED = ["token", "activations", "log-probs", "verdicts", "verified", "round", "done", "kv"];
const isTimed = (direction: string, kind: string | null): boolean => direction === "down" && TIMED.includes(kind ?? "");

const VERIFY_SLOTS: Partial<Record<keyof FrameHeader, string>> = { flags: "window", first: "drafted", second: "id" };

const MOVE_SLOTS: Partial<Record<keyof FrameHeader, string>> = { flags: "phase", first: "from", second: "to" };
const namesBlocks = (direction: string, kind: string | null): boolean =>
  direction === "up" && (kind === "move" || kind === "kv" || kind === "fetch");

function slotName(name: keyof FrameHeader, direction: string, kind: string | null): string {
  if (name === "flags" && direction === "up" && kind === "activations") return "want";
  if (name === "flags" && (kind === "token" || kind === "round")) return "finish";
  if (kind === "verify") return VERIFY_SLOTS[name] ?? name;
  if (name === "flags" && kind === "verified") return "verdict";
  if (namesBlocks(direction, kind)) return MOVE_SLOTS[name] ?? name;
  if (name === "first" && isTimed(direction, kind)) return "queue";
  if (name === "second" && isTimed(direction, kind)) return "compute";
  if (name === "first" && kind === "generate") return "generate";
  if (name === "first" && kind === "check") return "judged";
  return name;
}

function meaningOf(name: keyof FrameHeader, header: FrameHeader, direction: string, kind: string | null): string {
  switch (name) {
    case "kind":
      return kind === null
        ? "not a kind of this version"
        : `${kind}, ${direction === "up" ? "device to edge" : "edge to device"}`;
    case "flags":
      return flagsMeaning(header.flags, direction, kind);
    case "wire":
      return `wire version ${header.wire}`;
    case "reserved":
      return "always 0";
    case "sequence":
      return direction === "up" ? `request ${header.sequence}` : `answers request ${header.sequence}`;
    case "position":
      return header.count > 1
        ? `positions ${header.position} to ${header.position + header.count - 1}`
        : `position ${header.position}`;
    case "count":
      return countMeaning(header.count, direction, kind);
    case "first":
      return firstMeaning(header.first, direction, kind);
    case "second":
      if (namesBlocks(direction, kind)) return `up to block ${header.second}, that one left out`;
      if (kind === "verify") return `the id at the first position is ${header.second}`;
      return isTimed(direction, kind) ? `the edge computed for ${milliseconds(header.second)}` : "unused";
  }
}

const VERDICT_MEANINGS: Readonly<Record<string, string>> = {
  next: "in the payload",
  open: "the device's to choose",
  dropped: "none, the window was dropped",
};

function flagsMeaning(flags: number, direction: string, kind: string | null): string {
  if (direction === "up" && kind === "activations") return `answer wanted for: ${nameOf(WANT_FLAGS, flags) ?? "?"}`;
  if (kind === "verify")
    return flags === WINDOW_FLAGS.follows
      ? "drafted behind a window that is unanswered"
      : "nothing it rests on is unanswered";
  if (kind === "move")
    return flags === MOVE_FLAGS.commit
      ? "what was prepared takes over"
      : "prepare these blocks beside the present ones";
  if (kind === "verified") return `the next token: ${VERDICT_MEANINGS[nameOf(VERDICT_FLAGS, flags) ?? ""] ?? "?"}`;
  if (kind === "token" || kind === "round") return `the stream ends here: ${nameOf(FINISH_FLAGS, flags) ?? "?"}`;
  return "unused";
}

function countMeaning(count: number, direction: string, kind: string | null): string {
  if (kind === "generate" || kind === "check") return `${count} token ids in the payload`;
  if (kind === "verify") return `${count} token ids, the first of them in this header`;
  if (kind === "round") return `${count} drafted tokens in the payload`;
  if (kind === "verified") return `${count} drafted tokens stand`;
  if (kind === "kv") return `keys and values of ${count} positions in the payload`;
  if (kind === "fetch") return `keys and values of ${count} positions asked for`;
  if (kind === "activations" || kind === "rebuild") return `${count} positions of activations in the payload`;
  if (kind === "score") return `${count} targets and as many positions in the payload`;
  if (kind === "log-probs") return `${count} log-probabilities, and as many most probable ids, in the payload`;
  if (kind === "verdicts") return `${count} verdicts in the payload`;
  return direction === "down" && kind === "token" ? "one token id in the payload" : "unused";
}

function firstMeaning(first: number, direction: string, kind: string | null): string {
  if (isTimed(direction, kind)) return `waited at the edge for ${milliseconds(first)}`;
  if (kind === "generate") return first === 0 ? "fill the cache only" : `at most ${first} tokens wanted back`;
  if (kind === "verify") return `the last ${first} ids are drafted`;
  if (kind === "check") return `the last ${first} ids are judged`;
  if (kind === "move" || kind === "kv" || kind === "fetch") return `from block ${first}`;
  return "unused";
}

const milliseconds = (us: number): string => `${(us / 1000).toFixed(3)} ms`;
