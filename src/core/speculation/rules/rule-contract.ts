/**
 * What every verification rule must keep, as checks over one: a test runs them for each in the
 * registry, and for a rule of one's own. A check returns what is wrong in words, so this file needs
 * no test runner and a broken rule can be shown to fail it.
 *
 * The heart of it is the distribution test: whole texts are generated through real evidence and
 * real verdicts by a draft that is often wrong, over thousands of seeds, and the tokens that come
 * out are compared with the target's own distribution, given the two tokens before, and again given
 * the one before (chi-square): the first sees what hangs together from token to token, the second,
 * with a twentieth of the cells, sees a small bias that is the same everywhere.
 */
import type { SamplingSettings } from "../../sampling/settings.ts";
import { joined } from "../../frames/joined.ts";
import { failureOf, unwrap } from "../../run/failure.ts";
import { exp } from "../../sampling/exact-math.ts";
import { pick } from "../../sampling/sample.ts";
import { noiseHash, unitOf } from "../../sampling/noise.ts";
import { distributionOf } from "../distribution.ts";
import type { Drafted, Rule, WindowVerdict } from "./rule.ts";

/** `seed` shifts everything that is drawn: models, settings, texts. */
export type RuleCheck = (rule: Rule, seed?: number) => string | null;

/** Larger than what a truncating rule keeps, small enough to count every pair. */
const VOCABULARY = 20;
const GREEDY: SamplingSettings = { temperature: 0, topK: 0, topP: 1, seed: 1 };

/** A target and a draft as Markov chains: scores by the token before. */
interface Chains {
  readonly target: readonly Float32Array[]; // [vocabulary, vocabulary]
  readonly draft: readonly Float32Array[]; // [vocabulary, vocabulary]
}

/** Scores in [-1.5, 1.5]; the draft's are the target's, off by up to 1 either way. */
function chains(seed: number): Chains {
  const score = (key: number, prev: number, id: number): number =>
    unitOf(noiseHash(key, prev * VOCABULARY + id)) * 2 - 1;
  const table = (of: (prev: number, id: number) => number): Float32Array[] =>
    Array.from({ length: VOCABULARY }, (_, prev) => Float32Array.from({ length: VOCABULARY }, (_, id) => of(prev, id)));
  return {
    target: table((prev, id) => 1.5 * score(seed, prev, id)),
    draft: table((prev, id) => 1.5 * score(seed, prev, id) + score(seed + 1, prev, id)),
  };
}

interface Round {
  readonly drafted: readonly Drafted[];
  readonly verdict: WindowVerdict;
  readonly next: number;
}

/** One round as the two tiers play it: only ids, evidence and the verdict pass between them. */
function playRound(
  rule: Rule,
  { target, draft }: Chains,
  before: number,
  sampling: SamplingSettings,
  position: number,
  draftLength: number,
): Round {
  const drafted: Drafted[] = [];
  for (let last = before; drafted.length < draftLength; last = drafted.at(-1)?.id ?? 0)
    drafted.push(rule.draft(rowAfter(draft, last), sampling, position + drafted.length));
  const ids = drafted.map(({ id }) => id);
  const evidence = joined(drafted.map((each) => each.evidence));
  const rows = new Float32Array((ids.length + 1) * VOCABULARY);
  for (const [at, id] of [before, ...ids].entries()) rows.set(rowAfter(target, id), at * VOCABULARY);
  const verdict = unwrap(rule.verify({ rows, ids, evidence, sampling, position }));
  return { drafted, verdict, next: verdict.next ?? settled(rule, drafted, verdict, sampling, position) };
}

function settled(
  rule: Rule,
  drafted: readonly Drafted[],
  { accepted, distribution }: WindowVerdict,
  sampling: SamplingSettings,
  position: number,
): number {
  const rejected = drafted[accepted];
  if (rule.settle === null || rejected === undefined)
    throw new Error("a verdict without a next token, and nobody to choose it");
  return unwrap(rule.settle(rejected, distribution, sampling, position + accepted));
}

const rowAfter = (rows: readonly Float32Array[], id: number): Float32Array => rows[id] ?? new Float32Array(VOCABULARY);

/** `length` tokens of one seed; the window's length changes from round to round. */
function textOf(rule: Rule, models: Chains, sampling: SamplingSettings, length: number): readonly number[] {
  const ids: number[] = [0];
  while (ids.length <= length) {
    const { drafted, verdict, next } = playRound(
      rule,
      models,
      ids.at(-1) ?? 0,
      sampling,
      ids.length,
      1 + (ids.length % 4),
    );
    ids.push(...drafted.slice(0, verdict.accepted).map(({ id }) => id), next);
  }
  return ids.slice(1, length + 1);
}

