/**
 * Every word of the project, one meaning each. The page's tooltips and `docs/glossary.md` are made
 * of this table and of nothing else.
 */
import { CODECS_AND_PRECISION } from "./codecs.ts";
import { CODE_WORDS } from "./code-words.ts";
import { DRAFTING } from "./drafting.ts";
import type { Entry } from "./entry.ts";
import { EXPERIMENTS } from "./experiments.ts";
import { MODEL_AND_CUT } from "./model-and-cut.ts";
import { PAGE_WORDS } from "./page-words.ts";
import { PLANNING } from "./planning.ts";
import { RUNS } from "./runs.ts";
import { SAMPLING_AND_QUALITY } from "./sampling-and-quality.ts";
import { SESSIONS } from "./sessions.ts";
import { STRATEGIES } from "./strategies.ts";
import { TIERS_AND_LINK } from "./tiers-and-link.ts";
import { TOKENS_AND_TIME } from "./tokens-and-time.ts";

interface GlossarySection {
  readonly title: string;
  readonly entries: Readonly<Record<string, Entry>>;
}

export const GLOSSARY_SECTIONS: readonly GlossarySection[] = [
  { title: "Tiers and the link", entries: TIERS_AND_LINK },
  { title: "The model and its cut", entries: MODEL_AND_CUT },
  { title: "Tokens and time", entries: TOKENS_AND_TIME },
  { title: "Strategies", entries: STRATEGIES },
  { title: "Drafting", entries: DRAFTING },
  { title: "Codecs and precision", entries: CODECS_AND_PRECISION },
  { title: "Sampling and quality", entries: SAMPLING_AND_QUALITY },
  { title: "Sessions and the wire", entries: SESSIONS },
  { title: "Runs and records", entries: RUNS },
  { title: "Planning", entries: PLANNING },
  { title: "Experiments and figures", entries: EXPERIMENTS },
  { title: "The page", entries: PAGE_WORDS },
  { title: "The code", entries: CODE_WORDS },
];

export const GLOSSARY = {
  ...TIERS_AND_LINK,
  ...MODEL_AND_CUT,
  ...TOKENS_AND_TIME,
  ...STRATEGIES,
  ...DRAFTING,
  ...CODECS_AND_PRECISION,
  ...SAMPLING_AND_QUALITY,
  ...SESSIONS,
  ...RUNS,
  ...PLANNING,
  ...EXPERIMENTS,
  ...PAGE_WORDS,
  ...CODE_WORDS,
} as const satisfies Readonly<Record<string, Entry>>;

export type GlossaryKey = keyof typeof GLOSSARY;

export const glossaryEntry = (key: GlossaryKey): Entry => GLOSSARY[key];
