/**
 * The header in front of every binary message, little-endian, 24 bytes: what kind of message it
 * is, which request it belongs to, which positions it is about, and two numbers whose meaning the
 * kind decides: `core/frames/message-table.ts` has a row a kind. `src/wire/frames.ts` reads and writes
 * messages with it; `header-fields.ts` describes one for the page's frame inspector.
 */

export const FRAME_HEADER_BYTES = 24;

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
  readonly reserved: number;
  readonly sequence: number;
  readonly position: number;
  readonly count: number;
  readonly first: number;
  readonly second: number;
}

export interface HeaderSlot {
  readonly name: keyof FrameHeader;
  readonly offset: number;
  readonly bytes: 1 | 4;
}

export const HEADER_LAYOUT: readonly HeaderSlot[] = [
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

export const offsetOf = (name: keyof FrameHeader): number =>
  HEADER_LAYOUT.find((slot) => slot.name === name)?.offset ?? 0;

/** Null when there are fewer than 24 bytes. */
export function readHeader(bytes: Uint8Array): FrameHeader | null {
  if (bytes.byteLength < FRAME_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  return {
    kind: view.getUint8(0),
    flags: view.getUint8(1),
    wire: view.getUint8(2),
    reserved: view.getUint8(3),
    sequence: view.getUint32(4, true),
    position: view.getUint32(8, true),
    count: view.getUint32(12, true),
    first: view.getUint32(16, true),
    second: view.getUint32(20, true),
  };
}

/** Writes the first 24 bytes of `bytes`. A value that its slot cannot hold is a bug and throws. */
export function writeHeader(bytes: Uint8Array, header: FrameHeader): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  for (const { name, offset, bytes: size } of HEADER_LAYOUT) {
    const value = header[name];
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** size)
      throw new RangeError(`Header field ${name} cannot hold ${value}`);
    if (size === 1) view.setUint8(offset, value);
    else view.setUint32(offset, value, true);
  }
}
