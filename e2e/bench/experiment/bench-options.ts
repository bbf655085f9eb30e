/** The command line of `npm run bench`, parsed once. What does not fit is thrown as one sentence. */
import { parseArgs } from "node:util";
import { BACKENDS, type Backend } from "#core/run/config.ts";
import { splitValues } from "#lab/sweep/cells.ts";
import { EXPERIMENTS } from "#lab/experiment/registry.ts";

export interface BenchOptions {
  readonly experiment: string;
  /** Values by key, as given. */
  readonly set: ReadonlyMap<string, readonly string[]>;
  readonly planOnly: boolean;
  readonly out: string | null;
  readonly headed: boolean;
  readonly backend: Backend | null;
  readonly repeat: number | null;
  readonly prompts: number | null;
  readonly resume: boolean;
  readonly allowSoftware: boolean;
  readonly onABusyMachine: boolean;
  readonly port: number;
  /** Null: as long as a run's settings make likely. */
  readonly longestRunMs: number | null;
  /** Files of one's own rules, policies and codecs. */
  readonly plugins: readonly string[];
}

export type BenchCommand =
  | { readonly kind: "run"; readonly options: BenchOptions }
  | { readonly kind: "compare"; readonly a: string; readonly b: string }
  | { readonly kind: "replay"; readonly file: string; readonly plugins: readonly string[] }
  | { readonly kind: "help" };

export const HELP = `npm run bench -- EXPERIMENT [options]

EXPERIMENT is a name, a number, or a file that exports a declaration:
${EXPERIMENTS.map(({ id, number, question }) => `  ${number}  ${id.padEnd(24)} ${question}`).join("\n")}

  --set key=a,b,c          values of a swept key, or a value for all arms; may be repeated
                           (link=trace:./FILE replays a link of your own: CSV, or Mahimahi's;
                           promptSet=demo,heldout,./FILE takes prompts of each set, compared)
  --plan                   print cells, runs, what is skipped and an estimate, and run nothing
  --out FOLDER             where the results go (results/EXPERIMENT)
  --repeat N               runs of every cell on every prompt
  --prompts N              how many prompts of each set
  --prompt-set FILE        as --set promptSet=FILE: a shipped set, or JSON Lines of your own with a prompt in each
  --backend wasm|webgpu    what the page computes with
  --headed                 with the browser's window
  --resume                 go on with the results in the folder
  --allow-software         measure a graphics adapter that computes on the CPU
  --on-a-busy-machine      measure although other processes keep the machine busy
  --longest-run SECONDS    a run that takes longer is ended as failed (3 minutes and what its tokens need)
  --port N                 of the edge server that is started (8187)
  --plugin FILE            a rule, policy or codec of your own, for page and edge; may be repeated

npm run bench -- --compare A B   two result files side by side
npm run bench -- --replay FILE   draft-length policies on recorded tokens, modelled; --plugin FILE adds those of yours`;

const FLAGS = {
  set: { type: "string", multiple: true, default: [] as string[] },
  plan: { type: "boolean", default: false },
  out: { type: "string" },
  headed: { type: "boolean", default: false },
  backend: { type: "string" },
  repeat: { type: "string" },
  prompts: { type: "string" },
  "prompt-set": { type: "string" },
  resume: { type: "boolean", default: false },
  "allow-software": { type: "boolean", default: false },
  "on-a-busy-machine": { type: "boolean", default: false },
  port: { type: "string", default: "8187" },
  "longest-run": { type: "string" },
  compare: { type: "boolean", default: false },
  replay: { type: "boolean", default: false },
  plugin: { type: "string", multiple: true, default: [] as string[] },
  help: { type: "boolean", default: false },
} as const;

const wordsRead = (words: readonly string[]) => parseArgs({ args: [...words], allowPositionals: true, options: FLAGS });
type Flags = ReturnType<typeof wordsRead>["values"];

export function parseBench(words: readonly string[]): BenchCommand {
  const { values, positionals } = wordsRead(words);
  if (values.help) return { kind: "help" };
  const [first, second, ...more] = positionals;
  if (values.compare) {
    if (first === undefined || second === undefined || more.length > 0)
      throw new Error("--compare takes two result files.");
    return { kind: "compare", a: first, b: second };
  }
  if (first === undefined) return { kind: "help" };
  if (values.replay) return { kind: "replay", file: first, plugins: values.plugin };
  if (second !== undefined) throw new Error(`One experiment at a time: ${first} or ${second}?`);
  return { kind: "run", options: optionsOf(first, values) };
}

const optionsOf = (experiment: string, values: Flags): BenchOptions => ({
  experiment,
  set: withPromptSet(settingsOf(values.set), values["prompt-set"]),
  planOnly: values.plan,
  out: values.out ?? null,
  headed: values.headed,
  backend: backendOf(values.backend),
  repeat: whole("repeat", values.repeat),
  prompts: whole("prompts", values.prompts),
  resume: values.resume,
  allowSoftware: values["allow-software"],
  onABusyMachine: values["on-a-busy-machine"],
  port: whole("port", values.port) ?? 8187,
  longestRunMs: milliseconds(whole("longest-run", values["longest-run"])),
  plugins: values.plugin,
});

function settingsOf(given: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const text of given) {
    const at = text.indexOf("=");
    if (at <= 0 || at === text.length - 1) throw new Error(`--set takes key=value or key=a,b,c, not "${text}".`);
    const key = text.slice(0, at);
    found.set(key, [...(found.get(key) ?? []), ...splitValues(text.slice(at + 1))]);
  }
  return found;
}

function withPromptSet(
  set: ReadonlyMap<string, readonly string[]>,
  name: string | undefined,
): ReadonlyMap<string, readonly string[]> {
  if (name === undefined) return set;
  if (set.has("promptSet"))
    throw new Error(`Prompt sets come from --prompt-set ${name} or from --set promptSet, not from both.`);
  return new Map([...set, ["promptSet", [name]]]);
}

function backendOf(text: string | undefined): Backend | null {
  if (text === undefined) return null;
  const known = BACKENDS.find((backend) => backend === text);
  if (known === undefined) throw new Error(`--backend takes ${BACKENDS.join(" or ")}, not "${text}".`);
  return known;
}

/** A million seconds are more than anybody waits, and less than a timer can. */
function milliseconds(seconds: number | null): number | null {
  if (seconds !== null && seconds > 1e6)
    throw new Error(`--longest-run takes 1000000 seconds at most, not "${seconds}".`);
  return seconds === null ? null : seconds * 1000;
}

function whole(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} takes a whole number from 1, not "${text}".`);
  return Number(text);
}
