/**
 * A GGUF file, or the parts of one: everything a model is in one place, in words of its own. They are
 * translated into those of a Hugging Face folder, tensors are decoded to float32 where they are read, and
 * what the converter changed is undone. Source: ggml-org/ggml, docs/gguf.md.
 */
import { fail } from "../../run/failure.ts";
import { checkpointName, type GgufWords } from "../families/gguf-words.ts";
import { GGUF_FAMILIES } from "../families/registry.ts";
import { asFloat32, sourceOf } from "../tensor-source.ts";
import type { Format, LocatedTensor, LocatedTensors, ModelFiles, OpenedModel } from "./format.ts";
import { undone } from "./gguf/arrange.ts";
import { configOf, generationOf } from "./gguf/config.ts";
import { readHead, type GgufHead, type Metadata } from "./gguf/head.ts";
import { ggufFiles, isGguf } from "./gguf/split.ts";
import { tokenizerConfigOf, tokenizerOf } from "./gguf/tokenizer.ts";
import { READ_TYPES } from "./gguf/types.ts";

export const gguf: Format = {
  match: (names) => [...names].some(isGguf) && ![...names].some((name) => name.endsWith(".safetensors")),
  wanted: (model, names) => new Set(ggufFiles(model, names)),
  open,
};

/** What the frequencies of some files are divided by. */
const FACTORS = "rope_freqs.weight";

async function open(model: string, files: ModelFiles): Promise<OpenedModel> {
  const names = ggufFiles(model, files.names);
  const heads = await Promise.all(names.map(async (file) => ({ file, head: await readHead(model, files, file) })));
  const { tensors, unread } = joined(model, heads);
  const [first = ""] = names;
  const metadata = heads[0]?.head.metadata ?? new Map<string, unknown>();
  const { gguf: words, transformers } = familyIn(model, metadata);
  const factors = tensors.get(FACTORS);
  const frequencyFactors = factors === undefined ? null : await numbersOf(files, factors);
  tensors.delete(FACTORS);
  const { modelType } = transformers;
  const config = configOf({ model, modelType, words, head: { metadata, tensors, unread }, frequencyFactors });
  return {
    config,
    generation: generationOf(metadata),
    weights: inCheckpoint(words, config, { file: first, tensors, unread, supported: READ_TYPES }),
    exits: { file: first, tensors: new Map(), unread: new Map(), supported: READ_TYPES },
    text: (file) => Promise.resolve(textOf(model, metadata, file)),
  };
}

/** The tensors of all parts. Throws Failed: model-broken for one that two of them have. */
function joined(
  model: string,
  heads: readonly { readonly file: string; readonly head: GgufHead }[],
): { readonly tensors: Map<string, LocatedTensor>; readonly unread: Map<string, string> } {
  const tensors = new Map<string, LocatedTensor>();
  const unread = new Map<string, string>();
  for (const { file, head } of heads) {
    for (const [name, tensor] of head.tensors) {
      if (tensors.has(name)) fail({ code: "model-broken", model, file, what: `tensor ${name} is in another part too` });
      tensors.set(name, { ...tensor, file });
    }
    for (const [name, type] of head.unread) unread.set(name, type);
  }
  return { tensors, unread };
}

function familyIn(model: string, metadata: Metadata): (typeof GGUF_FAMILIES)[number] {
  const type = metadata.get("general.type") ?? "model";
  if (type !== "model")
    fail({ code: "model-unsupported", model, what: "general.type", found: JSON.stringify(type), supported: "model" });
  const name = metadata.get("general.architecture");
  const supported = GGUF_FAMILIES.map((family) => family.gguf.architecture).join(", ");
  return (
    GGUF_FAMILIES.find((family) => family.gguf.architecture === name) ??
    fail({ code: "model-unsupported", model, what: "general.architecture", found: String(name), supported })
  );
}

/** A few numbers that are part of the config. */
async function numbersOf(files: ModelFiles, tensor: LocatedTensor): Promise<readonly number[]> {
  const floats = { ...asFloat32(tensor), file: tensor.file };
  const { from, to, make } = sourceOf(floats, 0, floats.bytes);
  const stored = await files.read(tensor.file, from, to);
  const bytes = make?.(stored) ?? stored;
  return [...new Float32Array(bytes.slice().buffer)];
}

/** By their names in a checkpoint, and as they are there. */
function inCheckpoint(
  words: GgufWords,
  config: Readonly<Record<string, unknown>>,
  located: LocatedTensors,
): LocatedTensors {
  const count = (key: string): number => Number(config[key]);
  const query = count("num_attention_heads");
  const heads = { query, key: config["num_key_value_heads"] === undefined ? query : count("num_key_value_heads") };
  const named = <T>(map: ReadonlyMap<string, T>, make: (name: string, value: T) => T): ReadonlyMap<string, T> =>
    new Map([...map].map(([name, value]) => [checkpointName(words, name), make(name, value)]));
  return {
    ...located,
    tensors: named(located.tensors, (name, tensor) => ({
      ...undone(tensor, words.change(name), heads),
      file: tensor.file,
    })),
    unread: named(located.unread, (_, type) => type),
  };
}

/** The texts of a folder that the metadata comes to. */
function textOf(model: string, metadata: Metadata, file: string): string | null {
  switch (file) {
    case "tokenizer.json": {
      const tokenizer = tokenizerOf(model, metadata);
      return tokenizer === null ? null : JSON.stringify(tokenizer);
    }
    case "tokenizer_config.json":
      return JSON.stringify(tokenizerConfigOf(model, metadata));
    case "README.md":
      return card(metadata.get("general.license"));
    default:
      return null;
  }
}

const card = (licence: unknown): string | null =>
  typeof licence === "string" ? `---\nlicense: ${licence}\n---\n` : null;
