/**
 * Prompt sets: JSON Lines of `{id, prompt}`, known by their hash. An experiment takes a few,
 * evenly spread over the set, or joins enough of them to reach a length.
 */
import { isRecord, readJson } from "#core/run/json-reader.ts";
import { ok, refuse, type Result } from "#core/run/failure.ts";
import type { PromptChoice } from "./experiment.ts";

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
  for (const [index, line] of source.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const json = readJson(line);
    const value = "value" in json ? json.value : null;
    const text = isRecord(value) ? value["prompt"] : undefined;
    if (!isRecord(value) || typeof text !== "string" || text.trim() === "") {
      return refuse({ code: "bad-value", key: `${name}, line ${index + 1}`, value: line.slice(0, 60), expected: "an object with a prompt that is not empty, one a line" });
    }
    prompts.push({ id: typeof value["id"] === "string" ? value["id"] : `${name}-${index + 1}`, text });
  }
  if (prompts.length === 0) return refuse({ code: "bad-value", key: name, value: "nothing", expected: "at least one prompt" });
  return ok({ name, sha256, prompts });
}

export function pickPrompts({ prompts }: PromptSet, { count, words }: PromptChoice): readonly Prompt[] {
  const spread = Array.from({ length: Math.min(count, prompts.length) }, (_, nth) => Math.floor((nth * prompts.length) / Math.min(count, prompts.length)));
  if (words === undefined) return spread.flatMap((at) => prompts[at] ?? []);
  return words.flatMap((least) => spread.map((at) => ({ id: `${prompts[at]?.id ?? ""}, ${least} words`, text: joined(prompts, at, least) })));
}

/** Prompts from `at` on, one behind the other, until there are so many words. */
function joined(prompts: readonly Prompt[], at: number, least: number): string {
  const words: string[] = [];
  for (let next = at; words.length < least; next++) words.push(...(prompts[next % prompts.length]?.text.split(" ") ?? []));
  return words.slice(0, least).join(" ");
}
