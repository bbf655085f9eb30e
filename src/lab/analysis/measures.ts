/**
 * What can be measured, each named once: which values a run gives, and what they come to over
 * prompts. A time is the median over prompts of each prompt's median; a log-probability is a mean
 * over all tokens. The bootstrap resamples prompts, so what a prompt comes to is worked out once.
 */
import { messageBytes } from "#core/codec/lengths.ts";
import { codecNamed } from "#core/codec/registry.ts";
import type { Statistic } from "#core/measure/bootstrap.ts";
import { clientsOf, perTokenOf, servedPerSecond, unfairnessOf } from "#core/measure/clients.ts";
import { messageSizes } from "#core/measure/message-sizes.ts";
import { median, quantile } from "#core/measure/summary.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { firstTokenMs } from "#core/plan/measured/calibration.ts";
import type { RunRecord, TokenEvent } from "#core/run/record.ts";

/** One run as a measure sees it. */
export interface Sample {
  readonly record: RunRecord;
  /** The reference arm's record of the same prompt, where the experiment names one. */
  readonly beside: RunRecord | null;
  /** `mode=score`: how many leading ids are the prompt; what follows was sampled by the uncut model. */
  readonly promptTokens: number;
  /** Width of the activation. */
  readonly hidden: number;
}

export interface Measure {
  readonly label: string;
  readonly unit: "ms" | "bytes" | "%" | "nats" | "";
  readonly decimals: number;
  readonly values: (sample: Sample) => readonly number[];
  /** What the values of all runs of one prompt come to. */
  readonly digest: (values: readonly number[]) => PromptValue;
  readonly overPrompts: Statistic<PromptValue>;
}

export interface PromptValue {
  readonly value: number;
  /** How many values stand behind it, where they count. */
  readonly weight: number;
}

type Pooling = Pick<Measure, "digest" | "overPrompts">;

/** The median over prompts of each prompt's median. */
const medians: Pooling = {
  digest: (values) => ({ value: median(values) ?? NaN, weight: 1 }),
  overPrompts: (prompts) => median(prompts.map(({ value }) => value)),
};

/** The mean over all values, and what is made of it. */
const meanThen = (then: (mean: number) => number): Pooling => ({
  digest: (values) => ({ value: values.reduce((sum, value) => sum + value, 0) / values.length, weight: values.length }),
  overPrompts: (prompts) => {
    const weight = prompts.reduce((sum, prompt) => sum + prompt.weight, 0);
    return weight === 0 ? null : then(prompts.reduce((sum, prompt) => sum + prompt.value * prompt.weight, 0) / weight);
  },
});

const decoded = ({ record }: Sample): readonly TokenEvent[] => record.tokens.slice(1);
const known = (value: number | null | undefined): readonly number[] =>
  value === null || value === undefined ? [] : [value];
const perToken = (pick: (token: TokenEvent) => number) => (sample: Sample) => decoded(sample).map(pick);
/** A run's mean: in a stream one token's interval can hold the edge's time for another, and only sums are true. */
const meanPerToken = (pick: (token: TokenEvent) => number) => (sample: Sample) => {
  const tokens = decoded(sample);
  return tokens.length === 0 ? [] : [tokens.reduce((sum, token) => sum + pick(token), 0) / tokens.length];
};
const time = (label: string, values: Measure["values"]): Measure => ({
  label,
  unit: "ms",
  decimals: 2,
  values,
  ...medians,
});
const share = (label: string, of: (sample: Sample) => number | null): Measure => ({
  label,
  unit: "%",
  decimals: 1,
  values: (sample) => known(of(sample)).map((each) => each * 100),
  ...medians,
});
const bytes = (label: string, values: Measure["values"]): Measure => ({
  label,
  unit: "bytes",
  decimals: 0,
  values,
  ...medians,
});

