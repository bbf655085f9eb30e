/**
 * Prompt sets: JSON Lines of `{id, prompt}`, or the page's one document that has them in a list,
 * known by their hash. An experiment takes a few, evenly spread over the set, or joins enough of
 * them to reach a length.
 */
import { isRecord, readJson } from "#core/schema/json.ts";
import { ok, refuse, type Result } from "#core/run/failure.ts";
import type { Experiment, PromptChoice } from "./experiment.ts";

export interface Prompt {
  readonly id: string;
  readonly text: string;
}

export interface PromptSet {
  readonly name: string;
  /** Of the file, 64 hex digits. */
  readonly sha256: string;
  readonly prompts: readonly Prompt[];
}

/** `bad-value` names the line that does not fit. */
export function readPromptSet(name: string, sha256: string, source: string): Result<PromptSet> {
  const prompts: Prompt[] = [];
  for (const { place, number, text: said, value } of entriesIn(source)) {
    const text = isRecord(value) ? value["prompt"] : undefined;
    if (!isRecord(value) || typeof text !== "string" || text.trim() === "") {
      return refuse({
        code: "bad-value",
        key: `${name}, ${place} ${number}`,
        value: said.slice(0, 60),
        expected: "an object with a prompt that is not empty, one a line",
      });
    }
    prompts.push({ id: typeof value["id"] === "string" ? value["id"] : `${name}-${number}`, text });
  }
  if (prompts.length === 0)
    return refuse({ code: "bad-value", key: name, value: "nothing", expected: "at least one prompt" });
  return ok({ name, sha256, prompts });
}

interface Entry {
  readonly place: "line" | "prompt";
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Null where it is not JSON. */
  readonly value: unknown;
}

function entriesIn(source: string): readonly Entry[] {
  const whole = valueIn(source);
  const listed: unknown = isRecord(whole) ? whole["prompts"] : undefined;
  if (Array.isArray(listed))
    return listed.map((value: unknown, index) => ({
      place: "prompt",
      number: index + 1,
      text: JSON.stringify(value),
      value,
    }));
  return source
    .split(/\r?\n/)
    .flatMap((text, index) =>
      text.trim() === "" ? [] : [{ place: "line", number: index + 1, text, value: valueIn(text) }],
    );
}

function valueIn(text: string): unknown {
  const json = readJson(text);
  return "value" in json ? json.value : null;
}

/** Where the page has a set that it ships: its demo's prompts are one document. */
export const shippedPath = (name: string): string => `prompts/${name === "demo" ? "demo.json" : `${name}.jsonl`}`;

/** The sets that an experiment takes prompts from: those of its sweep, or its only one. */
export const promptSetNames = ({ sweep, prompts }: Pick<Experiment, "sweep" | "prompts">): readonly string[] => [
  ...new Set(sweep.promptSet?.map(String) ?? [prompts.set]),
];

export function pickPrompts({ prompts }: PromptSet, { count, words }: PromptChoice): readonly Prompt[] {
  const spread = Array.from({ length: Math.min(count, prompts.length) }, (_, nth) =>
    Math.floor((nth * prompts.length) / Math.min(count, prompts.length)),
  );
  if (words === undefined) return spread.flatMap((at) => prompts[at] ?? []);
  return words.flatMap((least) =>
    spread.map((at) => ({ id: `${prompts[at]?.id ?? ""}, ${least} words`, text: joined(prompts, at, least) })),
  );
}

/** Prompts from `at` on, one behind the other, until there are so many words. */
function joined(prompts: readonly Prompt[], at: number, least: number): string {
  const words: string[] = [];
  for (let next = at; words.length < least; next++)
    words.push(...(prompts[next % prompts.length]?.text.split(" ") ?? []));
  return words.slice(0, least).join(" ");
}
