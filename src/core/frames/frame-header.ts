/**
 * The header in front of every binary message, little-endian, 28 bytes: what kind of message it
 * is, which of the socket's sessions and which request it belongs to, which positions it is about,
 * which weights it is to be computed with, and two numbers whose meaning the kind decides:
 * `core/frames/message-table.ts` has a row a kind. `src/wire/frames.ts` reads and writes messages
 * with it; `header-fields.ts` describes one for the page's frame inspector.
 */

export const FRAME_HEADER_BYTES = 28;

/** Which positions of an answer are wanted, as the flags of an upward message. */
export const WANT_FLAGS = { none: 0, last: 1, all: 2 } as const;
/** Why a stream of tokens ends, as the flags of a token. */
export const FINISH_FLAGS = { none: 0, eos: 1, length: 2, context: 3 } as const;

/** Of a drafted window: whether it was drafted behind one that is still unanswered. */
export const WINDOW_FLAGS = { first: 0, follows: 1 } as const;
/** What a verdict says beside how many stand: the edge chose the next token, left that to the device, or dropped the window unseen. */
export const VERDICT_FLAGS = { next: 0, open: 1, dropped: 2 } as const;

/** Of moving the cut: what is to come is opened beside what is, or takes its place. */
export const MOVE_FLAGS = { prepare: 0, commit: 1 } as const;

/** Every field is an unsigned integer. `first` and `second` mean what the kind says. */
export interface FrameHeader {
  readonly kind: number;
  readonly flags: number;
  readonly wire: number;
  /** Of the session's adapters; 0 is the base model. */
  readonly adapter: number;
  /** Of the socket's sessions; 0 is the one that its hello opened. */
  readonly session: number;
  /** Of the weights and of what was made with them; 0 until something is trained. It wraps: versions are only told apart. */
  readonly version: number;
  readonly sequence: number;
  readonly position: number;
  readonly count: number;
  readonly first: number;
  readonly second: number;
}

export interface HeaderSlot<Name extends string = keyof FrameHeader> {
  readonly name: Name;
  readonly offset: number;
  readonly bytes: 1 | 2 | 4;
}

export const HEADER_LAYOUT: readonly HeaderSlot[] = [
  { name: "kind", offset: 0, bytes: 1 },
  { name: "flags", offset: 1, bytes: 1 },
  { name: "wire", offset: 2, bytes: 1 },
  { name: "adapter", offset: 3, bytes: 1 },
  { name: "session", offset: 4, bytes: 2 },
  { name: "version", offset: 6, bytes: 2 },
  { name: "sequence", offset: 8, bytes: 4 },
  { name: "position", offset: 12, bytes: 4 },
  { name: "count", offset: 16, bytes: 4 },
  { name: "first", offset: 20, bytes: 4 },
  { name: "second", offset: 24, bytes: 4 },
];

export const BLANK_HEADER: FrameHeader = {
  kind: 0,
  flags: 0,
  wire: 0,
  adapter: 0,
  session: 0,
  version: 0,
  sequence: 0,
  position: 0,
  count: 0,
  first: 0,
  second: 0,
};

export const offsetOf = (name: keyof FrameHeader): number =>
  HEADER_LAYOUT.find((slot) => slot.name === name)?.offset ?? 0;

/** Null when there are fewer bytes than a header has. */
export function readHeader(bytes: Uint8Array): FrameHeader | null {
  if (bytes.byteLength < FRAME_HEADER_BYTES) return null;
  const header: { -readonly [P in keyof FrameHeader]: number } = { ...BLANK_HEADER };
  for (const slot of HEADER_LAYOUT) header[slot.name] = readSlot(bytes, slot);
  return header;
}

export function readSlot(bytes: Uint8Array, { offset, bytes: size }: HeaderSlot<string>): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 1) return view.getUint8(offset);
  return size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
}

/** Writes the header in front of `bytes`. A value that its place cannot hold is a bug and throws. */
export function writeHeader(bytes: Uint8Array, header: FrameHeader): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  for (const { name, offset, bytes: size } of HEADER_LAYOUT) {
    const value = header[name];
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size)
      throw new RangeError(`Header field ${name} cannot hold ${value}`);
    if (size === 1) view.setUint8(offset, value);
    else if (size === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
  }
}
