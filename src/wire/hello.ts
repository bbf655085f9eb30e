/**
 * The handshake: the device's hello and the edge's welcome or refusal, each one JSON text.
 *
 * The wire version is looked at before anything else, so that a page and an edge of different
 * versions say `protocol-mismatch` to each other instead of stumbling over a field. Everything
 * else that does not fit is `bad-frame` naming the field. Keys beyond the known are ignored.
 */
import { refuse, type Failure, type Result } from "#core/run/failure.ts";
import { isRecord, readJson } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import type { AnySchema, Value } from "#core/schema/schema.ts";
import {
  helloMessage,
  refusalMessage,
  WIRE_VERSION,
  welcomeMessage,
  type Hello,
  type Refusal,
  type Welcome,
} from "./messages.ts";

export const writeHandshake = (message: Hello | Welcome | Refusal): string => JSON.stringify(message);

/** At the edge: the first text of a socket. */
export function parseHello(source: string): Result<Hello> {
  const json = readJson(source);
  if (!("value" in json))
    return refuse({ code: "bad-frame", what: `the hello is not JSON: ${json.why}`, offset: null });
  const other = otherWire(json.value);
  if (other !== null) return refuse({ code: "protocol-mismatch", page: other, edge: String(WIRE_VERSION) });
  const hello = readMessage(helloMessage, json.value, "hello");
  if (hello.ok && hello.value.segment.from > hello.value.segment.to)
    return refuse({ code: "bad-frame", what: "hello: segment.from is past segment.to", offset: null });
  return hello;
}

/** In the tab: the first text of a socket, or the last before the edge closes it. */
export function parseAnswer(source: string): Result<Welcome | Refusal> {
  const json = readJson(source);
  if (!("value" in json))
    return refuse({ code: "bad-frame", what: `the answer is not JSON: ${json.why}`, offset: null });
  if (isRecord(json.value) && json.value["kind"] === "refusal")
    return readMessage(refusalMessage, json.value, "refusal");
  const other = otherWire(json.value);
  if (other !== null) return refuse({ code: "protocol-mismatch", page: String(WIRE_VERSION), edge: other });
  return readMessage(welcomeMessage, json.value, "welcome");
}

function readMessage<S extends AnySchema>(schema: S, value: unknown, name: string): Result<Value<S>> {
  const read = readWith(schema, value);
  return read.ok ? read : refuse(asBadFrame(read.failure, name));
}

/** A `bad-value` inside a message, as the fault of that message. */
function asBadFrame(failure: Failure, message: string): Failure {
  if (failure.code !== "bad-value") return failure;
  const { key, expected, value } = failure;
  return { code: "bad-frame", what: `${message}: ${key || "it"} should be ${expected}, got ${value}`, offset: null };
}

/** The wire version a message claims when it is not ours. */
function otherWire(value: unknown): string | null {
  const wire = isRecord(value) ? value["wire"] : undefined;
  return typeof wire === "number" && wire !== WIRE_VERSION ? String(wire) : null;
}
