/**
 * What the clients of one edge got, the device itself and the simulated ones alike. Everybody asks
 * again as soon as an answer is over, so what the edge serves a second is the sum of the clients'
 * own rates (a closed system).
 */
import { tpotOf } from "../plan/measured/bottleneck.ts";
import { firstTokenMs } from "../plan/measured/calibration.ts";
import type { ClientRun, RunRecord } from "../run/record.ts";

/** This device first; none where it has no token. */
export function clientsOf(record: Pick<RunRecord, "tokens" | "rounds" | "simulated">): readonly ClientRun[] {
  const { tokens, rounds, simulated = [] } = record;
  const ttftMs = firstTokenMs(record);
  if (ttftMs === null) return simulated;
  // Where windows overlap a token's own part is what was waited for: rounds have it all.
  const parts = rounds?.slice(1) ?? tokens.slice(1);
  const laterTokens = rounds?.slice(1).reduce((total, { gained }) => total + gained, 0) ?? tokens.length - 1;
  const sum = (of: (part: { readonly edgeMs: number; readonly queueMs: number }) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return [
    {
      ttftMs,
      tpotMs: tpotOf(record),
      tokens: tokens.length,
      laterTokens,
      edgeMs: sum(({ edgeMs }) => edgeMs),
      queueMs: sum(({ queueMs }) => queueMs),
      same: true,
    },
    ...simulated,
  ];
}

/** The slowest client's time a token over the fastest's; null where nobody had two tokens. */
export function unfairnessOf(clients: readonly ClientRun[]): number | null {
  const times = clients.flatMap(({ tpotMs }) => tpotMs ?? []);
  const least = Math.min(...times);
  return times.length === 0 || least <= 0 ? null : Math.max(...times) / least;
}

/** Tokens a second over all clients. */
export const servedPerSecond = (clients: readonly ClientRun[]): number =>
  clients.reduce(
    (sum, { ttftMs, tpotMs, tokens }) => sum + (1000 * tokens) / Math.max(1e-3, ttftMs + (tpotMs ?? 0) * (tokens - 1)),
    0,
  );

/** Per token behind the first reply, over all clients; null where there was none. */
export function perTokenOf(clients: readonly ClientRun[], part: "edgeMs" | "queueMs"): number | null {
  const tokens = clients.reduce((sum, client) => sum + client.laterTokens, 0);
  return tokens === 0 ? null : clients.reduce((sum, client) => sum + client[part], 0) / tokens;
}
