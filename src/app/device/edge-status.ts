/** How busy the edge server is, as it says at `/status.json`. */
import { edgeStatus, type EdgeStatus } from "#core/run/edge-status.ts";
import type { Failure } from "#core/run/failure.ts";
import { readJson } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import { edgeUrl } from "./edge-info.ts";

export type EdgeAnswer =
  | { readonly kind: "status"; readonly status: EdgeStatus }
  /** Too many look at once: what it said before stands. */
  | { readonly kind: "busy" }
  /** What answers there is no edge server: a static host. */
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly failure: Failure };

/** An edge that computes answers within a chunk of work, which is 50 ms. */
const PATIENCE_MS = 4000;

/** Asks the edge under `base` (the page's own folder, or another server's URL) with the token that it was given. */
export async function fetchEdgeStatus(base: string, token: string | undefined): Promise<EdgeAnswer> {
  const url = edgeUrl("status.json", base);
  try {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(url, { cache: "no-store", headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    return readEdgeStatus(response.status, await response.text());
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: "failed", failure: { code: "edge-unreachable", url: url.origin, why } };
  }
}

export function readEdgeStatus(code: number, text: string): EdgeAnswer {
  if (code === 429) return { kind: "busy" };
  if (code === 401)
    return {
      kind: "failed",
      failure: { code: "access-denied", why: "it shows its figures to those who have its access token" },
    };
  const json = readJson(text);
  if (code !== 200 || "why" in json) return { kind: "none" };
  const read = readWith(edgeStatus, json.value, "status.json");
  return read.ok ? { kind: "status", status: read.value } : { kind: "failed", failure: read.failure };
}
