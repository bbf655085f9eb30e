/** What is cut: the pieces of a model, how they are stored, and what runs them. */
import type { Entry } from "./entry.ts";

export const MODEL_AND_CUT = {
  block: {
    term: "block",
    short: "One step of a transformer: attention and a feed-forward network, each added to what came in.",
  },
  embedding: {
    term: "embedding",
    jargon: true,
    short: "The table that turns each token id into the vector that the first block takes.",
  },
  finalNorm: {
    term: "final norm",
    short: "The scaling that a position's vector goes through between the last block and the head.",
  },
  head: {
    term: "head",
    short: "The last step of a model: from a position's vector to a score for every token of the vocabulary.",
  },
  attentionHead: {
    term: "attention head",
    short: "One of the parallel lookups within attention; several may share keys and values.",
  },
  tied: { term: "tied", short: "Embedding and head are one table, stored and held once." },
  activation: {
    term: "activation",
    jargon: true,
    short: "The vector that stands for one position between two blocks.",
    unit: "values",
  },
  hiddenSize: {
    term: "hidden size",
    short: "How many numbers an activation has, which is the same between all blocks.",
    unit: "values",
  },
  smashedData: {
    term: "smashed data",
    jargon: true,
    short: "The activations at the cut, which are what a split run sends up in place of text.",
  },
  cutLayer: {
    term: "cut layer",
    jargon: true,
    short: "The number of blocks that the device runs before the rest runs at the edge.",
    unit: "blocks",
    names: ["cut"],
  },
  depth: { term: "depth", short: "How many blocks a model has.", unit: "blocks" },
  uShape: {
    term: "U-shape",
    jargon: true,
    short: "The device also keeps the last blocks and the head, so that neither text nor token ids leave it.",
  },
  tail: {
    term: "tail",
    short: "The last blocks of a model, where a U-shape keeps them on the device.",
    unit: "blocks",
  },
  segment: {
    term: "segment",
    short: "What one tier runs: perhaps the embedding, a range of blocks, perhaps the head.",
  },
  exit: {
    term: "exit",
    short: "A norm and head behind an early block, through which tokens can be drafted without the blocks after it.",
    names: ["trained", "own"],
  },
  weights: { term: "weights", short: "The learned numbers of a model.", unit: "bytes" },
  shard: {
    term: "shard",
    short: "The weights of one block, of the embedding or of the head, named by the hash of their bytes.",
  },
  manifest: {
    term: "manifest",
    short: "The list of a model's shards with their hashes and sizes, and its architecture.",
  },
  architecture: {
    term: "architecture",
    short: "The figures that say which graph a model is: blocks, sizes, heads, context.",
  },
  family: { term: "family", short: "Models with the same graph under one name; each family is one file of code." },
  format: { term: "format", short: "How a model lies on disk, such as safetensors; each format is one file of code." },
  graph: {
    term: "graph",
    short: "The ONNX program of a segment, written on the spot; its weights lie outside it, in shards.",
  },
  operator: { term: "operator", short: "One kind of step in a graph, such as a matrix product." },
  runtime: { term: "runtime", short: "What runs a graph: ONNX Runtime in the tab, or natively at the edge." },
  backend: {
    term: "backend",
    short: "What the tab's runtime computes with: the graphics card or WebAssembly.",
    names: ["auto", "webgpu", "wasm"],
  },
  softwareAdapter: {
    term: "software adapter",
    jargon: true,
    short: "A WebGPU device that computes on the processor: it gives right tokens and no measure of a graphics card.",
  },
  houseModel: {
    term: "house model",
    short:
      "One of the two small models trained for this project, which know bookings, travel, music, films and weather.",
  },
  offGround: {
    term: "off-ground",
    short: "A request whose words are not those that the model was trained on, so that its answer means little.",
  },
  tokenizer: { term: "tokenizer", short: "What turns text into token ids and back." },
  token: { term: "token", short: "A piece of text that the model reads or writes at a time, known by its id." },
  vocabulary: { term: "vocabulary", short: "All tokens that a model knows.", unit: "tokens" },
  position: { term: "position", short: "A token's place in the sequence, counted from 0." },
  context: { term: "context", short: "The tokens so far, or how many of them a model can take.", unit: "positions" },
  chatTemplate: {
    term: "chat template",
    short: "How a model's folder says that turns of a conversation are written as one text.",
  },
  threads: { term: "threads", short: "How many of a machine's cores compute at a time in one tier.", unit: "threads" },
} as const satisfies Readonly<Record<string, Entry>>;
