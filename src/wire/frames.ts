/**
 * Messages to frames and back: a header (`core/frames/frame-header.ts`) and one payload, as the
 * message's row in `core/frames/message-table.ts` has them.
 *
 * Decoding never throws and never reads past the end: a message is a value that is right in every
 * field, or `bad-frame` saying what was wrong and at which byte. Places that a kind does not use
 * must be zero, so that a stray frame is noticed instead of half understood. Payloads of
 * activations and pings are views into the frame they came in; numbers are copied out.
 */
import {
  DOWN_ROWS,
  rowOf,
  UP_ROWS,
  type DownMessage,
  type MessageRow,
  type UpMessage,
} from "#core/frames/message-table.ts";
import { bad, type Bad } from "#core/frames/part.ts";
import { PayloadReader, PayloadWriter } from "#core/frames/payload.ts";
import type { Result } from "#core/run/failure.ts";
import {
  BLANK_HEADER,
  FRAME_HEADER_BYTES,
  HEADER_LAYOUT,
  readHeader,
  writeHeader,
  type FrameHeader,
} from "#core/frames/frame-header.ts";
import { WIRE_VERSION } from "./messages.ts";

/** Positions and counts stay below this, so that their sums are exact in 32 bits. */
const POSITION_LIMIT = 2 ** 31;

type Message = { readonly kind: string; readonly sequence: number; readonly session?: number };
type Rows<M extends Message> = readonly MessageRow<M>[];

const UP: Rows<UpMessage> = UP_ROWS;
const DOWN: Rows<DownMessage> = DOWN_ROWS;

/** The message as one frame. A field that its place cannot hold is a bug and throws RangeError. */
export const encodeUp = (message: UpMessage): Uint8Array<ArrayBuffer> => encode(UP, message);
export const encodeDown = (message: DownMessage): Uint8Array<ArrayBuffer> => encode(DOWN, message);

export const decodeUp = (frame: Uint8Array): Result<UpMessage> => decode(UP, frame, "goes up");
export const decodeDown = (frame: Uint8Array): Result<DownMessage> => decode(DOWN, frame, "comes down");

/** Bytes of the message's frame. */
export const bytesOfUp = (message: UpMessage): number => FRAME_HEADER_BYTES + rowOf(UP, message).payloadBytes(message);

function encode<M extends Message>(rows: Rows<M>, message: M): Uint8Array<ArrayBuffer> {
  const row = rowOf(rows, message);
  const { sequence, session = 0 } = message;
  const frame = new Uint8Array(FRAME_HEADER_BYTES + row.payloadBytes(message));
  const header = { ...BLANK_HEADER, kind: row.code, wire: WIRE_VERSION, session, sequence };
  row.write(message, header, new PayloadWriter(frame.subarray(FRAME_HEADER_BYTES)));
  writeHeader(frame, header);
  return frame;
}

function decode<M extends Message>(rows: Rows<M>, frame: Uint8Array, goes: string): Result<M> {
  const header = readHeader(frame);
  if (header === null)
    return bad(`a frame has at least ${FRAME_HEADER_BYTES} bytes, this one ${frame.byteLength}`, frame.byteLength);
  const row = rows.find(({ code }) => code === header.kind);
  const wrong = wrongHeader(header);
  if (wrong !== null) return wrong;
  if (row === undefined) return bad(`kind ${header.kind} is none that ${goes}`, "kind");
  const payload = new PayloadReader(frame.subarray(FRAME_HEADER_BYTES));
  const read = unfilled(header, row) ?? row.read(header, payload);
  if (!read.ok || payload.left === 0) return read;
  return bad(`${payload.left} bytes behind the end of a ${row.kind}`, FRAME_HEADER_BYTES + payload.at);
}

/** What every frame must satisfy, whatever its kind. */
function wrongHeader({ wire, position, count }: FrameHeader): Bad | null {
  if (wire !== WIRE_VERSION) return bad(`wire version ${wire} where ${WIRE_VERSION} was agreed`, "wire");
  return position + count > POSITION_LIMIT ? bad(`positions past ${POSITION_LIMIT}`, "position") : null;
}

/** Places that every message fills, whatever its kind. */
const COMMON: readonly (keyof FrameHeader)[] = ["kind", "wire", "session", "sequence"];

/** The first place that is not zero although nothing of this kind lies there. */
function unfilled<M extends Message>(header: FrameHeader, { slots, kind }: MessageRow<M>): Bad | null {
  const stray = HEADER_LAYOUT.find(
    ({ name }) => header[name] !== 0 && !COMMON.includes(name) && !slots.some(({ place }) => place === name),
  );
  return stray === undefined
    ? null
    : bad(`${stray.name} is ${header[stray.name]} where a ${kind} has none`, stray.name);
}
