/** The codecs there are. A new one joins this list, gets a wire id of its own, and passes the contract. */
import { ok, refuse, type Result } from "../run/failure.ts";
import type { Codec } from "./codec.ts";
import { f16 } from "./f16.ts";
import { f32 } from "./f32.ts";
import { int8 } from "./int8.ts";

export const CODECS: readonly Codec[] = [f32, f16, int8];

export const CODEC_NAMES: readonly string[] = CODECS.map((codec) => codec.name);

export function codecNamed(name: string): Result<Codec> {
  const codec = CODECS.find((each) => each.name === name);
  return codec ? ok(codec) : refuse({ code: "bad-value", key: "codec", value: name, expected: `one of ${CODEC_NAMES.join(", ")}` });
}

export function codecOfWireId(wireId: number): Codec | null {
  return CODECS.find((each) => each.wireId === wireId) ?? null;
}
