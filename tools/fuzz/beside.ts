/**
 * An honest session beside each assault in turn, many of one kind at once: is every answer exact, does its p99 gap
 * stay near what it was alone, does the edge's memory?
 */
import { CHUNK_MS } from "#edge/compute/schedule.ts";
import { edgeFigures } from "../load/edge-figures.ts";
import type { Target } from "./episodes.ts";
import { Honest, type HonestFigures } from "./honest.ts";

export interface BesideParts {
  readonly url: string;
  readonly target: Target;
  readonly names: readonly string[];
  readonly aloneMs: number;
  /** Of each assault. */
  readonly assaultMs: number;
  /** What an assault has left is given up by then. */
  readonly settleMs: number;
  /** Begins the assault of that name; what it returns ends it and tells how often it was played. */
  readonly begin: (name: string) => Promise<() => Promise<number>>;
  readonly stopped: () => boolean;
}

export interface Siege {
  readonly name: string;
  readonly plays: number;
  /** The quietest of the times that it was asked alone so far. */
  readonly alone: HonestFigures;
  readonly honest: HonestFigures;
  /** The edge's resident memory, before all assaults and at most during this one; null where it did not say. */
  readonly before: number | null;
  readonly most: number | null;
}

/** A reading of the edge's memory is a request, which takes it some milliseconds. */
const READ_EVERY_MS = 500;

export async function besideAll(parts: BesideParts, tell: (siege: Siege) => void): Promise<readonly Siege[]> {
  const honest = await Honest.open(parts.url, parts.target);
  const sieges: Siege[] = [];
  try {
    let alone = await asked(honest, parts.aloneMs);
    const before = (await edgeFigures(parts.url, null))?.residentBytes ?? null;
    for (const name of parts.names) {
      if (parts.stopped()) break;
      const again = await asked(honest, parts.aloneMs);
      if ((again.gapP99Ms ?? Infinity) < (alone.gapP99Ms ?? Infinity)) alone = again;
      const siege = { name, alone, before, ...(await besides(parts, honest, name)) };
      sieges.push(siege);
      tell(siege);
      await later(parts.settleMs);
    }
  } finally {
    await honest.close();
  }
  return sieges;
}

async function besides(
  { url, assaultMs, begin }: BesideParts,
  honest: Honest,
  name: string,
): Promise<Pick<Siege, "plays" | "honest" | "most">> {
  const end = await begin(name);
  let most: number | null = null;
  let over = false;
  const reading = (async () => {
    while (!over) {
      await later(READ_EVERY_MS);
      const bytes = (await edgeFigures(url, null))?.residentBytes ?? null;
      if (bytes !== null) most = Math.max(most ?? 0, bytes);
    }
  })();
  const figures = await asked(honest, assaultMs);
  over = true;
  const plays = await end();
  await reading;
  return { plays, honest: figures, most };
}

function asked(honest: Honest, ms: number): Promise<HonestFigures> {
  const until = performance.now() + ms;
  return honest.ask(() => performance.now() < until);
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const GROWTH_MOST_BYTES = 256 << 20;
/** Of the p99 gap alone; or a chunk more than it, where that is longer. */
const TIMES = 5;

export const gapMostMs = (aloneMs: number): number => Math.max(TIMES * aloneMs, aloneMs + CHUNK_MS);

/** What speaks against an edge; empty where nothing does. */
export function besideFaults({ name, plays, alone, honest, before, most }: Siege): readonly string[] {
  const { answers, exact, failures, gapP99Ms } = honest;
  const allowedMs = alone.gapP99Ms === null ? null : gapMostMs(alone.gapP99Ms);
  const grown = before === null || most === null ? null : most - before;
  return [
    ...(plays > 0 ? [] : ["it was never played"]),
    ...(exact === answers && answers > 0
      ? []
      : [`${exact} of ${answers} answers exact; ${failures.slice(0, 3).join(" ")}`]),
    ...(allowedMs !== null && gapP99Ms !== null && gapP99Ms <= allowedMs
      ? []
      : [`its p99 gap was ${gapP99Ms?.toFixed(1) ?? "none"} ms, where ${allowedMs?.toFixed(1) ?? "none"} are allowed`]),
    ...(grown === null ? ["the edge did not say what memory it had"] : []),
    ...(grown !== null && grown > GROWTH_MOST_BYTES ? [`memory grew by ${(grown / 2 ** 20).toFixed(0)} MB`] : []),
  ].map((what) => `${name}: ${what}`);
}
