/**
 * Everything measured in one run. Records keep what was measured apart from what was added,
 * apportioned or modelled, and carry the provenance to trust them. Times are ms, sizes bytes.
 * Each part is a schema: its type, how it is read back from a file, and its JSON Schema.
 */
import { planRecord } from "../plan/plan-record.ts";
import {
  described,
  flag,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  schemaNumber,
  text,
  variants,
  whole,
  type Value,
} from "../schema/schema.ts";
import { pluginIdentity } from "../plugin/identity.ts";
import { injectedFault } from "./record/injected-fault.ts";
import { frameCount } from "./record/frame-count.ts";
import { cooperationQuality } from "./record/cooperation-quality.ts";
import { failure } from "./failure.ts";
import { totals } from "./record/record-totals.ts";
import { EXITS, generateConfig, linkFigures, MODES, MOVE_WAYS, type SharedConfig } from "./config.ts";
import { span } from "./record/span.ts";
import { deviceDescription, edgeDescription, tierMemory } from "./tier-description.ts";

/**
 * 4: an outage is a part of a token's time. 3: tokens and rounds have their time by hop. 2: drafting, exits and cooperation have keys, and the
 * page's lane key is gone. `upgrade-record.ts` leads here.
 */
export const RECORD_SCHEMA = 4;

const count = whole(0);
const numberOrNone = nullable(number);

/**
 * accepted: drafted, and it stood; corrected: put in place of a drafted one that fell; bonus: the one
 * after a window that stood in whole. Under cooperative: confident, the draft's own and never
 * checked, or asked, the edge's.
 */
const tokenFate = oneOf("accepted", "corrected", "bonus", "confident", "asked");
export type TokenFate = Value<typeof tokenFate>;

/** wasted: drafted behind one that fell or behind the end of the text, so that nothing came of it. */
const draftFate = oneOf("accepted", "corrected", "wasted");
export type DraftFate = Value<typeof draftFate>;

export const TOKEN_PARTS = [
  "deviceMs",
  "encodeMs",
  "uplinkMs",
  "queueMs",
  "edgeMs",
  "downlinkMs",
  "decodeMs",
  "sampleMs",
  "outageMs",
  "otherMs",
] as const;
export type TokenPart = (typeof TOKEN_PARTS)[number];

/** The parts of an interval, as sums of its spans over the hops: they sum to it within 1%. */
export const tokenParts = {
  deviceMs: number,
  encodeMs: number,
  uplinkMs: described(number, "apportioned: a share of linkMs"),
  queueMs: number,
  edgeMs: number,
  downlinkMs: described(number, "apportioned: a share of linkMs"),
  decodeMs: number,
  sampleMs: number,
  outageMs: described(number, "the edge server was away, and nothing else was done"),
  otherMs: number,
} satisfies Record<TokenPart, unknown>;

/** One output token and the interval that ended with it. */
const tokenEvent = object({
  index: count,
  id: count,
  text,
  /** Since the run began (the user's press), on the device's clock. */
  atMs: described(number, "since the run began; the ten parts that follow sum to the token's interval"),
  /** The interval by hop and part. */
  spans: list(span),
  ...tokenParts,
  // Views of the same interval, not further parts of it.
  /** Measured: round trip less the edge's own time. uplinkMs + downlinkMs; their split is apportioned. */
  linkMs: described(number, "measured: the round trip less the edge's own time"),
  /** Exactly what the shaper added, both directions. */
  addedMs: described(number, "what the shaper added, known exactly"),
  /** Bytes of real WebSocket messages. */
  upBytes: count,
  downBytes: count,
  /** Positions computed for this token: the prompt's for the first, 1 with a KV cache, all without. */
  positions: count,
  /** Where tokens are drafted: its round, by index, and what it was there. Times belong to the round, and stand with its first token. */
  round: optional(count),
  fate: optional(tokenFate),
});
export type TokenEvent = Value<typeof tokenEvent>;

