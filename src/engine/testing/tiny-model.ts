/**
 * A small random model with real shards, for tests on every runtime: made from a seed, hashed like
 * a shipped model, and readable as float64 weights by the reference.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Architecture } from "#core/model/architecture.ts";
import { isBlocks, type FloatType, type StoredType } from "#core/model/stored-type.ts";
import { quantise } from "#core/model/quantise.ts";
import { storedNumbers } from "#core/model/stored-numbers.ts";
import { familyOf } from "#core/model/families/registry.ts";
import { exitTensors, type TensorMap, type TensorSpec } from "#core/model/tensors.ts";
import type { ModelManifest, Shard, ShardTensor } from "#core/model/manifest.ts";
import type { NamedWeights } from "#core/reference/layers.ts";

export interface TinyModel {
  readonly manifest: ModelManifest;
  readonly shards: ReadonlyMap<string, Uint8Array>;
  readonly weights: NamedWeights;
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

export function tinyModel(
  architecture: Architecture = TINY,
  seed = 1,
  stored: StoredType = "F32",
  depths: readonly number[] = [],
): TinyModel {
  const random = mulberry32(seed);
  return modelOf(architecture, ({ shape }) => randomTensor(shape, random), stored, depths);
}

/** Each tensor a formula of its name and shape, the same as in tools/families/golden.py. */
export const namedModel = (architecture: Architecture): TinyModel => modelOf(architecture, namedTensor, "F32", []);

function modelOf(
  architecture: Architecture,
  valuesOf: (spec: TensorSpec) => Float32Array,
  stored: StoredType,
  depths: readonly number[],
): TinyModel {
  const shards = new Map<string, Uint8Array>();
  const numbers = new Map<string, Float64Array>();
  const shard = (specs: readonly TensorSpec[]): Shard => {
    const tensors = specs.map((spec) => {
      const type = isBlocks(stored) && spec.shape.length === 1 ? "F32" : stored;
      return { ...spec, type, bytes: bytesAs(type, valuesOf(spec)) };
    });
    for (const { name, type, bytes } of tensors) numbers.set(name, storedNumbers(type, bytes));
    const made = pack(tensors);
    shards.set(made.shard.sha256, made.bytes);
    return made.shard;
  };
  const { embedding, block, norm, head } = familyOf(architecture).tensors(architecture);
  const part = (specs: TensorMap): Shard => shard([...specs.values()]);
  const named = {
    schema: 1 as const,
    name: "tiny",
    architecture,
    stopIds: [0],
    parameters: 0,
    licence: null,
    embedding: part(embedding),
    blocks: Array.from({ length: architecture.blocks }, (_, index) => part(block(index))),
    norm: part(norm),
    head: head === null ? null : part(head),
  };
  const content =
    depths.length === 0
      ? named
      : { ...named, exits: depths.map((depth) => ({ depth, shard: shard(exitTensors(architecture, depth)) })) };
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

type Packed = Omit<ShardTensor, "bytes" | "offset"> & { readonly bytes: Uint8Array };

function pack(tensors: readonly Packed[]): { shard: Shard; bytes: Uint8Array } {
  const joined = new Uint8Array(tensors.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let offset = 0;
  const entries = tensors.map(({ name, type, shape, bytes }) => {
    joined.set(bytes, offset);
    offset += bytes.length;
    return { name, type, shape, offset: offset - bytes.length, bytes: bytes.length };
  });
  return { shard: { sha256: hash(joined), bytes: joined.length, tensors: entries }, bytes: joined };
}

function bytesAs(type: StoredType, values: Float32Array): Uint8Array {
  if (!isBlocks(type)) return storedBytes(type, values);
  if (type === "Q4_0" || type === "Q8_0") return quantise(type, values);
  if (type === "Q4_1") return fourBitsFromMinimum(values);
  throw new Error(`no test model is made of ${type}`);
}

/** Q4_1: scale and minimum in float16, then codes. */
function fourBitsFromMinimum(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array((values.length / 32) * 20);
  for (let block = 0; block < values.length / 32; block++) {
    const numbers = values.subarray(32 * block, 32 * block + 32);
    const least = Math.min(...numbers);
    const scale = (Math.max(...numbers) - least) / 15;
    bytes.set(storedBytes("F16", Float32Array.of(scale, least)), 20 * block);
    const code = (i: number): number => Math.min(15, Math.max(0, Math.round(((numbers[i] ?? 0) - least) / scale)));
    for (let i = 0; i < 16; i++) bytes[20 * block + 4 + i] = code(i) | (code(i + 16) << 4);
  }
  return bytes;
}

/** Little-endian numbers of `type`, rounded towards zero: bfloat16 and float16 drop mantissa bits. */
export function storedBytes(type: FloatType, values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  switch (type) {
    case "F32":
      return new Uint8Array(bits.slice().buffer);
    case "BF16":
      return new Uint8Array(Uint16Array.from(bits, (value) => value >>> 16).buffer);
    case "F16":
      return new Uint8Array(Uint16Array.from(bits, truncatedHalf).buffer);
  }
}

/** For numbers in float16's normal range, and 0 below it: what test weights are. */
function truncatedHalf(bits: number): number {
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** Norm scales around one, everything else scaled by its fan-in so that depth neither dies nor explodes. */
function randomTensor(shape: readonly number[], random: () => number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const scale = shape.length === 1 ? 0.2 : 1.7 / Math.sqrt(shape[1] ?? 1);
  return Float32Array.from({ length: size }, () => (shape.length === 1 ? 1 : 0) + scale * (2 * random() - 1));
}

/** Scales of norms around one, biases around zero, matrices by their fan-in. */
function namedTensor({ name, shape }: TensorSpec): Float32Array {
  const random = mulberry32(fnv1a(name));
  const size = shape.reduce((product, length) => product * length, 1);
  const centre = shape.length === 1 && !name.endsWith("bias") ? 1 : 0;
  const scale = shape.length === 1 ? 0.2 : 1.7 / Math.sqrt(shape[1] ?? 1);
  return Float32Array.from({ length: size }, () => centre + scale * (2 * random() - 1));
}

/** The 32-bit FNV-1a hash of a name in ASCII. */
function fnv1a(name: string): number {
  let seed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  return seed >>> 0;
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