/** Log-probabilities of ids from `from` up to `to`, with those of the reference run where there is one. */
function scored(
  { record, beside }: Sample,
  from: number,
  to: number,
): readonly { readonly own: number; readonly reference: number | null }[] {
  // The first id is given, so the score at index i is of id i + 1.
  return (record.logProbs ?? [])
    .slice(Math.max(0, from - 1), to - 1)
    .map((own, i) => ({ own, reference: beside?.logProbs?.[Math.max(0, from - 1) + i] ?? null }));
}

const F16_BYTES = 2;

/** Mean over a run's positions of the codec's bytes. */
function positionBytes({ record, promptTokens, hidden }: Sample): readonly number[] {
  const codec = codecNamed(record.config.codec);
  if (!codec.ok) return [];
  const sizes = messageSizes(record, promptTokens);
  const sum = (of: (count: number) => number): number => sizes.reduce((total, count) => total + of(count), 0);
  return sizes.length === 0
    ? [codec.value.bytesPerPosition(hidden)]
    : [sum((count) => messageBytes(codec.value, count, hidden)) / sum((count) => count)];
}

const ofPrompt = (sample: Sample) => scored(sample, 1, sample.promptTokens);
const ofContinuation = (sample: Sample) => scored(sample, sample.promptTokens, Infinity);