/** Of a round: what the spans by part come to. */
export const roundParts = {
  /** Of the device's computing while it drafted the window. */
  draftMs: number,
  queueMs: number,
  edgeMs: number,
  linkMs: number,
};

/** One drafted window, from its first drafted token to its verdict. Times since the run began. */
const roundEvent = object({
  index: count,
  /** Sequence position of the first drafted token. */
  position: count,
  /** The tokens drafted, and what became of each. */
  drafted: list(count),
  fates: list(draftFate),
  accepted: count,
  /** It was drafted behind a window that was still unanswered. */
  follows: flag,
  /** Its prefix fell: the edge computed nothing for it. */
  dropped: flag,
  /** Tokens of the text it gave: those accepted and the one after them. */
  gained: count,
  draftFromMs: number,
  sentMs: number,
  answeredMs: number,
  /** What was computed, carried and waited for, by hop; the four that follow are views of it. */
  spans: list(span),
  ...roundParts,
  addedMs: number,
  upBytes: count,
  downBytes: count,
});
export type RoundEvent = Value<typeof roundEvent>;

/** A move of the cut in mid-answer, between two tokens: the time is the later token's `otherMs`, the bytes are no token's. */
const cutMove = object({
  /** Tokens that were there. */
  after: count,
  from: count,
  to: count,
  why: oneOf("scheduled", "asked", "re-planned"),
  way: oneOf(...MOVE_WAYS),
  /** Of this way and of the other, modelled; null where too little was measured to say. */
  predictedMs: numberOrNone,
  otherwiseMs: numberOrNone,
  /** From the first message to the last, downloads before it left out. */
  measuredMs: number,
  /** Since the run began. */
  atMs: number,
  /** Positions of each cache that moved. */
  positions: count,
  /** Bytes of real WebSocket messages. */
  upBytes: count,
  downBytes: count,
});
export type CutMove = Value<typeof cutMove>;

/** One client's answer on an edge that several use, timed where its replies come in. */
const clientRun = object({
  ttftMs: number,
  /** Null with a single token. */
  tpotMs: numberOrNone,
  tokens: count,
  /** Those of them that came behind the first reply with any. */
  laterTokens: count,
  /** Sums behind that reply: of the edge's computing, and of waiting for it. */
  edgeMs: number,
  queueMs: number,
  /** The edge said to it what it had said to the device that it repeats. */
  same: flag,
});
export type ClientRun = Value<typeof clientRun>;

const finish = variants(
  "kind",
  object({ kind: oneOf("eos"), id: count }),
  object({ kind: oneOf("length") }),
  object({ kind: oneOf("context"), capacity: count }),
  object({ kind: oneOf("stopped") }),
  object({ kind: oneOf("failed"), failure }),
);
export type Finish = Value<typeof finish>;

/** The check against the unsplit graph in a session of its own. */
const agreement = variants(
  "kind",
  object({ kind: oneOf("unchecked"), why: text }),
  object({
    kind: oneOf("checked"),
    /** Which graph, on which tier and runtime, computed the reference. */
    reference: text,
    exact: flag,
    comparedTokens: count,
    /** Tokens that the reference would have chosen otherwise, near ties left out; 0 where it is left out. */
    differing: optional(count),
    /** Divergences whose margin is under 1e-4: different kernels, same mathematics. */
    nearTies: count,
    smallestMargin: numberOrNone,
    /** Negative log-likelihood of the compared tokens under the reference, nats, unfiltered at temperature 1; exp of its mean is their perplexity. */
    nllNats: optional(number),
    firstDifference: nullable(
      object({
        index: count,
        got: count,
        expected: count,
        /** Both as text, by themselves; left out in records of before. */
        gotText: optional(text),
        expectedText: optional(text),
        /** How far the reference's own choice leads over the token we got, in perturbed log-probability. */
        margin: number,
      }),
    ),
  }),
);
export type Agreement = Value<typeof agreement>;

