/** Teacher-forces given token ids over a cut and returns their log-probabilities: what a codec does to the model. */
import type { RunConfig } from "../run/config.ts";
import type { Failure } from "../run/failure.ts";
import type { StrategyFacts } from "./facts.ts";
import { atEdge, backOf, frontOf, onDevice } from "./hops.ts";
import { CUT_KEYS, EDGE_KEYS } from "./key-groups.ts";

export const score: StrategyFacts<"score"> = {
  name: "score",
  label: "Score",
  inWords: "The model rates a given text instead of writing one.",
  listed: false,
  uncut: null,
  where: () => null,
  reads: [...CUT_KEYS, ...EDGE_KEYS, "threads"],
  conflict: judgesIds,
  place: (at, blocks) => [onDevice(frontOf(at.cut)), atEdge(backOf(at.cut, blocks), at)],
  cut: "chosen",
  plain: null,
  returns: false,
  chains: false,
  movable: false,
  handle: "within",
  needs: { host: true, edge: true, generator: false },
  yields: "log-probs",
  crosses: "each-stretch",
  drafts: null,
  lossless: "exact",
  checked: "nowhere",
  reusable: false,
  unrepeatable: "it generates nothing that clients would wait for",
  faults: [],
};

function judgesIds({ prompt, messages, promptIds }: RunConfig): Failure | null {
  const text = prompt !== undefined ? "prompt" : messages !== undefined ? "messages" : null;
  if (text !== null)
    return { code: "keys-conflict", keys: ["mode", text], why: "mode=score judges promptIds, token by token" };
  if (promptIds === undefined || promptIds.length >= 2) return null;
  return {
    code: "bad-value",
    key: "promptIds",
    value: "1 id",
    expected: "at least 2 ids: the first is given, the others are judged",
  };
}
