/** Many hostile episodes at a time beside one honest session, and what an edge says of itself before and after. */
import { edgeFigures, type EdgeFigures } from "../load/edge-figures.ts";
import { attack, type Attack } from "./attacker.ts";
import { episodeOf, type Episode, type Target } from "./episodes.ts";
import { Honest, type HonestFigures } from "./honest.ts";

export interface CampaignParts {
  readonly url: string;
  readonly target: Target;
  readonly seed: number;
  /** To be sent at least. */
  readonly frames: number;
  /** This episode alone; null for all of them. */
  readonly only: number | null;
  /** The first one's number. */
  readonly from: number;
  /** Hostile clients at a time. */
  readonly parallel: number;
  /** How long the honest session is asked alone, ms. */
  readonly aloneMs: number;
  readonly stopped: () => boolean;
  /** Once a second or so. */
  readonly progress: (frames: number, episodes: number) => void;
}

export interface CampaignFigures {
  readonly seed: number;
  readonly from: number;
  readonly episodes: number;
  readonly frames: number;
  readonly seconds: number;
  /** How the edge ended sessions, or refused them; `went on` for those that it did not end. */
  readonly ended: Readonly<Record<string, number>>;
  readonly mutations: Readonly<Record<string, number>>;
  readonly answers: Readonly<Record<string, number>>;
  /** What an edge must not do, and the episode that shows it. */
  readonly findings: readonly { readonly episode: number; readonly what: string }[];
  readonly honest: { readonly alone: HonestFigures; readonly beside: HonestFigures };
  /** Null where the edge does not say. */
  readonly edge: { readonly before: EdgeFigures; readonly after: EdgeFigures } | null;
}

/** Clients that were cut off may come back until an edge's idle timeout: one that is to be judged has a short one. */
const TIDY_MOST_MS = 8_000;
const FINDINGS_MOST = 20;

export async function campaign(parts: CampaignParts): Promise<CampaignFigures> {
  const { url, target, seed, from } = parts;
  const honest = await Honest.open(url, target);
  try {
    const until = performance.now() + parts.aloneMs;
    const alone = await honest.ask(() => performance.now() < until);
    const before = await edgeFigures(url, null);
    const began = performance.now();
    const count = new Count();
    let over = false;
    const asking = honest.ask(() => !over);
    try {
      await everybody(parts, count);
    } finally {
      over = true;
    }
    const seconds = (performance.now() - began) / 1000;
    const beside = await asking;
    const after = await settled(url);
    const edge = before === null || after === null ? null : { before, after };
    return { seed, from, seconds, ...count.figures(), honest: { alone, beside }, edge };
  } finally {
    await honest.close();
  }
}

async function everybody(
  { url, target, seed, frames, only, from, parallel, stopped, progress }: CampaignParts,
  count: Count,
): Promise<void> {
  if (only !== null) {
    const episode = episodeOf(seed, only, target);
    return count.add(episode, await attack(url, episode));
  }
  let number = from;
  let saidMs = performance.now();
  const oneAfterAnother = async (): Promise<void> => {
    while (count.frames < frames && !stopped()) {
      const episode = episodeOf(seed, number++, target);
      count.add(episode, await attack(url, episode));
      if (performance.now() - saidMs < 1_000) continue;
      saidMs = performance.now();
      progress(count.frames, count.episodes);
    }
  };
  await Promise.all(Array.from({ length: parallel }, oneAfterAnother));
}

/** The figures once nobody but the honest session is left, or after a while. */
async function settled(url: string): Promise<EdgeFigures | null> {
  const until = performance.now() + TIDY_MOST_MS;
  for (;;) {
    const figures = await edgeFigures(url, null);
    if (figures === null || figures.sessions <= 1 || performance.now() > until) return figures;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

class Count {
  frames = 0;
  episodes = 0;
  readonly #ended = new Map<string, number>();
  readonly #mutations = new Map<string, number>();
  readonly #answers = new Map<string, number>();
  readonly #findings: { readonly episode: number; readonly what: string }[] = [];

  add({ number, frames, helloMutated }: Episode, { sent, endedWith, answers, finding }: Attack): void {
    this.frames += sent;
    this.episodes++;
    const name = endedWith ?? "went on";
    more(this.#ended, helloMutated ? `${name} (the hello was broken)` : name);
    for (const { mutation } of frames.slice(0, sent)) more(this.#mutations, mutation ?? "as the table has it");
    for (const [kind, times] of answers) more(this.#answers, kind, times);
    if (finding !== null && this.#findings.length < FINDINGS_MOST)
      this.#findings.push({ episode: number, what: finding });
  }

  figures(): Pick<CampaignFigures, "frames" | "episodes" | "ended" | "mutations" | "answers" | "findings"> {
    const { frames, episodes } = this;
    const of = (map: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
      Object.fromEntries([...map].sort(([, a], [, b]) => b - a));
    return {
      frames,
      episodes,
      ended: of(this.#ended),
      mutations: of(this.#mutations),
      answers: of(this.#answers),
      findings: this.#findings,
    };
  }
}

const more = (map: Map<string, number>, key: string, by = 1): void => void map.set(key, (map.get(key) ?? 0) + by);

/** What speaks against an edge after a campaign; empty where nothing does. */
export function faultsOf({ findings, honest, edge }: CampaignFigures): readonly string[] {
  const { answers, exact, failures } = honest.beside;
  return [
    ...findings.map(({ episode, what }) => `episode ${episode}: ${what}`),
    ...(exact === answers && answers > 0
      ? []
      : [`the honest session: ${exact} of ${answers} answers exact; ${failures.slice(0, 3).join(" ")}`]),
    ...(edge === null ? ["the edge does not answer any more"] : leaks(edge)),
  ];
}

const GROWTH_MOST_BYTES = 256 << 20;

function leaks({ before, after }: NonNullable<CampaignFigures["edge"]>): readonly string[] {
  const grown = after.residentBytes - before.residentBytes;
  return [
    ...(after.faults > before.faults
      ? [`${after.faults - before.faults} bugs surfaced and were contained; its log says which`]
      : []),
    ...(after.sessions > before.sessions
      ? [`${after.sessions} sessions are left where there were ${before.sessions}`]
      : []),
    ...(after.kvReservedBytes > before.kvReservedBytes
      ? [`${after.kvReservedBytes} bytes of caches are reserved where there were ${before.kvReservedBytes}`]
      : []),
    ...(grown > GROWTH_MOST_BYTES ? [`its memory has grown by ${(grown / 2 ** 20).toFixed(0)} MB`] : []),
  ];
}
