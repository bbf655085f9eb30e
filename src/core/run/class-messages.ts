/**
 * What a class's tabs and its edge server say to each other, at `POST /class`. A student's tab sends figures and
 * nothing else: no field that it fills is free text, so none can hold a prompt, an answer, a token or a name.
 */
import { MODES } from "./config.ts";
import {
  between,
  flag,
  holding,
  list,
  matching,
  nullable,
  object,
  oneOf,
  variants,
  whole,
  type Value,
} from "../schema/schema.ts";

/** Digits and consonants that are not taken for each other, and spell no word. */
export const CODE_LETTERS = "23456789CDFGHJKMNPQRTVWX";
export const CODE_LENGTH = 5;

/** A mistyped one is no malformed one: it is unknown. */
const code = matching(/^[0-9A-Z]{1,16}$/, "a class's code, in capitals and digits");
const random128 = matching(/^[0-9a-f]{32}$/, "128 random bits in hex");
/** By its experiment's number. */
const lesson = whole(1, 99, "a lesson's number");

const ANSWERS_MOST = 8;
const ANSWERS_EXPECTED = `the answers to a lesson's questions, at most ${ANSWERS_MOST} figures`;
/** In the order of the questions: the place of a choice, from 0, or an amount in the question's unit. */
const answers = holding(
  list(between(-1e9, 1e9, "a figure")),
  ({ length }) => length > 0 && length <= ANSWERS_MOST,
  ANSWERS_EXPECTED,
);

const ms = between(0, 1e7, "milliseconds, from 0 to 10^7");
const bytes = whole(0, 1e12, "bytes");

/** What the agreement badge said of the run: `unchecked` where it had no reference yet. */
const CHECKS = ["exact", "near", "lossy", "wrong", "unchecked"] as const;

/** A run as a class sees it: its figures. */
const sharedRun = object({
  mode: oneOf(...MODES),
  /** Blocks in the tab. */
  cut: whole(0, 9999),
  /** Of the link that was asked for; null where it was not shaped. */
  rttMs: nullable(ms),
  tokens: whole(1, 1e6),
  ttftMs: ms,
  /** Null with a single token. */
  tpotMs: nullable(ms),
  upBytes: bytes,
  downBytes: bytes,
  checked: oneOf(...CHECKS),
  /** Its times are no measure: a software adapter, a hidden tab, a link that was not met. */
  doubtful: flag,
});
export type SharedRun = Value<typeof sharedRun>;

/** Runs that one tab has at a class; a further one takes the place of the first. */
export const RUNS_MOST = 8;

const inClass = { code, tab: random128 };
const asLecturer = { code, secret: random128 };

export const classAsk = variants(
  "ask",
  /** A new class, whose link leads to this lesson, or to the first view. */
  object({ ask: oneOf("open"), lesson: nullable(lesson) }),
  object({ ask: oneOf("join"), ...inClass }),
  /** Takes the place of what this tab had predicted of this lesson. */
  object({ ask: oneOf("predict"), ...inClass, lesson, answers }),
  /** `place` makes it repeatable: the same run again is the same run. */
  object({ ask: oneOf("share"), ...inClass, place: whole(0, RUNS_MOST - 1), run: sharedRun }),
  /** What came since the version that was seen. */
  object({ ask: oneOf("look"), ...asLecturer, seen: whole(0) }),
  object({ ask: oneOf("end"), ...asLecturer }),
);
export type ClassAsk = Value<typeof classAsk>;

export const opened = object({ code, secret: random128 });
export type Opened = Value<typeof opened>;

/** It is there. */
export const taken = object({});

export const joined = object({ lesson: nullable(lesson) });

/** Nobody is told apart: what came, without who sent it. */
export const classSummary = object({
  /** Grows with whatever comes. */
  version: whole(0),
  students: whole(0),
  studentsMost: whole(1),
  predictions: list(object({ lesson, answers })),
  runs: list(sharedRun),
});
export type ClassSummary = Value<typeof classSummary>;

/** To `look`; null where nothing came. */
export const looked = object({ summary: nullable(classSummary) });
