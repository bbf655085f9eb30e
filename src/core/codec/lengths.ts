/** How long a message is, and the two length checks that every codec makes. */
import { refuse, type Failure } from "../run/failure.ts";
import type { Codec } from "./codec.ts";

/** Bytes of `count` positions in one message. */
export const messageBytes = (codec: Codec, count: number, width: number): number =>
  codec.messageBytes?.(count, width) ?? count * codec.bytesPerPosition(width);

/** The caller's own values: a wrong length is a bug. */
export function requireValues(values: Float32Array, count: number, width: number): void {
  if (values.length !== count * width) throw new RangeError(`${values.length} values are not [${count}, ${width}]`);
}

/** What came over the link: a wrong length is a failure. */
export function checkBytes(
  bytes: Uint8Array,
  expected: number,
  codec: string,
): { readonly ok: false; readonly failure: Failure } | null {
  if (bytes.byteLength === expected) return null;
  return refuse({
    code: "bad-frame",
    what: `${codec} activations take ${expected} bytes of payload, there are ${bytes.byteLength}`,
    offset: null,
  });
}
