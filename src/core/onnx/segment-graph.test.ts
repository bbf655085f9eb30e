/**
 * The graphs are what the golden values and every shipped recording were made with: moving code must
 * not change a byte of them. The digests were taken before families had a table; a change that is
 * meant prints what to put in their place.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { TINY, tinyModel, type TinyModel } from "#engine/testing/tiny-model.ts";
import type { Segment } from "../model/architecture.ts";
import { rotaryTables } from "../model/rotary.ts";
import { baselineGraph } from "./baseline-graph.ts";
import { segmentGraph, type GraphOptions } from "./segment-graph.ts";
import { rotaryWeights } from "./rotary-weights.ts";
import { weightsOfShards } from "./shard-weights.ts";
import { smallestGraph } from "./smallest-graph.ts";

const FULL = { ...TINY, tiedEmbedding: false, attentionBias: true, mlpBias: true, kvHeads: 4 };
const MODELS: Readonly<Record<string, TinyModel>> = {
  "float32, tied": tinyModel(TINY, 1, "F32", [2]),
  "float16, tied": tinyModel(TINY, 1, "F16", [2]),
  "bfloat16, untied, biases, a key head a head": tinyModel(FULL, 2, "BF16", [2]),
};

const inner = { embedding: false, head: false };
const SEGMENTS: Readonly<Record<string, Segment>> = {
  whole: { embedding: true, from: 0, to: 4, head: true },
  "cut at 0": { ...inner, from: 0, to: 4, head: true },
  "the device at cut 2": { embedding: true, from: 0, to: 2, head: false },
  "the edge at cut 2": { ...inner, from: 2, to: 4, head: true },
  "a middle": { ...inner, from: 1, to: 3 },
  "one block": { ...inner, from: 3, to: 4 },
  "embedding alone": { embedding: true, from: 0, to: 0, head: false },
  "head alone": { ...inner, from: 4, to: 4, head: true },
  "up to an exit": { embedding: true, from: 0, to: 2, head: true, exit: 2 },
  "an exit alone": { ...inner, from: 2, to: 2, head: true, exit: 2 },
};

const rotary = rotaryWeights(rotaryTables(TINY));
const OPTIONS: readonly GraphOptions[] = (["in-place", "rows", "none"] as const).flatMap((cache) => [
  { cache, rotary: { kind: "weights", ...rotary } },
  { cache, rotary: { kind: "inputs" } },
]);

/** Of the graphs under every cache style, rotary tables inside and outside, one after another. */
function digestOf({ manifest }: TinyModel, segment: Segment): string {
  const hash = sha256.create();
  for (const options of OPTIONS)
    hash.update(segmentGraph(manifest.architecture, segment, weightsOfShards(manifest), options));
  return bytesToHex(hash.digest()).slice(0, 16);
}

const digest = (bytes: Uint8Array): string => bytesToHex(sha256(bytes)).slice(0, 16);

describe("the bytes of a graph stay what they were", () => {
  test.each(Object.entries(MODELS))("%s", (name, model) => {
    const digests = Object.entries(SEGMENTS).map(([segment, value]) => [segment, digestOf(model, value)]);
    expect(Object.fromEntries(digests)).toEqual(DIGESTS[name]);
  });

  test("the baseline's", () => {
    const baselines = Object.values(MODELS).map(({ manifest }) => digest(baselineGraph(manifest, rotary)));
    expect(baselines).toEqual(["801901cca35bdeba", "1b46cef52b76074d", "b7bb96c6e893999e"]);
  });

  test("the smallest one's", () => {
    expect(digest(smallestGraph())).toBe("06ee6650f4554f3c");
  });
});

const DIGESTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "float32, tied": {
    whole: "80a6a1765de9ec70",
    "cut at 0": "e69b47d3a79b1f49",
    "the device at cut 2": "35d276ae1125baf5",
    "the edge at cut 2": "64694ed79a9c3b65",
    "a middle": "c4be08126ecb762c",
    "one block": "d59793459b8f424e",
    "embedding alone": "77e8a15ef97baed2",
    "head alone": "3da23113123bb802",
    "up to an exit": "d1c7daa1f5f7e211",
    "an exit alone": "7b2cd0c7a8dc9685",
  },
  "float16, tied": {
    whole: "931b9a6c2fc20b70",
    "cut at 0": "4ef1bad0be6caf56",
    "the device at cut 2": "e384cdf674ab3519",
    "the edge at cut 2": "29d0bfaaede2e1e4",
    "a middle": "ecfa61a537809923",
    "one block": "a2986b6972f6a343",
    "embedding alone": "5fcd06ea931ba705",
    "head alone": "06b3ed5fa7738a9b",
    "up to an exit": "06ea9200c9c9fa13",
    "an exit alone": "674308e6f4d7cfb2",
  },
  "bfloat16, untied, biases, a key head a head": {
    whole: "5538c11c3a24e5a2",
    "cut at 0": "7c50dda1d71622d4",
    "the device at cut 2": "23ec249dd5ea822a",
    "the edge at cut 2": "3f41ef6dcc73f7de",
    "a middle": "a83a69abe5c01407",
    "one block": "8177909dc8ef75a1",
    "embedding alone": "c5bfbcc9514e6b59",
    "head alone": "8adcc06c79bd104a",
    "up to an exit": "ad9e516542b647a9",
    "an exit alone": "fc6c6e26d9f47137",
  },
};
