/**
 * A small random Llama with real shards, for tests on every runtime: made from a seed, hashed like
 * a shipped model, and readable as float64 weights by the reference.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Architecture } from "#core/model/architecture.ts";
import { blockTensors, embeddingTensor, headTensor, normTensor, type TensorSpec } from "#core/model/llama-tensors.ts";
import type { ModelManifest, Shard } from "#core/model/manifest.ts";
import type { ReferenceWeights } from "#core/reference/llama-reference.ts";

export interface TinyModel {
  readonly manifest: ModelManifest;
  readonly shards: ReadonlyMap<string, Uint8Array>;
  readonly weights: ReferenceWeights;
}

export const TINY: Architecture = {
  family: "llama",
  blocks: 4,
  hidden: 64,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  intermediate: 96,
  vocabulary: 97,
  context: 64,
  normEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: { kind: "none" } },
  tiedEmbedding: true,
  attentionBias: false,
  mlpBias: false,
};

export function tinyModel(architecture: Architecture = TINY, seed = 1): TinyModel {
  const random = mulberry32(seed);
  const shards = new Map<string, Uint8Array>();
  const numbers = new Map<string, Float64Array>();
  const shard = (specs: readonly TensorSpec[]): Shard => {
    const tensors = specs.map(({ name, shape }) => ({ name, shape, values: randomTensor(shape, random) }));
    for (const { name, values } of tensors) numbers.set(name, Float64Array.from(values));
    const made = pack(tensors);
    shards.set(made.shard.sha256, made.bytes);
    return made.shard;
  };
  const content = {
    schema: 1 as const,
    name: "tiny",
    architecture,
    stopIds: [0],
    parameters: 0,
    licence: null,
    embedding: shard([embeddingTensor(architecture)]),
    blocks: Array.from({ length: architecture.blocks }, (_, block) => shard([...blockTensors(architecture, block).values()])),
    norm: shard([normTensor(architecture)]),
    head: architecture.tiedEmbedding ? null : shard([headTensor(architecture)]),
  };
  const revision = hash(Uint8Array.from(JSON.stringify(content), (character) => character.charCodeAt(0)));
  const weights = (name: string): Float64Array => numbers.get(name) ?? new Float64Array();
  return { manifest: { ...content, revision }, shards, weights };
}

export function readTinyShard({ shards }: TinyModel): (shard: Shard) => Promise<Uint8Array> {
  return ({ sha256: name }) => {
    const bytes = shards.get(name);
    return bytes === undefined ? Promise.reject(new Error(`no shard ${name}`)) : Promise.resolve(bytes);
  };
}

function pack(tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: Float32Array }[]): { shard: Shard; bytes: Uint8Array } {
  const bytes = new Uint8Array(tensors.reduce((sum, { values }) => sum + values.byteLength, 0));
  let offset = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    bytes.set(new Uint8Array(values.buffer), offset);
    offset += values.byteLength;
    return { name, type: "F32" as const, shape, offset: offset - values.byteLength, bytes: values.byteLength };
  });
  return { shard: { sha256: hash(bytes), bytes: bytes.length, tensors: entries }, bytes };
}

/** Norm scales around one, everything else scaled by its fan-in so that depth neither dies nor explodes. */
function randomTensor(shape: readonly number[], random: () => number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const scale = shape.length === 1 ? 0.2 : 1.7 / Math.sqrt(shape[1] ?? 1);
  return Float32Array.from({ length: size }, () => (shape.length === 1 ? 1 : 0) + scale * (2 * random() - 1));
}

const hash = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

/** Tommy Ettinger's mulberry32: a 32-bit generator that is plenty for test weights. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
