/**
 * A raw header described field by field, for the page's frame inspector: where each field lies,
 * its bytes, its number, and what that number means in a message of this kind. It shows what is
 * there, also when it is wrong: whether a frame is acceptable is for `src/wire/frames.ts` to say.
 */
import { DOWN_ROWS, UP_ROWS } from "./message-table.ts";
import type { HeaderPlace, Slot } from "./part.ts";
import { BLANK_HEADER, HEADER_LAYOUT, readSlot, type FrameHeader, type HeaderSlot } from "./frame-header.ts";

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
  /** Of the header: the payload begins behind them. */
  readonly bytes: number;
}

/** The header of wire versions 1 and 2: recordings of theirs hold such frames. */
const FORMER_LAYOUT: readonly HeaderSlot<Name>[] = [
  { name: "kind", offset: 0, bytes: 1 },
  { name: "flags", offset: 1, bytes: 1 },
  { name: "wire", offset: 2, bytes: 1 },
  { name: "reserved", offset: 3, bytes: 1 },
  { name: "sequence", offset: 4, bytes: 4 },
  { name: "position", offset: 8, bytes: 4 },
  { name: "count", offset: 12, bytes: 4 },
  { name: "first", offset: 16, bytes: 4 },
  { name: "second", offset: 20, bytes: 4 },
];
const LAST_FORMER_WIRE = 2;

type Name = keyof FrameHeader | "reserved";

/** Null when there are fewer bytes than a header has. */
export function describeHeader(bytes: Uint8Array): HeaderDescription | null {
  const layout: readonly HeaderSlot<Name>[] = (bytes[2] ?? 0) > LAST_FORMER_WIRE ? HEADER_LAYOUT : FORMER_LAYOUT;
  const headerBytes = layout.reduce((sum, slot) => sum + slot.bytes, 0);
  if (bytes.byteLength < headerBytes) return null;
  const header: FrameHeader = {
    ...BLANK_HEADER,
    ...Object.fromEntries(layout.map((slot) => [slot.name, readSlot(bytes, slot)])),
  };
  const kind = kindOf(header.kind);
  const fields = layout.map((slot) => ({
    ...saidOf(slot.name, header, kind),
    offset: slot.offset,
    hex: hexOf(bytes, slot),
    value: readSlot(bytes, slot),
  }));
  return { direction: kind.direction, kind: kind.name, fields, bytes: headerBytes };
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

const hexOf = (bytes: Uint8Array, slot: HeaderSlot<string>): string =>
  Array.from(bytes.subarray(slot.offset, slot.offset + slot.bytes), (byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );

/** What a field is called in a message of this kind, and what its number means there. */
function saidOf(name: Name, header: FrameHeader, kind: Kind): Pick<HeaderField, "name" | "meaning"> {
  switch (name) {
    case "kind":
      return { name, meaning: kindMeaning(kind) };
    case "wire":
      return { name, meaning: `wire version ${header.wire}` };
    case "reserved":
      return { name, meaning: "always 0" };
    case "session":
      return { name, meaning: header.session === 0 ? "the socket's own session" : `session ${header.session}` };
    case "sequence":
      return { name, meaning: `${kind.direction === "up" ? "request" : "answers request"} ${header.sequence}` };
    default:
      return partMeaning(name, header, kind);
  }
}

const kindMeaning = ({ name, direction }: Kind): string =>
  name === null ? "not a kind of this version" : `${name}, ${direction === "up" ? "device to edge" : "edge to device"}`;

function partMeaning(name: HeaderPlace, header: FrameHeader, { slots }: Kind): Pick<HeaderField, "name" | "meaning"> {
  const slot = slots.find(({ place }) => place === name);
  return slot === undefined
    ? { name, meaning: "unused" }
    : { name: slot.label, meaning: slot.says(header[name], header) };
}
