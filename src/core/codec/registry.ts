/** The codecs there are. A new one joins this list, gets a wire id of its own, and passes the contract. */
import { ok, refuse, type Result } from "../run/failure.ts";
import type { Codec } from "./codec.ts";
import { bf16 } from "./bf16.ts";
import { dct } from "./dct.ts";
import { f16 } from "./f16.ts";
import { f32 } from "./f32.ts";
import { int4 } from "./int4.ts";
import { int4g32 } from "./int4-g32.ts";
import { int4mix } from "./int4-mix.ts";
import { int8 } from "./int8.ts";
import { int8g32 } from "./int8-g32.ts";
import { rot1b, rot1p6b, rot2b } from "./rotated.ts";
import { topk } from "./topk.ts";

export const CODECS: readonly Codec[] = [f32, f16, bf16, int8, int8g32, int4, int4g32, int4mix, topk, dct, rot2b, rot1p6b, rot1b];

export const CODEC_NAMES: readonly string[] = CODECS.map((codec) => codec.name);

export function codecNamed(name: string): Result<Codec> {
  const codec = CODECS.find((each) => each.name === name);
  return codec ? ok(codec) : refuse({ code: "bad-value", key: "codec", value: name, expected: `one of ${CODEC_NAMES.join(", ")}` });
}

export function codecOfWireId(wireId: number): Codec | null {
  return CODECS.find((each) => each.wireId === wireId) ?? null;
}
