/** What the page's pieces are called. */
import type { Entry } from "./entry.ts";

export const PAGE_WORDS = {
  strip: { term: "strip", short: "The drawing of the model, block by block, with the cut and the link in it." },
  lane: { term: "lane", short: "One run on the page's time axis." },
  verdict: { term: "verdict", short: "The sentence in the largest type: what the run or race on screen came to." },
  badge: {
    term: "badge",
    short: "The mark beside a speed that says whether its tokens were checked, and against what.",
  },
  scenario: {
    term: "scenario",
    short: "A place where splitting would be used, as request, settings and one verdict on a run.",
  },
  show: { term: "show", short: "Ninety seconds of recorded runs for a stand, without model or network." },
} as const satisfies Readonly<Record<string, Entry>>;
