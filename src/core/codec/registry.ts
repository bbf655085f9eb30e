/**
 * The codecs there are. A new one joins this list and passes the contract; one from a
 * plugin joins with `addCodec`, at start and on both tiers.
 */
import { ok, refuse, type Result } from "../run/failure.ts";
import type { Codec } from "./codec.ts";
import { bf16 } from "./floats/bf16.ts";
import { dct } from "./truncated/dct.ts";
import { f16 } from "./floats/f16.ts";
import { f32 } from "./floats/f32.ts";
import { int4 } from "./quantised/int4.ts";
import { int4g32 } from "./quantised/int4-g32.ts";
import { int4mix } from "./quantised/int4-mix.ts";
import { int8 } from "./quantised/int8.ts";
import { int8g32 } from "./quantised/int8-g32.ts";
import { lowRank2, lowRank4 } from "./truncated/low-rank.ts";
import { rot1b, rot1p6b, rot2b } from "./quantised/rotated.ts";
import { topk } from "./truncated/topk.ts";

/** Those that ship. */
export const CODECS: readonly Codec[] = [
  f32,
  f16,
  bf16,
  int8,
  int8g32,
  int4,
  int4g32,
  int4mix,
  topk,
  dct,
  lowRank2,
  lowRank4,
  rot2b,
  rot1p6b,
  rot1b,
];

export const CODEC_NAMES: readonly string[] = CODECS.map((codec) => codec.name);

/** A codec from a plugin gives every position the same bytes. */
export type OwnCodec = Omit<Codec, "messageBytes">;

const codecs = new Map<string, Codec>(CODECS.map((codec) => [codec.name, codec]));

export const allCodecs = (): readonly Codec[] => [...codecs.values()];

/** Throws where the name is taken: two tiers must mean the same by it. */
export function addCodec(own: OwnCodec): void {
  if (codecs.has(own.name)) throw new Error(`There is a codec called ${own.name} already`);
  codecs.set(own.name, asCodec(own));
}

/** Its methods are called on the value itself, which may be of a class of its own. */
export const asCodec = (own: OwnCodec): Codec => ({
  name: own.name,
  summary: own.summary,
  exact: own.exact,
  bytesPerPosition: (width) => own.bytesPerPosition(width),
  errorBound: (largest, width) => own.errorBound(largest, width),
  encode: (values, count, width) => own.encode(values, count, width),
  decode: (bytes, count, width) => own.decode(bytes, count, width),
});

export function codecNamed(name: string): Result<Codec> {
  const codec = codecs.get(name);
  return codec
    ? ok(codec)
    : refuse({ code: "bad-value", key: "codec", value: name, expected: `one of ${[...codecs.keys()].join(", ")}` });
}
