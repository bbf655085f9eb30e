/**
 * An address is data, never a command to others (DESIGN, contract 10): what it says of an edge
 * server elsewhere is held back until somebody has pressed a button that names that server. Held
 * back means that nothing is connected to, so no prompt, context or token can go there. What was
 * admitted is kept with this entry of the tab's history: a reload remembers, another link does not.
 */
import type { RunConfig } from "#core/run/config.ts";
import { isRecord } from "#core/schema/json.ts";
import { fitting } from "#core/schema/read.ts";
import { text } from "#core/schema/schema.ts";

/** Origins other than the page's own that a config would have the page or its edge speak to, each once. */
export function originsElsewhere({ edge, path }: Pick<RunConfig, "edge" | "path">, pageUrl: string): readonly string[] {
  const named = [edge, ...(path ?? []).map(({ endpoint }) => endpoint)].filter((url) => url !== undefined);
  const own = originOf(pageUrl);
  return [...new Set(named.map(originOf))].filter((origin) => origin !== own);
}

/** As browsers read it, whatever else the text looks like; the text itself where they cannot. */
function originOf(url: string): string {
  const http = url.replace(/^ws/i, "http");
  return URL.canParse(http) ? new URL(http).origin : url;
}

/** The config without what names another server. */
export function withoutServers({ edge: _edge, path: _path, ...config }: RunConfig): RunConfig {
  return config;
}

/** Reads what `admitOrigins` has left in the entry; anything else there admits nothing. */
export const admittedIn = (historyState: unknown): readonly string[] =>
  isRecord(historyState) ? fitting(text, historyState["admitted"]) : [];

export function admitOrigins(history: History, origins: readonly string[]): void {
  history.replaceState({ admitted: [...admittedIn(history.state), ...origins] }, "");
}
