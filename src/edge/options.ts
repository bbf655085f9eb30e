/** The command line of the edge server, read once; what cannot be is refused with a sentence. */
import { parseArgs } from "node:util";
import { PRECISIONS, type WeightPrecision } from "#core/model/precision.ts";
import { nameIn } from "./http/hosts.ts";
import { LOG_LEVELS, type LogLevel } from "./status/log.ts";

export interface EdgeOptions {
  readonly port: number;
  /** Null listens on every address. */
  readonly host: string | null;
  /** Folders or addresses on the Hub; empty means the house models. */
  readonly models: readonly string[];
  readonly backend: "cpu" | "webgpu";
  /** Threads of each pass; 0 takes all cores. */
  readonly threads: number;
  /** Of the weights of all models. */
  readonly precision: WeightPrecision;
  /** Where models of the Hub are kept, null for the usual place, and what they may take there. */
  readonly hub: { readonly folder: string | null; readonly limitBytes: number };
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly trustForwarded: boolean;
  readonly tls:
    | { readonly kind: "none" }
    | { readonly kind: "self-signed" }
    | { readonly kind: "files"; readonly cert: string; readonly key: string };
  readonly accessToken: string | null;
  /** URLs of the edge servers that this one may pass activations on to, without a slash at the end. */
  readonly next: readonly string[];
  /** The API of a server behind this one, with its /v1; null for none. */
  readonly upstream: string | null;
  /** Where what several servers behind one address share is kept; null for one alone. */
  readonly redis: string | null;
  /** The address that the others reach this server under; null lets it look for one. */
  readonly advertise: string | null;
  readonly sessions: number;
  readonly sessionsPerAddress: number;
  readonly kvBytes: number;
  /** For beginnings of prompts that sessions share; 0 for none. */
  readonly prefixBytes: number;
  readonly idleTimeoutMs: number;
  readonly queueLength: number;
  /** Steps that share a pass over the weights at most. */
  readonly batch: number;
  /** How long what is under way may take once the server is asked to stop. */
  readonly drainMs: number;
  /** Bundled modules; TypeScript is `npm start`'s to bundle. */
  readonly plugins: readonly string[];
  readonly logLevel: LogLevel;
  /** Another folder with a built page. */
  readonly page: string | null;
}

export type OptionsRead =
  | { readonly kind: "options"; readonly options: EdgeOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly sentence: string };

export const USAGE = `Usage: npm start -- [options]
  --check               start nothing; say whether a demo with the other options would need the
                        network (npm start alone)
  --port N              port to listen on (8080); 0 takes a free one
  --host ADDRESS        address to listen on (all of them)
  --model MODEL         a Hugging Face folder, a GGUF file, or hf:organisation/name[/file.gguf][@revision]
                        to fetch one from the Hub (HF_ENDPOINT, HF_TOKEN); may be repeated (the house
                        models)
  --plugin FILE         a verification rule, a draft-length policy or a codec of your own
                        (docs/guides/how-to-add-a-rule.md); may be repeated
  --hub-cache GB        what models of the Hub may take on disk (50): those that were not opened for
                        longest are deleted first
  --hub-folder PATH     where they are kept (.cache/hub)
  --backend cpu|webgpu  what computes (cpu)
  --threads N           threads of each pass; 0 takes all cores (1)
  --precision P         of the weights: stored, as the files have them, blocks of four and eight bits in
                        their blocks where the CPU reads these; f32 decodes all to float32 at the edge;
                        q8 and q4 make blocks of 32 of a checkpoint in floats, for all tiers (stored)
  --allow-origin URL    another page's origin that may use this edge; may be repeated; * allows all
  --allow-host NAME     another name this server is reached under, such as a reverse proxy's;
                        may be repeated; * allows all (addresses, this machine's own and
                        local names)
  --trust-forwarded     a proxy of yours stands in front of every request: whom it comes from is what
                        the proxy puts last in X-Forwarded-For (the address of the connection)
  --https               serve https, with a self-signed certificate unless --cert and --key are given
  --cert FILE           certificate for https, PEM
  --key FILE            its private key, PEM
  --access-token TEXT   ask sessions, API requests, figures, models' files and their weights for this
                        token; the page, /healthz and /info.json stay open
  --next URL            another edge server that this one may pass activations on to, where a run
                        goes over several hops; may be repeated (none)
  --upstream URL        a server of the OpenAI API behind this one: /v1 passes on to it what names one
                        of its models; its key is UPSTREAM_API_KEY (none)
  --redis URL           keep what several servers behind one address share (which has a session,
                        places of an address) in this Redis (none: this server is alone)
  --advertise URL       address that the other servers reach this one under (its own on the network)
  --max-sessions N      sessions at a time (128)
  --max-sessions-per-address N  of those, what one address on the network may have (half of them)
  --kv-memory MIB       memory for KV caches (1024)
  --share-prefixes MIB  memory, for each model, to keep what prompts begin with, so that a beginning that
                        many share is computed once; how soon an answer begins then tells what
                        others have asked (0: nothing is shared)
  --idle-timeout S      seconds until an idle session ends (300)
  --queue N             steps that may wait (256)
  --batch N             steps of different sessions that share a pass over the weights at
                        most (64); 1 computes each alone
  --drain S             seconds that what is under way may take once the server is asked to
                        stop; a second signal does not wait (8)
  --log-level LEVEL     ${LOG_LEVELS.join(", ")} (info)
  --page PATH           folder of the built page
  --help                these lines
`;

