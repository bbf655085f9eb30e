/**
 * The families there are. Adding one is its file and its row here: configs are read, tensors checked,
 * shards cut, graphs built and compared with the reference through this table alone.
 */
import { fail } from "../../run/failure.ts";
import type { Architecture } from "../architecture.ts";
import type { Family, KvRow } from "./family.ts";
import { gemma3 } from "./gemma3.ts";
import type { GgufWords } from "./gguf-words.ts";
import { gpt2 } from "./gpt2.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import { smollm3 } from "./smollm3.ts";

const FAMILIES: Readonly<Record<string, Family>> = {
  gemma3,
  gpt2,
  llama,
  mistral,
  phi3,
  qwen2,
  qwen3,
  smollm3,
};

export const FAMILY_NAMES: readonly string[] = Object.keys(FAMILIES);

/** Those that have GGUF files. */
export const GGUF_FAMILIES: readonly (Family & { readonly gguf: GgufWords })[] = Object.values(FAMILIES).flatMap(
  (family) => (family.gguf === undefined ? [] : [{ ...family, gguf: family.gguf }]),
);

/** Of a name that a reader has vouched for. */
export function familyNamed(name: string): Family {
  const family = Object.hasOwn(FAMILIES, name) ? FAMILIES[name] : undefined;
  return family ?? fail({ code: "internal", where: "familyNamed", what: `no family is called ${name}` });
}

export const familyOf = ({ family }: Pick<Architecture, "family">): Family => familyNamed(family);

/** What a block keeps of each position. */
export const kvOf = (a: Architecture): KvRow => familyOf(a).kv(a);

/** Bytes of keys and values that one position costs in one block, float32. */
export function kvBytesPerPosition(a: Architecture): number {
  const { kvHeads, headSize } = kvOf(a);
  return 2 * kvHeads * headSize * 4;
}
