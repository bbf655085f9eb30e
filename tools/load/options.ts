/** The command line of `npm run load`, read once; what cannot be is one sentence. */
import { parseArgs } from "node:util";

export interface LoadOptions {
  readonly clients: readonly number[];
  /** Null for all of them. */
  readonly active: number | null;
  readonly modes: readonly string[];
  readonly arrivals:
    | { readonly kind: "closed" }
    | { readonly kind: "poisson" }
    | { readonly kind: "file"; readonly path: string };
  /** Null for a file's own rate. */
  readonly perSecond: number | null;
  readonly seed: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly promptTokens: readonly number[];
  readonly answerTokens: readonly number[];
  readonly promptMost: number | null;
  readonly answerMost: number | null;
  readonly newSessions: boolean;
  readonly model: string;
  readonly set: Readonly<Record<string, string>>;
  readonly edge: string | null;
  readonly access: string | null;
  readonly port: number;
  readonly edgeFlags: readonly string[];
  /** A file, or `-` for the standard output in place of the table. */
  readonly json: string | null;
  readonly command: readonly string[];
}

export type LoadOptionsRead =
  | { readonly kind: "options"; readonly options: LoadOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly sentence: string };

export const LOAD_HELP = `npm run load -- [options]

What arrives
  --arrivals WHAT      closed: every client asks again as soon as it is answered (the default)
                       poisson: --rate a second, independent of one another, from --seed
                       FILE: real arrivals with their lengths, CSV, gzipped or not, with the header
                       TIMESTAMP,ContextTokens,GeneratedTokens (the Azure public data set's) or
                       seconds,prompt_tokens,answer_tokens
  --rate N             requests a second on average (poisson 2; a file's own)
  --seed N             of poisson (1)
  --duration S         seconds that are measured (10)
  --warm-up S          seconds before them that are answered and left out (2)
  --prompt-tokens A,B  lengths of prompts where no file says them (16)
  --answer-tokens A,B  lengths of answers likewise (24)
  --prompt-most N      longer prompts are cut to it (half of the model's context)
  --answer-most N      longer answers likewise (a quarter)
Who asks
  --clients 1,8,32     sessions at a time, one number after the other (1,2,4,8,16)
  --active N           of them, those that are answered at a time (all)
  --new-sessions       a session for every answer, in place of one that a client keeps
  --mode A,B           strategies; each that uses an edge, but cooperative, score and auto (edge-only)
  --model NAME         of public/models (concierge-10m)
  --set key=value      any other key of a run (cut=50%, link=rtt:20, temperature=1); may be repeated
The edge
  --edge URL           one that runs already; it must serve the same model (else one is started)
  --access-token TEXT  for one that asks for it
  --port N             of the one that is started (8188)
  --edge-flag FLAG     a flag for the one that is started (--edge-flag=--batch=1); may be repeated
What comes out
  --json FILE          everything as JSON; - for standard output, in place of the table
Lengths are rounded up to powers of two. Ctrl-C ends it with the results so far.`;

const FLAGS = {
  arrivals: { type: "string", default: "closed" },
  rate: { type: "string" },
  seed: { type: "string", default: "1" },
  duration: { type: "string", default: "10" },
  "warm-up": { type: "string", default: "2" },
  "prompt-tokens": { type: "string", default: "16" },
  "answer-tokens": { type: "string", default: "24" },
  "prompt-most": { type: "string" },
  "answer-most": { type: "string" },
  clients: { type: "string", default: "1,2,4,8,16" },
  active: { type: "string" },
  "new-sessions": { type: "boolean", default: false },
  mode: { type: "string", default: "edge-only" },
  model: { type: "string", default: "concierge-10m" },
  set: { type: "string", multiple: true, default: [] as string[] },
  edge: { type: "string" },
  "access-token": { type: "string" },
  port: { type: "string", default: "8188" },
  "edge-flag": { type: "string", multiple: true, default: [] as string[] },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

class Wrong extends Error {}
const wrong = (sentence: string): never => {
  throw new Wrong(sentence);
};

export function readLoadOptions(argv: readonly string[]): LoadOptionsRead {
  try {
    const { values } = parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: false });
    return values.help ? { kind: "help" } : { kind: "options", options: optionsOf(values, argv) };
  } catch (thrown) {
    // parseArgs throws TypeErrors with a code, whose messages are sentences about the flag.
    if (thrown instanceof Wrong || (thrown instanceof TypeError && "code" in thrown))
      return { kind: "wrong", sentence: `${thrown.message} npm run load -- --help lists the flags.` };
    throw thrown;
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>["values"];

function optionsOf(values: Values, command: readonly string[]): LoadOptions {
  const { arrivals, rate } = values;
  if (arrivals === "closed" && rate !== undefined)
    return wrong("--rate needs --arrivals poisson or a file: where all ask again at once there is no rate.");
  return {
    clients: wholes("clients", values.clients, 1, 10_000),
    active: values.active === undefined ? null : whole("active", values.active, 1, 10_000),
    modes: values.mode.split(",").map(modeOf),
    arrivals: arrivals === "closed" || arrivals === "poisson" ? { kind: arrivals } : { kind: "file", path: arrivals },
    perSecond: rate === undefined ? null : positive("rate", rate),
    seed: whole("seed", values.seed, 0, 2 ** 32 - 1),
    durationMs: positive("duration", values.duration) * 1000,
    warmUpMs: whole("warm-up", values["warm-up"], 0, 3_600) * 1000,
    promptTokens: wholes("prompt-tokens", values["prompt-tokens"], 1, 1 << 20),
    answerTokens: wholes("answer-tokens", values["answer-tokens"], 1, 1 << 20),
    promptMost: values["prompt-most"] === undefined ? null : whole("prompt-most", values["prompt-most"], 1, 1 << 20),
    answerMost: values["answer-most"] === undefined ? null : whole("answer-most", values["answer-most"], 1, 1 << 20),
    newSessions: values["new-sessions"],
    model: values.model,
    set: Object.fromEntries(values.set.map(settingOf)),
    edge: values.edge === undefined ? null : urlOf(values.edge),
    access: values["access-token"] ?? null,
    port: whole("port", values.port, 1, 65_535),
    edgeFlags: values["edge-flag"],
    json: values.json ?? null,
    command,
  };
}

/** What a run refuses with these is about two of its keys; here one of them is not the user's. */
function modeOf(mode: string): string {
  return ["cooperative", "score", "auto", "device-only", "baseline"].includes(mode)
    ? wrong(`--mode ${mode} asks an edge for nothing that other clients could repeat.`)
    : mode;
}

/** Keys that this tool gives itself. */
const OWN = ["mode", "model", "clients", "prompt", "promptIds", "messages", "maxTokens"];

function settingOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  const key = text.slice(0, at);
  if (at < 1) return wrong(`--set takes key=value, such as cut=50%, not "${text}".`);
  return OWN.includes(key)
    ? wrong(`--set ${key} is not for here: a load has flags for models, modes, clients and lengths.`)
    : [key, text.slice(at + 1)];
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most
    ? value
    : wrong(`--${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
}

const wholes = (flag: string, text: string, least: number, most: number): readonly number[] =>
  text.split(",").map((each) => whole(flag, each, least, most));

function positive(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  return value > 0 && value <= 86_400 ? value : wrong(`--${flag} takes a number above 0, such as 2.5, not "${text}".`);
}

const urlOf = (text: string): string =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? text
    : wrong(`--edge takes an edge server's address such as http://192.168.0.7:8080, not "${text}".`);
