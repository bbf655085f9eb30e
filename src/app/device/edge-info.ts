/**
 * What the edge server says about itself at `/info.json`: its build and the addresses to hand out. A static host has none; then there is no edge but one that is named.
 */
import { pluginFile, type PluginFile } from "#core/plugin/identity.ts";
import { isRecord } from "#core/schema/json.ts";
import { fitting } from "#core/schema/read.ts";
import { text } from "#core/schema/schema.ts";
import type { EdgeDescription } from "#core/run/tier-description.ts";

export interface KnownEdge {
  readonly url: string;
  readonly buildId: string;
  /** Under which the page can be reached: this machine first, then the local network. */
  readonly urls: readonly string[];
  /** What its page joins before it reads a config. */
  readonly plugins: readonly PluginFile[];
  /** From the last run that reached it. */
  readonly description: EdgeDescription | null;
}

/** Null when the answer is not an edge server's. */
export function readEdgeInfo(url: string, json: unknown): KnownEdge | null {
  if (!isRecord(json) || !isRecord(json["build"])) return null;
  const { build, urls, plugins } = json;
  const buildId = build["id"];
  if (typeof buildId !== "string") return null;
  return {
    url,
    buildId,
    urls: fitting(text, urls),
    plugins: fitting(pluginFile, plugins),
    description: null,
  };
}

/** Asks the edge under `base` (the page's own folder, or another server's URL). Null on a static host or when it cannot be asked. */
export async function fetchEdgeInfo(base: string): Promise<KnownEdge | null> {
  const url = edgeUrl("info.json", base);
  try {
    const response = await fetch(url, { cache: "no-store" });
    return response.ok ? readEdgeInfo(base, (await response.json()) as unknown) : null;
  } catch {
    // Unreachable, refused by CORS or not JSON: to the page all of these are "no edge there".
    return null;
  }
}

/** Of a file that the edge under `base` answers over HTTP, however its socket is named. */
export function edgeUrl(file: string, base: string): URL {
  const url = new URL(file, base.endsWith("/") ? base : `${base}/`);
  url.protocol = url.protocol.replace("ws", "http");
  return url;
}
