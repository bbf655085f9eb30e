/** The ways to make tokens with the tiers at hand. */
import type { Entry } from "./entry.ts";

export const STRATEGIES = {
  strategy: { term: "strategy", short: "One way to make tokens with the tiers at hand." },
  mode: { term: "mode", short: "The key of a run's configuration that names its strategy." },
  deviceOnly: {
    term: "Device only",
    short: "The whole model runs in the tab; no edge is needed.",
    names: ["device-only"],
  },
  edgeOnly: {
    term: "Edge only",
    short: "The whole model runs at the edge, which streams its tokens and pays one round trip for all.",
    names: ["edge-only"],
  },
  split: {
    term: "Split",
    short: "The tab runs the first blocks, the edge the others; every token pays a round trip.",
    names: ["split"],
  },
  uSplit: {
    term: "U-split",
    short: "The tab runs the first and the last blocks and the head, the edge those between.",
    names: ["u-split"],
  },
  speculative: {
    term: "Speculative",
    short: "A small model in the tab drafts, the large one at the edge verifies whole windows.",
    names: ["speculative"],
  },
  splitSpeculative: {
    term: "Split speculation",
    short: "The tab's blocks draft through an early exit, the model's other blocks at the edge verify.",
    names: ["split-speculative"],
  },
  colocated: {
    term: "Both models at the edge",
    short: "The edge drafts and verifies by itself: what drafting in the tab must be compared with.",
    names: ["colocated"],
  },
  cooperative: {
    term: "Cooperative",
    short: "The small model speaks unchecked where it is sure and asks the edge where it is not; lossy.",
    names: ["cooperative"],
  },
  baseline: {
    term: "transformers.js",
    short: "The same model in somebody else's runtime in this tab, to compare with.",
    names: ["baseline"],
  },
  score: {
    term: "Score",
    short: "A given text is fed in and the probability of each of its tokens is returned.",
    names: ["score"],
  },
  auto: {
    term: "Planned",
    short: "The planner measures both tiers, then chooses strategy, cut and codec under the limits that were set.",
    names: ["auto"],
  },
} as const satisfies Readonly<Record<string, Entry>>;
