/**
 * What the edge server says about itself at `/info.json`: its build, its models and the addresses
 * to hand out. A static host has none; then there is no edge but one that is named.
 */
import type { EdgeDescription } from "#core/run/record.ts";

export interface EdgeInfo {
  readonly url: string;
  readonly buildId: string | null;
  readonly version: string | null;
  readonly cores: number | null;
  /** Under which the page can be reached: this machine first, then the local network. */
  readonly urls: readonly string[];
  readonly models: readonly string[];
  /** From the last run that reached it. */
  readonly description: EdgeDescription | null;
}

const field = (value: unknown, name: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined);
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : []);

/** Null when the answer is not an edge server's. */
export function readEdgeInfo(url: string, json: unknown): EdgeInfo | null {
  const build = field(json, "build");
  const buildId = text(field(build, "id"));
  if (buildId === null) return null;
  const cores = field(json, "cores");
  return {
    url,
    buildId,
    version: text(field(build, "version")),
    cores: typeof cores === "number" ? cores : null,
    urls: texts(field(json, "urls")),
    models: texts(field(json, "models")),
    description: null,
  };
}

/** Asks the edge under `base` (the page's own folder, or another server's URL). Null on a static host or when it cannot be asked. */
export async function fetchEdgeInfo(base: string): Promise<EdgeInfo | null> {
  const url = new URL("info.json", base.endsWith("/") ? base : `${base}/`);
  url.protocol = url.protocol.replace("ws", "http");
  try {
    const response = await fetch(url, { cache: "no-store" });
    return response.ok ? readEdgeInfo(base, (await response.json()) as unknown) : null;
  } catch {
    // Unreachable, refused by CORS or not JSON: to the page all of these are "no edge there".
    return null;
  }
}
