/**
 * A codec turns smashed data [count, width] into bytes and back. What a message takes
 * follows from its shape alone. `codec-contract.ts` holds every codec in the registry to this.
 *
 * Bytes are little-endian, as are all hosts of WebAssembly and WebGPU: numbers are written
 * through typed arrays.
 */
import type { Result } from "../run/failure.ts";

export interface Codec {
  readonly name: string;
  /** What it does to the numbers, for the page. */
  readonly summary: string;
  /** Decoding gives back the very bits. */
  readonly exact: boolean;
  /** Of one position in a message of its own, the most that a position takes. */
  bytesPerPosition(width: number): number;
  /** Of a message of `count` positions, where they share bytes: a multiple of `count`. Without it each takes `bytesPerPosition`. Ask `messageBytes` in lengths.ts. */
  messageBytes?(count: number, width: number): number;
  /** The largest error of one value, at a position of `width` values whose largest magnitude is `largest`; Infinity promises nothing. */
  errorBound(largest: number, width: number): number;
  /** `values` [count, width]; a length that does not fit is a bug and throws RangeError. The result shares no memory with `values`. */
  encode(values: Float32Array, count: number, width: number): Uint8Array<ArrayBuffer>;
  /** `bytes` may start anywhere in its buffer. `bad-frame` when there are more or fewer than `count` positions take. */
  decode(bytes: Uint8Array, count: number, width: number): Result<Float32Array<ArrayBuffer>>;
}
