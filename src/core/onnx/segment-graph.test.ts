/**
 * The graphs are what the golden values and every shipped recording were made with: moving code must
 * not change a byte of them. The digests were taken before families had a table, and again when the
 * rows of a step came to be one output; a change that is meant prints what to put in their place.
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
    whole: "5405f1ce99829fea",
    "cut at 0": "967ebb41e96badce",
    "the device at cut 2": "ca8bd3535457611d",
    "the edge at cut 2": "ab9b4b04d98e5926",
    "a middle": "c24dfa3495eca8bd",
    "one block": "46dfae219ce4bd62",
    "embedding alone": "77e8a15ef97baed2",
    "head alone": "3da23113123bb802",
    "up to an exit": "789958014d56055c",
    "an exit alone": "7b2cd0c7a8dc9685",
  },
  "float16, tied": {
    whole: "4a45626a804be9f3",
    "cut at 0": "d5a4ff9ebec55683",
    "the device at cut 2": "c15901fed4e05a16",
    "the edge at cut 2": "84c62ec55acacb5a",
    "a middle": "04d00ee3f15cff76",
    "one block": "7f559e7635bc4577",
    "embedding alone": "5fcd06ea931ba705",
    "head alone": "06b3ed5fa7738a9b",
    "up to an exit": "92fd29140a5f798d",
    "an exit alone": "674308e6f4d7cfb2",
  },
  "bfloat16, untied, biases, a key head a head": {
    whole: "b34d5f5adb373a02",
    "cut at 0": "a87e009bc2fb4af2",
    "the device at cut 2": "ed551c18529e1107",
    "the edge at cut 2": "2cfd8f2c0c7854c4",
    "a middle": "69f2a185f5ff267b",
    "one block": "73ba7dd5d1b85e56",
    "embedding alone": "c5bfbcc9514e6b59",
    "head alone": "8adcc06c79bd104a",
    "up to an exit": "b8165b9bca105575",
    "an exit alone": "fc6c6e26d9f47137",
  },
};