const FLAGS = {
  port: { type: "string", default: "8080" },
  host: { type: "string" },
  model: { type: "string", multiple: true, default: [] as string[] },
  plugin: { type: "string", multiple: true, default: [] as string[] },
  backend: { type: "string", default: "cpu" },
  threads: { type: "string", default: "1" },
  "hub-cache": { type: "string", default: "50" },
  "hub-folder": { type: "string" },
  precision: { type: "string", default: "stored" },
  "allow-origin": { type: "string", multiple: true, default: [] as string[] },
  "allow-host": { type: "string", multiple: true, default: [] as string[] },
  "trust-forwarded": { type: "boolean", default: false },
  https: { type: "boolean", default: false },
  cert: { type: "string" },
  key: { type: "string" },
  "access-token": { type: "string" },
  next: { type: "string", multiple: true, default: [] as string[] },
  upstream: { type: "string" },
  redis: { type: "string" },
  advertise: { type: "string" },
  "max-sessions": { type: "string", default: "128" },
  "max-sessions-per-address": { type: "string" },
  "kv-memory": { type: "string", default: "1024" },
  "share-prefixes": { type: "string", default: "0" },
  "idle-timeout": { type: "string", default: "300" },
  queue: { type: "string", default: "256" },
  batch: { type: "string", default: "64" },
  drain: { type: "string", default: "8" },
  "log-level": { type: "string", default: "info" },
  page: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

export const OPTION_NAMES: readonly string[] = Object.keys(FLAGS);

class Wrong extends Error {}
const wrong = (sentence: string): never => {
  throw new Wrong(sentence);
};

export function readOptions(argv: readonly string[]): OptionsRead {
  try {
    const { values } = parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: false });
    if (values.help) return { kind: "help" };
    const sessions = whole("max-sessions", values["max-sessions"], 1, 100_000);
    return {
      kind: "options",
      options: {
        port: whole("port", values.port, 0, 65_535),
        host: values.host ?? null,
        models: values.model,
        backend: oneOf("backend", values.backend, ["cpu", "webgpu"]),
        threads: whole("threads", values.threads, 0, 1024),
        precision: oneOf("precision", values.precision, PRECISIONS),
        hub: hubOf(values["hub-folder"], values["hub-cache"]),
        allowedOrigins: values["allow-origin"].map(originOf),
        allowedHosts: values["allow-host"].map(hostOf),
        trustForwarded: values["trust-forwarded"],
        tls: tlsOf(values.https, values.cert, values.key),
        accessToken: accessTokenOf(values["access-token"]),
        ...othersOf(values),
        sessions,
        sessionsPerAddress: whole(
          "max-sessions-per-address",
          values["max-sessions-per-address"] ?? String(Math.ceil(sessions / 2)),
          1,
          100_000,
        ),
        kvBytes: whole("kv-memory", values["kv-memory"], 1, 1 << 20) * 2 ** 20,
        prefixBytes: whole("share-prefixes", values["share-prefixes"], 0, 1 << 20) * 2 ** 20,
        idleTimeoutMs: whole("idle-timeout", values["idle-timeout"], 1, 86_400) * 1000,
        queueLength: whole("queue", values.queue, 1, 1 << 20),
        batch: whole("batch", values.batch, 1, 4096),
        drainMs: whole("drain", values.drain, 0, 86_400) * 1000,
        plugins: values.plugin,
        logLevel: oneOf("log-level", values["log-level"], LOG_LEVELS),
        page: values.page ?? null,
      },
    };
  } catch (thrown) {
    // parseArgs throws TypeErrors whose messages are sentences about the flag.
    if (thrown instanceof Wrong || (thrown instanceof TypeError && "code" in thrown))
      return { kind: "wrong", sentence: thrown.message };
    throw thrown;
  }
}

