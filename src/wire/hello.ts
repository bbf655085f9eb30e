/**
 * The handshake: the device's hello and the edge's welcome or refusal, each one JSON text.
 *
 * The wire version is looked at before anything else, so that a page and an edge of different
 * versions say `protocol-mismatch` to each other instead of stumbling over a field. Everything
 * else that does not fit is `bad-frame` naming the field. Keys beyond the known are ignored.
 */
import { ok, refuse, type Result } from "#core/run/failure.ts";
import {
  asBadFrame,
  atLeast,
  flag,
  isRecord,
  list,
  matching,
  nullable,
  object,
  oneOf,
  readJson,
  readWith,
  text,
  unfit,
  whole,
  type ReadBy,
  type Reader,
} from "#core/run/json-reader.ts";
import { failure } from "#core/run/failure.ts";
import { asReader } from "#core/schema/read.ts";
import { WIRE_VERSION, type Hello, type Refusal, type Welcome } from "./messages.ts";

const SEED_MAX = 2 ** 32 - 1;
const POSITION_MAX = 2 ** 31;

const session = matching(/^[0-9a-f]{32}$/, "128 bits in hex");

const lengthOrName: Reader<number | string> = (value, path) =>
  typeof value === "number" ? whole(1)(value, path) : text(value, path);

const segment = object({ embedding: flag, from: whole(0), to: whole(0), head: flag });

const hashes = list(matching(/^[0-9a-f]{64}$/, "a SHA-256 in hex"));

const FIELDS = object({
  kind: oneOf("hello"),
  wire: whole(0),
  build: text,
  model: text,
  revision: text,
  segment,
  codec: text,
  capacity: whole(1, POSITION_MAX),
  kvCache: flag,
  sampling: nullable(object({ temperature: atLeast(0), topK: whole(0), topP: atLeast(0), seed: whole(0, SEED_MAX) })),
  edgeLoad: whole(1),
  verify: nullable(text),
  draft: nullable(object({ model: text, revision: text, length: lengthOrName })),
  access: nullable(text),
  resume: nullable(object({ session, position: whole(0, POSITION_MAX) })),
});

/** More hops than any model has use for would only be a way to keep edge servers busy. */
const STOPS_MOST = 8;
const ENDPOINT_MOST = 2048;
const endpoint: Reader<string> = (value, path) =>
  text(value, path).length <= ENDPOINT_MOST
    ? text(value, path)
    : unfit(path, value, `a URL of at most ${ENDPOINT_MOST} characters`);

const stops = list(object({ endpoint, segment, codec: text }));
const someStops: Reader<ReadBy<typeof stops>> = (value, path) => {
  const read = stops(value, path);
  return read.length <= STOPS_MOST ? read : unfit(path, value, `at most ${STOPS_MOST} hops`);
};

/** What is left out is none: of plugins, and of hops behind this one. */
const HELLO: Reader<Hello> = (value, path) => {
  const { plugins, onward } = isRecord(value) ? value : {};
  return {
    ...FIELDS(value, path),
    ...(plugins === undefined ? {} : { plugins: hashes(plugins, "plugins") }),
    ...(onward === undefined ? {} : { onward: someStops(onward, "onward") }),
  };
};

const WELCOME: Reader<Welcome> = object({
  kind: oneOf("welcome"),
  wire: whole(0),
  build: text,
  session,
  position: whole(0, POSITION_MAX),
  edge: object({ version: text, runtime: text, provider: text, threads: whole(0), cores: whole(0) }),
  memory: object({ weightBytes: whole(0), kvBytes: whole(0) }),
  maxMessageBytes: whole(1),
  idleTimeoutMs: atLeast(0),
});

const REFUSAL: Reader<Refusal> = object({ kind: oneOf("refusal"), failure: asReader(failure) });

export const writeHandshake = (message: Hello | Welcome | Refusal): string => JSON.stringify(message);

/** At the edge: the first text of a socket. */
export function parseHello(source: string): Result<Hello> {
  const json = readJson(source);
  if (!("value" in json))
    return refuse({ code: "bad-frame", what: `the hello is not JSON: ${json.why}`, offset: null });
  const other = otherWire(json.value);
  if (other !== null) return refuse({ code: "protocol-mismatch", page: other, edge: String(WIRE_VERSION) });
  const hello = readWith(HELLO, json.value);
  if (!hello.ok) return refuse(asBadFrame(hello.failure, "hello"));
  if (hello.value.segment.from > hello.value.segment.to)
    return refuse({ code: "bad-frame", what: "hello: segment.from is past segment.to", offset: null });
  return hello;
}

/** In the tab: the first text of a socket, or the last before the edge closes it. */
export function parseAnswer(source: string): Result<Welcome | Refusal> {
  const json = readJson(source);
  if (!("value" in json))
    return refuse({ code: "bad-frame", what: `the answer is not JSON: ${json.why}`, offset: null });
  if (isRecord(json.value) && json.value["kind"] === "refusal") {
    const refusal = readWith(REFUSAL, json.value);
    return refusal.ok ? refusal : refuse(asBadFrame(refusal.failure, "refusal"));
  }
  const other = otherWire(json.value);
  if (other !== null) return refuse({ code: "protocol-mismatch", page: String(WIRE_VERSION), edge: other });
  const welcome = readWith(WELCOME, json.value);
  return welcome.ok ? ok(welcome.value) : refuse(asBadFrame(welcome.failure, "welcome"));
}

/** The wire version a message claims when it is not ours. */
function otherWire(value: unknown): string | null {
  const wire = isRecord(value) ? value["wire"] : undefined;
  return typeof wire === "number" && wire !== WIRE_VERSION ? String(wire) : null;
}
