/**
 * A codec turns smashed data [count, width] into bytes and back. Every position takes the same
 * number of bytes, so a frame's size says how many positions it carries. `codec-contract.ts`
 * holds every codec in the registry to this.
 *
 * Bytes are little-endian, as are all hosts of WebAssembly and WebGPU: numbers are written
 * through typed arrays.
 */
import type { Result } from "../run/failure.ts";

export interface Codec {
  readonly name: string;
  /** The codec's number, never reused for another. (The handshake and records go by its name.) */
  readonly wireId: number;
  /** What it does to the numbers, for the page. */
  readonly summary: string;
  /** Decoding gives back the very bits. */
  readonly exact: boolean;
  bytesPerPosition(width: number): number;
  /** The largest error of one value, at a position of `width` values whose largest magnitude is `largest`; Infinity promises nothing. */
  errorBound(largest: number, width: number): number;
  /** `values` [count, width]; a length that does not fit is a bug and throws RangeError. The result shares no memory with `values`. */
  encode(values: Float32Array, count: number, width: number): Uint8Array<ArrayBuffer>;
  /** `bytes` may start anywhere in its buffer. `bad-frame` when there are more or fewer than `count` positions take. */
  decode(bytes: Uint8Array, count: number, width: number): Result<Float32Array<ArrayBuffer>>;
}