const hubOf = (folder: string | undefined, gigabytes: string): EdgeOptions["hub"] => ({
  folder: folder ?? null,
  limitBytes: whole("hub-cache", gigabytes, 1, 1 << 20) * 1e9,
});

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= least && value <= most
    ? value
    : wrong(`--${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
}

function oneOf<const T extends string>(flag: string, text: string, choices: readonly T[]): T {
  return choices.find((choice) => choice === text) ?? wrong(`--${flag} takes ${choices.join(" or ")}, not "${text}".`);
}

/** An origin as browsers write it: no path, no default port. */
function originOf(text: string): string {
  if (text === "*" || text === "null") return text;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return wrong(`--allow-origin takes an origin such as https://lab.example, not "${text}".`);
  }
  return url.origin;
}

/** Up to the `/v1` that every such API has. */
function upstreamOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "")
    return wrong(`--upstream takes an address such as http://192.168.0.9:8000/v1, not "${text}".`);
  const base = text.replace(/\/+$/, "");
  return base.endsWith("/v1") ? base : `${base}/v1`;
}

/** The other servers that this one has to do with. */
function othersOf(values: {
  readonly port: string;
  readonly next: readonly string[];
  readonly upstream?: string;
  readonly redis?: string;
  readonly advertise?: string;
}): Pick<EdgeOptions, "next" | "upstream" | "redis" | "advertise"> {
  const { next, upstream, redis, advertise } = values;
  return {
    next: next.map((text) => serverOf("next", text)),
    upstream: upstream === undefined ? null : upstreamOf(upstream),
    redis: redis === undefined ? null : redisOf(redis, values),
    advertise: advertise === undefined ? null : serverOf("advertise", advertise),
  };
}

function redisOf(text: string, { port, advertise }: { readonly port: string; readonly advertise?: string }): string {
  if (!/^rediss?:$/.test(URL.canParse(text) ? new URL(text).protocol : ""))
    return wrong(`--redis takes an address such as redis://192.168.0.7:6379, not "${text}".`);
  return port === "0" && advertise === undefined
    ? wrong("--redis with --port 0 needs --advertise: the other servers are told how to reach this one.")
    : text;
}

/** An edge server's address, as a path names it. */
function serverOf(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^(https?|wss?):$/.test(url.protocol) || url.search !== "" || url.hash !== "")
    return wrong(`--${flag} takes an edge server's address such as http://192.168.0.7:8080, not "${text}".`);
  return text.replace(/\/+$/, "");
}

/** A name as Host headers give it, without the port. */
function hostOf(text: string): string {
  if (text === "*") return text;
  const name = nameIn(text);
  return name === null || /:\d+$/.test(text)
    ? wrong(`--allow-host takes a name such as lab.example, not "${text}".`)
    : name;
}

function tlsOf(https: boolean, cert: string | undefined, key: string | undefined): EdgeOptions["tls"] {
  if (cert === undefined && key === undefined) return { kind: https ? "self-signed" : "none" };
  if (cert === undefined || key === undefined) return wrong("--cert and --key belong together: give both or neither.");
  return { kind: "files", cert, key };
}

function accessTokenOf(text: string | undefined): string | null {
  return text === "" ? wrong("--access-token takes a text that is not empty.") : (text ?? null);
}