export const MEASURES = {
  // Opening sessions apart: it falls on whichever run comes first with a cut.
  ttft: time("time to first token", ({ record }) => known(firstTokenMs(record))),
  setup: time("setting up before the first token", ({ record }) => known(record.tokens[0]?.otherMs)),
  tpot: time("time per token", ({ record }) => known(tpotOf(record))),
  device: time(
    "device compute a token",
    meanPerToken((token) => token.deviceMs + token.encodeMs + token.decodeMs + token.sampleMs),
  ),
  edge: time(
    "edge compute a token",
    meanPerToken((token) => token.edgeMs),
  ),
  link: time(
    "link a token",
    meanPerToken((token) => token.linkMs),
  ),
  "prefill-edge": time("edge compute of the prompt", ({ record }) => known(record.tokens[0]?.edgeMs)),
  up: bytes(
    "bytes up a token",
    perToken((token) => token.upBytes),
  ),
  down: bytes(
    "bytes down a token",
    perToken((token) => token.downBytes),
  ),
  "prefill-up": bytes("bytes up for the prompt", ({ record }) => known(record.tokens[0]?.upBytes)),
  position: bytes("bytes a position", positionBytes),
  saving: {
    label: "times fewer bytes a position than float16",
    unit: "",
    decimals: 1,
    values: (sample) =>
      positionBytes(sample).flatMap((taken) => (taken > 0 ? [(F16_BYTES * sample.hidden) / taken] : [])),
    ...medians,
  },
  acceptance: share("drafted tokens that stood", ({ record }) => record.totals.speculation?.acceptance ?? null),
  "block-efficiency": {
    label: "tokens a pass of the target",
    unit: "",
    decimals: 2,
    values: ({ record }) => known(record.totals.speculation?.blockEfficiency),
    ...medians,
  },
  touched: share("tokens that the large model said", ({ record }) => record.totals.cooperation?.touchedShare ?? null),
  agreement: share("tokens that are the target's", ({ record: { agreement } }) =>
    agreement.kind === "checked" && agreement.comparedTokens > 0
      ? 1 - (agreement.differing ?? 0) / agreement.comparedTokens
      : null,
  ),
  "answer-perplexity": {
    label: "perplexity of the answer under the target",
    unit: "",
    decimals: 3,
    values: ({ record: { agreement } }) =>
      agreement.kind === "checked" && agreement.nllNats !== undefined && agreement.comparedTokens > 0
        ? [agreement.nllNats / agreement.comparedTokens]
        : [],
    ...meanThen(Math.exp),
  },
  // Of all clients of the edge: this device and the simulated ones.
  "client-ttft": time("time to first token, median client", ({ record }) =>
    known(median(clientsOf(record).map(({ ttftMs }) => ttftMs))),
  ),
  "client-ttft-p95": time("time to first token, 95th percentile", ({ record }) =>
    known(
      quantile(
        clientsOf(record).map(({ ttftMs }) => ttftMs),
        0.95,
      ),
    ),
  ),
  "client-tpot": time("time per token, median client", ({ record }) =>
    known(median(clientsOf(record).flatMap(({ tpotMs }) => known(tpotMs)))),
  ),
  "client-tpot-p95": time("time per token, 95th percentile", ({ record }) =>
    known(
      quantile(
        clientsOf(record).flatMap(({ tpotMs }) => known(tpotMs)),
        0.95,
      ),
    ),
  ),
  "client-edge": time("edge compute a token, all clients", ({ record }) =>
    known(perTokenOf(clientsOf(record), "edgeMs")),
  ),
  "client-queue": time("wait for the edge a token", ({ record }) => known(perTokenOf(clientsOf(record), "queueMs"))),
  unfairness: {
    label: "slowest client over the fastest",
    unit: "",
    decimals: 2,
    values: ({ record }) => known(unfairnessOf(clientsOf(record))),
    ...medians,
  },
  served: {
    label: "tokens a second, all clients",
    unit: "",
    decimals: 0,
    values: ({ record }) => (clientsOf(record).length === 0 ? [] : [servedPerSecond(clientsOf(record))]),
    ...medians,
  },
  "device-kv": bytes("keys and values on the device", ({ record }) => known(record.memory.device.kvBytes)),
  "edge-kv": bytes("keys and values at the edge", ({ record }) => known(record.memory.edge?.kvBytes)),
  "device-weights": bytes("weights on the device", ({ record }) => known(record.memory.device.weightBytes)),
  perplexity: {
    label: "perplexity",
    unit: "",
    decimals: 4,
    values: (sample) => ofPrompt(sample).map(({ own }) => -own),
    ...meanThen(Math.exp),
  },
  "perplexity-rise": {
    label: "perplexity rise over float32",
    unit: "%",
    decimals: 3,
    values: (sample) => ofPrompt(sample).flatMap(({ own, reference }) => (reference === null ? [] : [reference - own])),
    ...meanThen((rise) => (Math.exp(rise) - 1) * 100),
  },
  // The continuation was sampled from the uncut model, so the mean of log p - log q over it estimates KL(p || q) without bias.
  kl: {
    label: "KL from float32, sampled",
    unit: "nats",
    decimals: 5,
    values: (sample) =>
      ofContinuation(sample).flatMap(({ own, reference }) => (reference === null ? [] : [reference - own])),
    ...meanThen((mean) => mean),
  },
  "top-1": {
    label: "positions with another favourite than float32's",
    unit: "%",
    decimals: 2,
    values: ({ record, beside }) =>
      (record.favourites ?? []).flatMap((id, at) =>
        beside?.favourites?.[at] === undefined ? [] : [beside.favourites[at] === id ? 0 : 100],
      ),
    ...meanThen((mean) => mean),
  },
  changed: {
    label: "answers with a changed token",
    unit: "%",
    decimals: 0,
    values: ({ record }) => (record.agreement.kind === "checked" ? [record.agreement.exact ? 0 : 100] : []),
    ...meanThen((mean) => mean),
  },
} as const satisfies Readonly<Record<string, Measure>>;

export type MeasureName = keyof typeof MEASURES;

const isMeasureName = (name: string): name is MeasureName => Object.hasOwn(MEASURES, name);

export const MEASURE_NAMES: readonly MeasureName[] = Object.keys(MEASURES).filter(isMeasureName);

export const measureNamed = (name: MeasureName): Measure => MEASURES[name];

/** "time per token, ms" */
export function measureTitle(name: MeasureName): string {
  const { label, unit } = measureNamed(name);
  return unit === "" || label.startsWith(unit) ? label : `${label}, ${unit}`;
}