/** The target's own text: what edge-only gives. */
function alone({ target }: Chains, sampling: SamplingSettings, length: number): readonly number[] {
  const ids: number[] = [0];
  while (ids.length <= length) ids.push(pick(rowAfter(target, ids.at(-1) ?? 0), sampling, ids.length).id);
  return ids.slice(1);
}

export interface DistributionTest {
  readonly tokens: number;
  readonly chiSquare: number;
  readonly freedoms: number;
  /** Standard deviations that the chi-square lies above its mean, were the rule lossless (Wilson and Hilferty 1931). */
  readonly deviations: number;
}

const TEXT = 50;

/** Tokens by what came before them, against the target's distribution there: of the two tests, the one that finds more. */
export function distributionTest(
  rule: Rule,
  sampling: Omit<SamplingSettings, "seed">,
  tokens: number,
  from = 0,
): DistributionTest {
  const models = chains(77 + 2 * from);
  const byOne: Counts = new Map();
  const byTwo: Counts = new Map();
  const first = (from * tokens) / TEXT + 1;
  for (let seed = first; seed < first + tokens / TEXT; seed++) {
    const ids = [0, ...textOf(rule, models, { ...sampling, seed }, TEXT)];
    for (let at = 1; at < ids.length; at++) {
      const [before = 0, last = 0, id = 0] = [ids[at - 2], ids[at - 1], ids[at]];
      count(byOne, last, id);
      count(byTwo, before * VOCABULARY + last, id);
    }
  }
  const expected = models.target.map((row) => expectedAfter(row, sampling));
  const [one, two] = [fitOver(byOne, expected), fitOver(byTwo, expected)];
  return { tokens, ...(one.deviations > two.deviations ? one : two) };
}

/** Of each token [vocabulary], by a number for what came before it, whose last digit to the base of the vocabulary is the last token. */
type Counts = Map<number, Float64Array>;

function count(counts: Counts, context: number, id: number): void {
  const row = counts.get(context) ?? new Float64Array(VOCABULARY);
  counts.set(context, row);
  row[id] = (row[id] ?? 0) + 1;
}

/** `expected` [vocabulary, vocabulary]: shares after each token. */
function fitOver(counts: Counts, expected: readonly Float64Array[]): Omit<DistributionTest, "tokens"> {
  let chiSquare = 0;
  let freedoms = 0;
  for (const [context, row] of counts) {
    const shares = expected[context % VOCABULARY] ?? new Float64Array(VOCABULARY);
    const n = row.reduce((sum, each) => sum + each, 0);
    const fit = fitOf(
      row,
      shares.map((share) => share * n),
    );
    chiSquare += fit.chiSquare;
    freedoms += fit.freedoms;
  }
  const spread = 2 / (9 * freedoms);
  return { chiSquare, freedoms, deviations: (Math.cbrt(chiSquare / freedoms) - (1 - spread)) / Math.sqrt(spread) };
}

/** By the book where nothing is filtered; filters are `distributionOf`'s own to test. */
function expectedAfter(logits: Float32Array, sampling: Omit<SamplingSettings, "seed">): Float64Array {
  if (sampling.topK > 0 || sampling.topP < 1) return distributionOf(logits, { ...sampling, seed: 0 });
  const weights = Float64Array.from(logits, (logit) => exp(logit / sampling.temperature));
  const total = weights.reduce((sum, each) => sum + each, 0);
  return weights.map((weight) => weight / total);
}

const LEAST_EXPECTED = 5;

/** Cells that expect under five are taken together; a token where none can be counts as infinitely wrong. */
function fitOf(
  counts: Float64Array,
  expected: Float64Array,
): { readonly chiSquare: number; readonly freedoms: number } {
  const rare = { count: 0, expected: 0 };
  let chiSquare = 0;
  let cells = 0;
  for (const [id, due] of expected.entries()) {
    const count = counts[id] ?? 0;
    if (due === 0 && count > 0) return { chiSquare: Infinity, freedoms: 1 };
    if (due < LEAST_EXPECTED) {
      rare.count += count;
      rare.expected += due;
      continue;
    }
    chiSquare += (count - due) ** 2 / due;
    cells++;
  }
  if (rare.expected >= LEAST_EXPECTED) {
    chiSquare += (rare.count - rare.expected) ** 2 / rare.expected;
    cells++;
  }
  return { chiSquare, freedoms: Math.max(0, cells - 1) };
}

/** Above this the two are told apart: by chance alone once in 15,000 times, either test. */
export const TOLD_APART = 4;

const told = ({ deviations, chiSquare, freedoms, tokens }: DistributionTest): string | null =>
  deviations < TOLD_APART
    ? null
    : `not the target's distribution: chi-square ${chiSquare.toFixed(0)} for ${freedoms} degrees of freedom over ${tokens} tokens`;

