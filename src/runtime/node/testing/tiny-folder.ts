/** The tiny model of `engine/testing` as a Hugging Face folder on disk, for tests of whoever opens one. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Architecture } from "#core/model/architecture.ts";
import type { FloatType } from "#core/model/stored-type.ts";
import { familyOf } from "#core/model/families/registry.ts";
import { storedBytes, TINY, tinyModel } from "#engine/testing/tiny-model.ts";

export const TINY_CONFIG = {
  model_type: "llama",
  vocab_size: TINY.vocabulary,
  hidden_size: TINY.hidden,
  intermediate_size: TINY.intermediate,
  num_hidden_layers: TINY.blocks,
  num_attention_heads: TINY.heads,
  num_key_value_heads: TINY.kvHeads,
  max_position_embeddings: TINY.context,
  rms_norm_eps: TINY.normEpsilon,
  tie_word_embeddings: true,
};

export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** The file's own unless it is another. */
  readonly type?: string;
}

/** The tiny model's tensors in a stored type. */
export function tinyTensors(type: FloatType, tied = true): FileTensor[] {
  const architecture: Architecture = { ...TINY, tiedEmbedding: tied };
  const { weights } = tinyModel(architecture);
  const { embedding, norm, head, block } = familyOf(architecture).tensors(architecture);
  const blocks = Array.from({ length: TINY.blocks }, (_, index) => block(index));
  const specs = [embedding, norm, ...(head === null ? [] : [head]), ...blocks].flatMap((part) => [...part.values()]);
  return specs.map(({ name, shape }) => ({ name, shape, bytes: storedBytes(type, Float32Array.from(weights(name))) }));
}

export function safetensorsOf(type: string, all: readonly FileTensor[]): Uint8Array {
  let at = 0;
  const header = Object.fromEntries(
    all.map((tensor) => {
      const { name, shape, bytes } = tensor;
      return [name, { dtype: tensor.type ?? type, shape, data_offsets: [at, (at += bytes.length)] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, ...all.map(({ bytes }) => bytes)]);
}

/** Texts and bytes as they are, anything else as JSON. */
export const writeFileOf = (folder: string, name: string, content: unknown): Promise<void> =>
  writeFile(
    join(folder, name),
    typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
  );

export async function writeTinyFolder(folder: string): Promise<void> {
  await writeFileOf(folder, "config.json", TINY_CONFIG);
  await writeFileOf(folder, "model.safetensors", safetensorsOf("F32", tinyTensors("F32")));
}
