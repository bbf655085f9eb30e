/**
 * What every codec must keep, as checks over one: a test runs it for each in the registry. A
 * check returns what is wrong in words, so that this file needs no test runner and a broken codec
 * can be shown to fail it.
 */
import { noiseHash } from "../sampling/noise.ts";
import type { Codec } from "./codec.ts";
import { messageBytes } from "./lengths.ts";

export interface CodecCase {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

export type CodecCheck = (codec: Codec, sample: CodecCase) => string | null;

export const CODEC_CONTRACT: Readonly<Record<string, CodecCheck>> = {
  "takes the bytes it says": (codec, { values, count, width }) => {
    const { byteLength } = codec.encode(values, count, width);
    const said = messageBytes(codec, count, width);
    if (said > count * codec.bytesPerPosition(width))
      return `${said} bytes for ${count} positions of at most ${codec.bytesPerPosition(width)}`;
    if (said % count !== 0) return `${said} bytes do not divide into ${count} positions, as a frame's must`;
    return byteLength === said ? null : `${byteLength} bytes where ${said} are said for ${count} positions`;
  },
  "gives back the shape": (codec, { values, count, width }) => {
    const decoded = codec.decode(codec.encode(values, count, width), count, width);
    if (!decoded.ok) return `refused its own bytes: ${decoded.failure.code}`;
    return decoded.value.length === count * width ? null : `${decoded.value.length} values`;
  },
  "encodes the same values to the same bytes": (codec, { values, count, width }) =>
    sameBytes(codec.encode(values, count, width), codec.encode(values.slice(), count, width))
      ? null
      : "two encodings differ",
  "keeps within its error bound": (codec, sample) => firstError(codec, sample),
  "decodes from an odd offset": (codec, { values, count, width }) => {
    const bytes = codec.encode(values, count, width);
    const shifted = new Uint8Array(bytes.byteLength + 3);
    shifted.set(bytes, 1);
    const straight = codec.decode(bytes, count, width);
    const odd = codec.decode(shifted.subarray(1, 1 + bytes.byteLength), count, width);
    return straight.ok && odd.ok && sameBytes(bytesOf(straight.value), bytesOf(odd.value)) ? null : "differs";
  },
  "shares no memory with its input": (codec, { values, count, width }) => {
    const input = values.slice();
    const bytes = codec.encode(input, count, width);
    const decoded = codec.decode(bytes, count, width);
    if (!decoded.ok) return "refused its own bytes";
    const before = [bytes.slice(), bytesOf(decoded.value).slice()] as const;
    input.fill(12345);
    if (!sameBytes(bytes, before[0])) return "encoding changed with its input";
    bytes.fill(255);
    return sameBytes(bytesOf(decoded.value), before[1]) ? null : "decoding changed with its bytes";
  },
  "leaves its input as it was": (codec, { values, count, width }) => {
    const input = values.slice();
    const bytes = codec.encode(input, count, width);
    const kept = bytes.slice();
    codec.decode(bytes, count, width);
    return sameBytes(bytesOf(input), bytesOf(values)) && sameBytes(bytes, kept) ? null : "changed";
  },
  "refuses a wrong length": (codec, { values, count, width }) => {
    const bytes = codec.encode(values, count, width);
    for (const wrong of [bytes.subarray(1), new Uint8Array(bytes.byteLength + 1), new Uint8Array(0)]) {
      const decoded = codec.decode(wrong, count, width);
      if (decoded.ok || decoded.failure.code !== "bad-frame")
        return `took ${wrong.byteLength} bytes for ${bytes.byteLength}`;
    }
    return throwsRangeError(() => codec.encode(values.subarray(1), count, width))
      ? null
      : "encoded values that do not fit the shape";
  },
  "never throws over what may have come up": (codec, { count, width }) => {
    const bytes = Uint8Array.from(
      { length: messageBytes(codec, count, width) },
      (_, at) => noiseHash(count, at) & 0xff,
    );
    try {
      codec.decode(bytes, count, width);
      return null;
    } catch (thrown) {
      return `threw ${String(thrown)}`;
    }
  },
  "shows what is not finite": (codec, { values, count, width }) => {
    const faulty = values.slice();
    for (const fault of [NaN, Infinity, -Infinity]) {
      faulty[0] = fault;
      const decoded = codec.decode(codec.encode(faulty, count, width), count, width);
      if (!decoded.ok) return `refused its own bytes: ${decoded.failure.code}`;
      if (decoded.value.subarray(0, width).every(Number.isFinite)) return `hides ${fault}`;
    }
    return firstError(codec, { values: faulty, count, width }); // the other positions are as they would have been
  },
};

/** The first value that comes back further off than the codec's bound. */
function firstError(codec: Codec, { values, count, width }: CodecCase): string | null {
  const decoded = codec.decode(codec.encode(values, count, width), count, width);
  if (!decoded.ok) return `refused its own bytes: ${decoded.failure.code}`;
  for (let position = 0; position < count; position++) {
    const original = values.subarray(position * width, (position + 1) * width);
    if (!original.every(Number.isFinite)) continue;
    const bound = codec.errorBound(
      original.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
      width,
    );
    if (bound === Infinity) continue;
    for (const [at, value] of original.entries()) {
      const got = decoded.value[position * width + at] ?? NaN;
      const off = got === value ? 0 : Math.abs(got - value);
      if (!(off <= bound)) return `${value} came back as ${got}, ${off} off where ${bound} is allowed`;
      if (codec.exact && !Object.is(got, value)) return `${value} came back as ${got} from an exact codec`;
    }
  }
  return null;
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, at) => byte === b[at]);

function throwsRangeError(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (thrown) {
    return thrown instanceof RangeError;
  }
}
