/** A request's body as JSON, read up to a limit and no further. */
import type { HttpExchange } from "./exchange.ts";
import { readJson } from "#core/schema/json.ts";

export type BodyRead =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "too-large"; readonly limit: number }
  | { readonly kind: "not-json"; readonly why: string }
  | { readonly kind: "too-intricate"; readonly why: string }
  /** The peer left before it had said everything: nobody is there to be answered. */
  | { readonly kind: "gone" };

export interface BodyLimits {
  readonly bytes: number;
  /** Lists and objects inside one another. */
  readonly depth: number;
  /** Lists and objects in all: each costs far more to build and to check than its bytes. */
  readonly structures: number;
}

/** What is too large is left unread: the answer closes the connection. */
export async function readBody({ request }: HttpExchange, limits: BodyLimits): Promise<BodyRead> {
  const limitBytes = limits.bytes;
  const declared = Number(request.headers["content-length"] ?? 0);
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (declared > limitBytes) return { kind: "too-large", limit: limitBytes };
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > limitBytes) return { kind: "too-large", limit: limitBytes };
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (!request.complete) return { kind: "gone" };
    throw thrown;
  }
  const text = Buffer.concat(chunks).toString("utf8");
  const intricate = tooIntricate(text, limits);
  if (intricate !== null) return { kind: "too-intricate", why: intricate };
  const json = readJson(text);
  return "value" in json ? { kind: "json", value: json.value } : { kind: "not-json", why: json.why };
}

/** Counted on the text, before anything is built of it; null where it is within bounds. */
export function tooIntricate(text: string, { depth, structures }: Omit<BodyLimits, "bytes">): string | null {
  let within = 0;
  let all = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') at = endOfText(text, at);
    else if (letter === "]" || letter === "}") within -= 1;
    else if (letter === "[" || letter === "{") {
      within += 1;
      all += 1;
      if (within > depth) return `lists and objects stand at most ${depth} deep in one another`;
      if (all > structures) return `it takes at most ${structures} lists and objects`;
    }
  }
  return null;
}

/** Of the quote that ends the text begun at `from`; the end of everything where there is none. */
function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