const provenance = object({
  commit: text,
  startedAt: text,
  modelRevision: text,
  browser: text,
  cores: count,
  clockResolutionMs: number,
  device: deviceDescription,
  edge: nullable(edgeDescription),
  /** What this tab had joined beside what ships; left out where nothing. */
  plugins: optional(list(pluginIdentity)),
  /** The tab was hidden or throttled at some point: its speeds do not count. */
  hidden: flag,
});
export type Provenance = Value<typeof provenance>;

/** What a config came to: no auto, no percentage, no name left. */
const resolved = object({
  mode: oneOf(...MODES),
  blocks: count,
  cut: count,
  tail: count,
  /** Under split-speculative: what drafted, and behind how many blocks it stands. */
  exit: optional(object({ kind: oneOf(...EXITS), depth: count })),
  /** Set where fewer tokens than asked for fit one message to the edge. */
  draftLimit: optional(object({ tokens: count, why: text })),
  capacity: count,
  device: text,
  edge: nullable(text),
  link: object({
    name: text,
    figures: nullable(linkFigures),
    met: nullable(flag),
    realRttMs: numberOrNone,
  }),
  promptIds: list(count),
  /** Leading positions already in both KV caches from the turn before. */
  reusedPositions: count,
});
export type Resolved = Value<typeof resolved>;

const downloads = object({ shards: count, bytes: count, fromCacheBytes: count, elapsedMs: number });
export type Downloads = Value<typeof downloads>;

/** The link of a run, changed while it went on. */
const linkChange = object({
  /** Tokens that were there. */
  after: count,
  /** Since the run began. */
  atMs: number,
  name: text,
  figures: nullable(linkFigures),
});
export type LinkChange = Value<typeof linkChange>;

/** A stretch in which the edge server was away. */
const outage = object({
  /** Tokens that were there. */
  after: count,
  /** Until a session went on, or nobody waited any longer. */
  ms: number,
  /** To come back. */
  attempts: count,
});
export type Outage = Value<typeof outage>;

/** What records of every kind hold. */
const SHARED = {
  schema: schemaNumber(RECORD_SCHEMA),
  /** The schema that it was written in, where that was an earlier one. */
  upgradedFrom: optional(count),
  provenance,
  memory: object({ device: tierMemory, edge: nullable(tierMemory) }),
  downloads,
  finish,
};
const sharedRecord = object(SHARED);
export type SharedRecord<C extends SharedConfig> = Value<typeof sharedRecord> & { readonly config: C };

/** As this version writes it; `read-record.ts` reads earlier ones too. */
export const generateRecord = object({
  ...SHARED,
  config: generateConfig,
  resolved: nullable(resolved),
  /** Under `mode=auto`: what was chosen and why. */
  plan: optional(planRecord),
  /** Where its link was changed. */
  links: optional(list(linkChange)),
  /** Where its edge server was away. */
  outages: optional(list(outage)),
  /** Every message that passed between this device and its edge server, its check's among them. */
  frames: optional(list(frameCount)),
  text,
  tokenIds: list(count),
  tokens: list(tokenEvent),
  /** Where tokens are drafted: every window, also those that came to nothing. */
  rounds: optional(list(roundEvent)),
  /** Where the cut moved in mid-answer. */
  moves: optional(list(cutMove)),
  /** mode=score: log-probability of each prompt token but the first. */
  logProbs: nullable(list(number)),
  /** mode=score: the id that the model held most probable in that token's place. */
  favourites: optional(list(count)),
  /** The other clients of the edge in this run: simulated devices, which repeat what this one sent when it was alone, with its own delays. */
  simulated: optional(list(clientRun)),
  totals,
  agreement,
  /** Under cooperative. */
  quality: optional(cooperationQuality),
  /** Put in on purpose: none of its figures counts. */
  fault: optional(injectedFault),
});
export type GenerateRecord = Value<typeof generateRecord>;

export type RunRecord = GenerateRecord;
