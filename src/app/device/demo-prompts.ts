/** The demo prompts that ship with the page; without them the page still works. */
import { isRecord } from "#core/schema/json.ts";

export interface DemoPrompt {
  readonly id: string;
  readonly title: string;
  readonly prompt: string;
}

const FIELDS = ["id", "title", "prompt"] as const;

const isPrompt = (value: unknown): value is DemoPrompt =>
  isRecord(value) && FIELDS.every((field) => typeof value[field] === "string");

/** The prompts in a demo.json; what does not fit is left out. */
export function readDemoPrompts(json: unknown): readonly DemoPrompt[] {
  const prompts: unknown = isRecord(json) ? json["prompts"] : null;
  return Array.isArray(prompts) ? prompts.filter(isPrompt) : [];
}

let loading: Promise<readonly DemoPrompt[]> | null = null;

export function loadDemoPrompts(): Promise<readonly DemoPrompt[]> {
  loading ??= fetch("prompts/demo.json")
    .then((response): Promise<unknown> => (response.ok ? response.json() : Promise.resolve(null)))
    .then(readDemoPrompts)
    .catch(() => []);
  return loading;
}