/** Runs `check` over every window length to 4 and a stretch of positions; the first objection stops it. */
function overRounds(
  rule: Rule,
  seed: number,
  check: (round: Round, replay: () => Round) => string | null,
): string | null {
  const models = chains(5 + 2 * seed);
  const sampling = settingsFor(rule, seed);
  for (let position = 1; position < 200; position++) {
    const play = (): Round => playRound(rule, models, position % VOCABULARY, sampling, position, position % 5);
    const objection = check(play(), play);
    if (objection !== null) return objection;
  }
  return null;
}

const settingsFor = (rule: Rule, seed: number): SamplingSettings =>
  rule.temperatures === "zero" ? GREEDY : { temperature: 0.9, topK: 0, topP: 1, seed: 3 + seed };

const isTheTarget =
  (sampling: Omit<SamplingSettings, "seed">, tokens: number): RuleCheck =>
  (rule, seed = 0) =>
    rule.temperatures === "zero" ? null : told(distributionTest(rule, sampling, tokens, seed));

const PLAIN = { temperature: 0.9, topK: 0, topP: 1 } as const;
const FILTERED = { temperature: 1.3, topK: 4, topP: 0.9 } as const;

export const RULE_CONTRACT: Readonly<Record<string, RuleCheck>> = {
  "sends the bytes it says": (rule, seed = 0) =>
    overRounds(rule, seed, ({ drafted }) => {
      const wrong = drafted.find(({ evidence }) => evidence.byteLength !== rule.bytesPerToken(VOCABULARY));
      return wrong === undefined
        ? null
        : `${wrong.evidence.byteLength} bytes where ${rule.bytesPerToken(VOCABULARY)} are declared`;
    }),
  "ends a repeated round the same": (rule, seed = 0) =>
    overRounds(rule, seed, (round, replay) => {
      const again = replay();
      return again.next === round.next && again.verdict.accepted === round.verdict.accepted
        ? null
        : "it draws from something other than seed and position";
    }),
  "accepts some and rejects some": (rule, seed = 0) => {
    let accepted = 0;
    let drafted = 0;
    const objection = overRounds(rule, seed, (round) => {
      accepted += round.verdict.accepted;
      drafted += round.drafted.length;
      return round.verdict.accepted <= round.drafted.length ? null : "accepted more than was drafted";
    });
    return objection ?? (accepted > 0 && accepted < drafted ? null : `${accepted} of ${drafted} accepted`);
  },
  "is the target's own text at temperature 0": (rule, seed = 0) => {
    const models = chains(9 + 2 * seed);
    return textOf(rule, models, GREEDY, 200).join() === alone(models, GREEDY, 200).join() ? null : "differs";
  },
  "keeps its word when it says exact": (rule, from = 0) => {
    if (rule.lossless !== "exact" || rule.temperatures === "zero") return null;
    const models = chains(9 + 2 * from);
    for (let seed = 50 * from; seed < 50 * (from + 1); seed++) {
      const sampling = { temperature: 0.9, topK: 4, topP: 0.95, seed };
      if (textOf(rule, models, sampling, 100).join() !== alone(models, sampling, 100).join())
        return `differs from the target alone for seed ${seed}`;
    }
    return null;
  },
  "refuses evidence of another length": (rule, seed = 0) => {
    const rows = new Float32Array(3 * VOCABULARY);
    const right = 2 * rule.bytesPerToken(VOCABULARY);
    for (const length of [right + 1, right - 1].filter((each) => each >= 0)) {
      const verdict = rule.verify({
        rows,
        ids: [1, 2],
        evidence: new Uint8Array(length),
        sampling: settingsFor(rule, seed),
        position: 1,
      });
      if (verdict.ok || verdict.failure.code !== "bad-frame") return `took ${length} bytes`;
    }
    return null;
  },
  "never throws over what may have come up": (rule, from = 0) => {
    for (let seed = 200 * from; seed < 200 * (from + 1); seed++) {
      const evidence = Uint8Array.from(
        { length: 2 * rule.bytesPerToken(VOCABULARY) },
        (_, at) => noiseHash(seed, at) & 0xff,
      );
      try {
        rule.verify({
          rows: new Float32Array(3 * VOCABULARY),
          ids: [seed % VOCABULARY, 5],
          evidence,
          sampling: settingsFor(rule, seed),
          position: 1,
        });
      } catch (thrown) {
        return `threw ${JSON.stringify(failureOf(thrown, rule.name))}`;
      }
    }
    return null;
  },
  "cannot be told from the target": isTheTarget(PLAIN, 200_000),
  "cannot be told from the target under filters": isTheTarget(FILTERED, 50_000),
};

/** The same in well under a second: what an edge server asks of a plugin before it starts. */
export const QUICK_RULE_CONTRACT: Readonly<Record<string, RuleCheck>> = {
  ...RULE_CONTRACT,
  "cannot be told from the target": isTheTarget(PLAIN, 10_000),
  "cannot be told from the target under filters": isTheTarget(FILTERED, 5_000),
};
