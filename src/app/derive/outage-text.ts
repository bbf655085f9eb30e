/** An outage in words: while it lasts, and afterwards. */
import type { Lane } from "../stores/runs.ts";
import { duration } from "../format/units.ts";

/** Null while the edge answers. `waitMs` is what is left until the next attempt. */
export function reconnectingText(
  { record, reconnecting }: Lane,
  waitMs: number = reconnecting?.waitMs ?? 0,
): string | null {
  if (record !== null || reconnecting === null) return null;
  const seconds = Math.round(waitMs / 1000);
  const { attempt, of } = reconnecting;
  return `Reconnecting, attempt ${attempt} of about ${of}${seconds === 0 ? "" : ` (next in ${seconds} s)`}.`;
}

/** Of a run that is over: what it waited for the edge server behind its last token, ms. */
export function waitedAtEnd({ record, tokens }: Pick<Lane, "record" | "tokens">): number {
  const away = (record?.outages ?? []).reduce((sum, { ms }) => sum + ms, 0);
  return Math.max(0, away - tokens.reduce((sum, { outageMs }) => sum + outageMs, 0));
}

export function outageText({ record, tokens }: Lane): readonly string[] {
  const told = record?.outages ?? [];
  const outages =
    told.length > 0
      ? told
      : tokens.flatMap(({ index, outageMs }) => (outageMs > 0 ? [{ after: index, ms: outageMs }] : []));
  const [first] = outages;
  if (first === undefined) return [];
  const ms = outages.reduce((sum, outage) => sum + outage.ms, 0);
  const where =
    outages.length > 1
      ? `, ${outages.length} times`
      : first.after === 0
        ? " before the first token"
        : ` after token ${first.after}`;
  return [`The edge server was away for ${duration(ms)}${where}: what a token takes leaves that out.`];
}
