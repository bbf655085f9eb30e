/** Folders of tiny models that no text comes out of, for tests of what is refused: the house tokenizer, or one with two words swapped. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { familyOf } from "#core/model/families/registry.ts";
import { readConfig } from "#core/model/read-config.ts";
import { unwrap } from "#core/run/failure.ts";

const HOUSE = "public/models/concierge-1m";
const SHAPE = {
  model_type: "llama",
  hidden_size: 32,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  max_position_embeddings: 512,
  tie_word_embeddings: true,
};

/** The working directory is the repository's root. */
export async function writeModelFolder(
  folder: string,
  { vocabulary, swapped = false }: { readonly vocabulary: number; readonly swapped?: boolean },
): Promise<void> {
  const config = { ...SHAPE, vocab_size: vocabulary };
  const architecture = unwrap(readConfig("tiny", config));
  const { embedding, norm, block } = familyOf(architecture).tensors(architecture);
  const tensors = [embedding, norm, block(0)].flatMap((part) => [...part.values()]);
  let at = 0;
  const entries = tensors.map(
    ({ name, shape }) =>
      [
        name,
        { dtype: "F16", shape, data_offsets: [at, (at += 2 * shape.reduce((product, size) => product * size, 1))] },
      ] as const,
  );
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.byteLength));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.safetensors"), Buffer.concat([length, header, Buffer.alloc(at)]));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await copyFile(join(HOUSE, "tokenizer_config.json"), join(folder, "tokenizer_config.json"));
  const tokenizer = await readFile(join(HOUSE, "tokenizer.json"), "utf8");
  await writeFile(join(folder, "tokenizer.json"), swapped ? swap(tokenizer, '"!"', '"?"') : tokenizer);
}

/** The first of each, in the vocabulary: each gets the other's id. */
const swap = (text: string, one: string, other: string): string =>
  text.replace(`${one}:`, "\u0000:").replace(`${other}:`, `${one}:`).replace("\u0000:", `${other}:`);
