/** The demo prompts that ship with the page; without them the page still works. */
export interface DemoPrompt {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly prompt: string;
  readonly note: string;
}

const FIELDS = ["id", "kind", "title", "prompt", "note"] as const;

function isPrompt(value: unknown): value is DemoPrompt {
  if (typeof value !== "object" || value === null) return false;
  return FIELDS.every((field) => typeof Reflect.get(value, field) === "string");
}

/** The prompts in a demo.json; what does not fit is left out. */
export function readDemoPrompts(json: unknown): readonly DemoPrompt[] {
  const prompts: unknown = typeof json === "object" && json !== null ? Reflect.get(json, "prompts") : null;
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
