/** How activations are written for the link, and how precisely numbers are kept. */
import type { Entry } from "./entry.ts";

export const CODECS_AND_PRECISION = {
  codec: {
    term: "codec",
    jargon: true,
    short: "How the activations at the cut are packed into bytes for the link, exactly or with a loss.",
    names: ["codecs"],
  },
  precision: { term: "precision", short: "In which kind of number weights or activations are kept." },
  quantisation: {
    term: "quantisation",
    jargon: true,
    short: "Rounding numbers to a few steps, so that each takes fewer bits.",
  },
  scale: { term: "scale", short: "The number that rounded values are multiplied with to get the original size back." },
  outlier: {
    term: "outlier",
    short: "A value much larger than its neighbours, which makes the steps of a common scale coarse.",
  },
  f32: { term: "f32", jargon: true, short: "Numbers of 4 bytes: nothing is lost." },
  f16: { term: "f16", jargon: true, short: "Numbers of 2 bytes with 11 significant bits and a small range." },
  bf16: { term: "bf16", jargon: true, short: "Numbers of 2 bytes with the range of f32 and 8 significant bits." },
  int8: {
    term: "int8",
    jargon: true,
    short: "Whole numbers of 8 bits with a scale for each position.",
    names: ["int8"],
  },
  int4: {
    term: "int4",
    jargon: true,
    short: "Whole numbers of 4 bits with a scale for each position.",
    names: ["int4"],
  },
  groupedIntegers: {
    term: "grouped integers",
    short: "Whole numbers with a scale for every 32 neighbours, so that an outlier spoils its own group only.",
    names: ["int8-g32", "int4-g32"],
  },
  outlierMix: { term: "outlier mix", short: "The largest values as 8 bits, all others as 4.", names: ["int4-mix"] },
  topKSparsity: {
    term: "top-k sparsity",
    short: "Only the largest eighth of a position's values travels; the others become 0.",
    names: ["topk-8"],
  },
  frequencyCodec: {
    term: "frequency truncation",
    short: "Only the lower quarter of a position's frequencies travels.",
    names: ["dct-4"],
  },
  lowRankCodec: {
    term: "low rank",
    short: "The positions of a message travel as two thin matrices whose product is near to them.",
    names: ["lowrank-2", "lowrank-4"],
  },
  rotatedCodec: {
    term: "random rotation",
    short: "Values are mixed so that outliers spread evenly, then rounded to very few steps.",
    names: ["rot-2b", "rot-1.6b", "rot-1b"],
  },
  widening: {
    term: "widening",
    short: "Turning stored weights into f32 for a runtime that cannot compute with them as they are.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
