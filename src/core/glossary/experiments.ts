/** What the lab runs, and how its figures are made. */
import type { Entry } from "./entry.ts";

export const EXPERIMENTS = {
  experiment: { term: "experiment", short: "A question with the runs that answer it, declared as data." },
  chapter: {
    term: "chapter",
    short: "An experiment as the page shows it: question, prediction, run, charts, what to notice, sources.",
  },
  lesson: {
    term: "lesson",
    short: "A chapter for a class: predict first, then see the recorded or one's own result, and why.",
  },
  sweep: { term: "sweep", short: "The keys that an experiment varies, with all their values." },
  arm: { term: "arm", short: "One of the ways that an experiment or race compares." },
  cell: { term: "cell", short: "One combination of an arm and the swept values: a single configuration." },
  promptSet: { term: "prompt set", short: "A named list of requests that an experiment runs on." },
  heldOut: { term: "held out", short: "Kept out of the model's training, so that it cannot know it by heart." },
  measure: { term: "measure", short: "A quantity that runs give and charts show, named once with its unit." },
  interleaved: {
    term: "interleaved",
    short: "The arms take turns, so that a slow minute of the machine hits all of them.",
  },
  median: { term: "median", short: "The middle value: half of the others are smaller, half are larger." },
  spread: { term: "spread", short: "The width of the middle half of the values." },
  n: { term: "n", short: "How many values a figure rests on." },
  bootstrapInterval: {
    term: "bootstrap interval",
    short: "The range that the figure stays in for 95 of 100 redraws of the prompts that were run.",
    unit: "as its figure",
  },
  frontier: { term: "frontier", short: "The points that no other point beats in both of a chart's directions." },
  tie: { term: "tie", short: "Two arms whose difference may well be chance: its interval holds 0." },
  race: {
    term: "race",
    short: "The same request on several strategies in turns, with a verdict on who is fastest and why.",
  },
  resultFile: {
    term: "result file",
    short: "The records of an experiment, one a line, that charts and reports are made from.",
  },
  plot: { term: "plot", short: "The numbers of one chart together with the table that says the same." },
  caveat: {
    term: "caveat",
    short: "What must be known to read a figure: a software adapter, a hidden tab, a link not met.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
