/** A request's body as JSON, read up to a limit and no further. */
import type { HttpExchange } from "./exchange.ts";
import { readJson } from "#core/schema/json.ts";

export type BodyRead =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "too-large"; readonly limit: number }
  | { readonly kind: "not-json"; readonly why: string }
  /** The peer left before it had said everything: nobody is there to be answered. */
  | { readonly kind: "gone" };

/** What is too large is left unread: the answer closes the connection. */
export async function readBody({ request }: HttpExchange, limitBytes: number): Promise<BodyRead> {
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
  const json = readJson(Buffer.concat(chunks).toString("utf8"));
  return "value" in json ? { kind: "json", value: json.value } : { kind: "not-json", why: json.why };
}
