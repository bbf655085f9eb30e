/**
 * A model's ground: what its training dialogues were about, as a table of word weights that a model
 * folder may carry (`ground.json`), and whether a request lies off it. The score is the mean weight
 * of the request's words; the threshold is where a hundredth of held-out requests on the ground
 * would be called off it. Nothing but the text and the table is needed, so it is judged in the tab.
 * The same definition as tools/house-models/ground.py, which fits the table; its examples hold both to it.
 */
import { readJson } from "../schema/json.ts";
import { readWith } from "../schema/read.ts";
import { anyObject, number, object, oneOf, text } from "../schema/schema.ts";

export interface Ground {
  /** What the model knows, to stand after "it only knows". */
  readonly knows: string;
  /** A score above it is off the ground. */
  readonly threshold: number;
  /** By word in lower case, and for three classes: "#number", "#word" and "#name", an unknown word and one with a capital. What has no weight weighs nothing. */
  readonly weights: ReadonlyMap<string, number>;
}

export const GROUND_FILE = "ground.json";

/** Words of a request that are judged, from its start; fewer than FEWEST are too little to judge. */
const WORDS = 40;
const FEWEST = 3;

const shape = object({ schema: oneOf(1), knows: text, threshold: number, words: anyObject("words by their weight") });

/** Null where it is no such file: a model without its ground is a model like any other. */
export function readGround(source: string): Ground | null {
  const json = readJson(source);
  const read = "why" in json ? null : readWith(shape, json.value);
  if (read === null || !read.ok) return null;
  const { knows, threshold, words } = read.value;
  const weights = weightsIn(words);
  return weights === null ? null : { knows, threshold, weights };
}

/** `{ "<weight>": "word word …" }`. */
function weightsIn(groups: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> | null {
  const weights = new Map<string, number>();
  for (const [weight, words] of Object.entries(groups)) {
    if (typeof words !== "string") return null;
    for (const word of words.split(" ")) weights.set(word, Number(weight)); // what is no number is above no threshold
  }
  return weights;
}

/** The mean weight of a request's words, null where they are too few. */
export function groundScore(request: string, { weights }: Ground): number | null {
  const words = (request.replaceAll("\u2019", "'").match(/\p{L}+(?:'\p{L}+)?|\p{Nd}+/gu) ?? []).slice(0, WORDS);
  if (words.length < FEWEST) return null;
  return words.reduce((sum, word, place) => sum + (weights.get(keyOf(word, place, weights)) ?? 0), 0) / words.length;
}

function keyOf(word: string, place: number, weights: ReadonlyMap<string, number>): string {
  const lower = word.toLowerCase();
  if (/^\p{Nd}/u.test(word)) return "#number";
  if (weights.has(lower)) return lower;
  return place > 0 && /^\p{Lu}/u.test(word) ? "#name" : "#word";
}

/** Above it the words of a request are, on the mean, rather those of others than of the training's users. */
const BALANCE = 0;

/**
 * `off` above the threshold. `doubtful` between: short questions of common words ("What is the capital of
 * France?") lie there, and among what opens a conversation hardly any request on the ground; answers in
 * mid-conversation do ("Yes, that works"), so only what opens one is to be called so.
 */
export function placeOf(request: string, ground: Ground): "on" | "doubtful" | "off" {
  const score = groundScore(request, ground);
  if (score === null || score <= Math.min(BALANCE, ground.threshold)) return "on";
  return score > ground.threshold ? "off" : "doubtful";
}
