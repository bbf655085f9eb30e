/** What fills a part of a token's interval in a drawing: its colour, and a pattern where nobody could do anything. */
import type { TokenPart } from "#core/run/record.ts";

/** Drawn once a page by `OutagePattern`. */
export const OUTAGE_PATTERN = "pattern-outage";

export const partFill = (part: TokenPart): string =>
  part === "outageMs" ? `url(#${OUTAGE_PATTERN})` : `var(--part-${part.slice(0, -2)})`;
