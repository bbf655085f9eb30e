/**
 * Payloads of numbers, little-endian wherever they are read. A payload is not always aligned in
 * the message it came in, so numbers are read one by one and never alias the message.
 */

function writeU32(bytes: Uint8Array, offset: number, values: ArrayLike<number>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < values.length; index++) view.setUint32(offset + index * 4, values[index] ?? 0, true);
}

function readU32(bytes: Uint8Array, offset: number, count: number): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: count }, (_, index) => view.getUint32(offset + index * 4, true));
}

function writeF32(bytes: Uint8Array, offset: number, values: ArrayLike<number>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < values.length; index++) view.setFloat32(offset + index * 4, values[index] ?? 0, true);
}

function readF32(bytes: Uint8Array, offset: number, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: count }, (_, index) => view.getFloat32(offset + index * 4, true));
}

/** JSON with every character beyond ASCII escaped: one byte each, and no text encoder needed. */
export function asciiJson(value: unknown): Uint8Array {
  const escaped = JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return Uint8Array.from(escaped, (character) => character.charCodeAt(0));
}

/** Null when a byte is not ASCII. */
export function asciiText(bytes: Uint8Array): string | null {
  if (bytes.some((byte) => byte > 0x7f)) return null;
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A payload read from its start to its end. Whoever reads looks first how much is `left`. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  u32(count: number): Uint32Array {
    return readU32(this.#bytes, this.#passed(count * 4), count);
  }

  f32(count: number): Float32Array {
    return readF32(this.#bytes, this.#passed(count * 4), count);
  }

  /** A view, not a copy. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#passed(this.left));
  }

  #passed(bytes: number): number {
    const from = this.#at;
    this.#at += bytes;
    return from;
  }
}

/** A payload written from its start to its end. */
export class PayloadWriter {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  u32(values: ArrayLike<number>): void {
    writeU32(this.#bytes, this.#at, values);
    this.#at += values.length * 4;
  }

  f32(values: ArrayLike<number>): void {
    writeF32(this.#bytes, this.#at, values);
    this.#at += values.length * 4;
  }

  raw(values: Uint8Array): void {
    this.#bytes.set(values, this.#at);
    this.#at += values.byteLength;
  }
}
