/** What the tabs of a class ask the page's own edge server, and no other, whatever an address names. */
import type { ClassAsk } from "#core/run/class-messages.ts";
import { failure, refuse, type Result } from "#core/run/failure.ts";
import { isRecord, readJson } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import type { AnySchema, Value } from "#core/schema/schema.ts";

const PATIENCE_MS = 8000;

/** Failures: what the edge says; class-refused (no-edge) where what answers is none; edge-unreachable. */
export async function askClass<S extends AnySchema>(
  ask: ClassAsk,
  answer: S,
  token: string | undefined,
): Promise<Result<Value<S>>> {
  const url = new URL("class", window.location.href);
  try {
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify(ask),
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return readClassAnswer(response.ok, await response.text(), answer);
  } catch (thrown) {
    return refuse({ code: "edge-unreachable", url: url.origin, why: String(thrown) });
  }
}

function readClassAnswer<S extends AnySchema>(ok: boolean, text: string, answer: S): Result<Value<S>> {
  const json = readJson(text);
  const value = "value" in json ? json.value : null;
  if (ok && isRecord(value)) return readWith(answer, value, "class");
  const told = readWith(failure, isRecord(value) ? value["failure"] : null);
  return refuse(told.ok ? told.value : { code: "class-refused", reason: "no-edge", limit: null });
}
