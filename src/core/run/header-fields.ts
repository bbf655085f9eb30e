/**
 * A raw header described field by field, for the page's frame inspector: where each field lies,
 * its bytes, its number, and what that number means in a message of this kind. It shows what is
 * there, also when it is wrong: whether a frame is acceptable is for `src/wire/frames.ts` to say.
 */
import { DOWN_ROWS, UP_ROWS } from "../frames/message-table.ts";
import type { Slot } from "../frames/part.ts";
import { HEADER_LAYOUT, readHeader, type FrameHeader, type HeaderSlot } from "./frame-header.ts";

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
  /** The message's name, as in the message table; null for a kind that is not one of ours. */
  readonly kind: string | null;
  readonly fields: readonly HeaderField[];
}

/** Null when there are fewer bytes than a header has. */
export function describeHeader(bytes: Uint8Array): HeaderDescription | null {
  const header = readHeader(bytes);
  if (header === null) return null;
  const kind = kindOf(header.kind);
  const fields = HEADER_LAYOUT.map((slot) => ({
    ...saidOf(slot.name, header, kind),
    offset: slot.offset,
    hex: hexOf(bytes, slot),
    value: header[slot.name],
  }));
  return { direction: kind.direction, kind: kind.name, fields };
}

interface Kind {
  readonly direction: HeaderDescription["direction"];
  readonly name: string | null;
  readonly slots: readonly Slot[];
}

function kindOf(code: number): Kind {
  const up = UP_ROWS.find((row) => row.code === code);
  const row = up ?? DOWN_ROWS.find((each) => each.code === code);
  if (row === undefined) return { direction: "unknown", name: null, slots: [] };
  return { direction: up === undefined ? "down" : "up", name: row.kind, slots: row.slots };
}

const hexOf = (bytes: Uint8Array, slot: HeaderSlot): string =>
  Array.from(bytes.subarray(slot.offset, slot.offset + slot.bytes), (byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );

/** What a field is called in a message of this kind, and what its number means there. */
function saidOf(name: keyof FrameHeader, header: FrameHeader, kind: Kind): Pick<HeaderField, "name" | "meaning"> {
  if (name === "kind" || name === "wire" || name === "reserved" || name === "sequence")
    return { name, meaning: COMMON[name](header[name], kind) };
  const slot = kind.slots.find(({ place }) => place === name);
  return slot === undefined
    ? { name, meaning: "unused" }
    : { name: slot.label, meaning: slot.says(header[name], header) };
}

const COMMON = {
  kind: (_: number, { name, direction }: Kind): string =>
    name === null
      ? "not a kind of this version"
      : `${name}, ${direction === "up" ? "device to edge" : "edge to device"}`,
  wire: (value: number): string => `wire version ${value}`,
  reserved: (): string => "always 0",
  sequence: (value: number, { direction }: Kind): string =>
    direction === "up" ? `request ${value}` : `answers request ${value}`,
} as const;
