/** Results as CSV: one row a run, or one a token; units in the names. */
import { clientsOf, perTokenOf } from "#core/measure/clients.ts";
import { quantile } from "#core/measure/summary.ts";
import { CONFIG_KEY_NAMES, wholeKey } from "#core/run/config/config-keys.ts";
import type { TokenEvent } from "#core/run/record.ts";
import { csvTable, type Cell } from "./csv-table.ts";
import type { FailedLine, Results, RunLine } from "./results.ts";

/** The set has a column where there are several. */
const placeColumns = ({ head }: Results): readonly string[] => [
  "experiment",
  "cell",
  "arm",
  ...(head.promptSets === undefined ? [] : ["prompt_set"]),
  "prompt",
  "round",
];
const placeOf = ({ cell, arm, varied, prompt, round }: RunLine | FailedLine, { head }: Results): readonly Cell[] => [
  head.experiment.id,
  cell,
  arm,
  ...(head.promptSets === undefined ? [] : [String(varied.promptSet ?? "")]),
  prompt,
  round,
];

/** What is asked stands in the prompt's id; a prompt of a thousand words in every row helps nobody. */
const CONFIG = CONFIG_KEY_NAMES.filter((key) => key !== "prompt" && key !== "promptIds" && key !== "messages");

const FIGURES: Readonly<Record<string, (line: RunLine) => Cell>> = {
  resolved_cut_blocks: ({ record }) => record.resolved?.cut ?? null,
  prompt_tokens: ({ promptTokens }) => promptTokens,
  output_tokens: ({ record }) => record.tokens.length,
  ttft_ms: ({ record }) => record.totals.ttftMs,
  tpot_ms: ({ record }) => record.totals.tpotMs,
  tpot_p95_ms: ({ record }) => record.totals.tpotP95Ms,
  up_bytes: ({ record }) => record.totals.upBytes,
  down_bytes: ({ record }) => record.totals.downBytes,
  device_compute_ms: ({ record }) => record.totals.deviceComputeMs,
  edge_compute_ms: ({ record }) => record.totals.edgeComputeMs,
  link_ms: ({ record }) => record.totals.prefill.linkMs + record.totals.decode.linkMs,
  device_weight_bytes: ({ record }) => record.memory.device.weightBytes,
  device_kv_bytes: ({ record }) => record.memory.device.kvBytes,
  edge_kv_bytes: ({ record }) => record.memory.edge?.kvBytes ?? null,
  prompt_nll_nats: ({ record, promptTokens }) => record.logProbs && -sumOf(record.logProbs.slice(0, promptTokens - 1)),
  continuation_nll_nats: ({ record, promptTokens }) =>
    record.logProbs && -sumOf(record.logProbs.slice(promptTokens - 1)),
  touched_share: ({ record }) => record.totals.cooperation?.touchedShare ?? null,
  target_agreement_share: ({ record: { agreement } }) =>
    agreement.kind === "checked" && agreement.comparedTokens > 0
      ? 1 - (agreement.differing ?? 0) / agreement.comparedTokens
      : null,
  answer_nll_nats: ({ record: { agreement } }) => (agreement.kind === "checked" ? (agreement.nllNats ?? null) : null),
  answer_perplexity: ({ record }) => record.quality?.perplexity ?? null,
  target_perplexity: ({ record }) => record.quality?.targetPerplexity ?? null,
  simulated_clients: ({ record }) => record.simulated?.length ?? 0,
  client_ttft_median_ms: ({ record }) =>
    quantile(
      clientsOf(record).map(({ ttftMs }) => ttftMs),
      0.5,
    ),
  client_ttft_p95_ms: ({ record }) =>
    quantile(
      clientsOf(record).map(({ ttftMs }) => ttftMs),
      0.95,
    ),
  client_tpot_median_ms: ({ record }) =>
    quantile(
      clientsOf(record).flatMap(({ tpotMs }) => tpotMs ?? []),
      0.5,
    ),
  client_tpot_p95_ms: ({ record }) =>
    quantile(
      clientsOf(record).flatMap(({ tpotMs }) => tpotMs ?? []),
      0.95,
    ),
  client_edge_ms_a_token: ({ record }) => perTokenOf(clientsOf(record), "edgeMs"),
  client_queue_ms_a_token: ({ record }) => perTokenOf(clientsOf(record), "queueMs"),
  finish: ({ record }) => record.finish.kind,
  agreement: ({ record }) =>
    record.agreement.kind === "checked" ? (record.agreement.exact ? "exact" : "differs") : "unchecked",
  counts: ({ record }) => (record.provenance.hidden ? "no, the tab was hidden" : "yes"),
  browser: ({ record }) => record.provenance.browser,
  used_backend: ({ record }) => record.provenance.device.backend,
  adapter: ({ record }) => record.provenance.device.adapter,
  used_threads: ({ record }) => record.provenance.device.threads,
  commit: ({ record }) => record.provenance.commit,
  started_at: ({ record }) => record.provenance.startedAt,
};

export const RUN_COLUMNS: readonly string[] = [...Object.keys(FIGURES), "failure"];

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Of a run that failed there is what its cell varies, and its failure's code. */
export function runsCsv(results: Results): string {
  const columns = [...placeColumns(results), ...CONFIG, ...RUN_COLUMNS];
  const done = results.runs.map((line) => [
    ...placeOf(line, results),
    ...CONFIG.map((key) => wholeKey(key, line.record.config)),
    ...Object.values(FIGURES).map((figure) => figure(line)),
    null,
  ]);
  const failed = results.failed.map((line) => [
    ...placeOf(line, results),
    ...CONFIG.map((key) => (line.varied[key] === undefined ? null : String(line.varied[key]))),
    ...Object.keys(FIGURES).map(() => null),
    line.failure.code,
  ]);
  return csvTable(columns, [...done, ...failed]);
}

const TOKEN: Readonly<Record<string, keyof TokenEvent>> = {
  token: "index",
  id: "id",
  text: "text",
  at_ms: "atMs",
  device_ms: "deviceMs",
  encode_ms: "encodeMs",
  uplink_ms: "uplinkMs",
  queue_ms: "queueMs",
  edge_ms: "edgeMs",
  downlink_ms: "downlinkMs",
  decode_ms: "decodeMs",
  sample_ms: "sampleMs",
  outage_ms: "outageMs",
  other_ms: "otherMs",
  link_ms: "linkMs",
  added_ms: "addedMs",
  up_bytes: "upBytes",
  down_bytes: "downBytes",
  positions: "positions",
  round: "round",
  fate: "fate",
};

export const TOKEN_ROW_COLUMNS: readonly string[] = Object.keys(TOKEN);

export function tokensCsv(results: Results): string {
  const fields = Object.values(TOKEN);
  const rows = results.runs.flatMap((line) =>
    line.record.tokens.map((token) => [...placeOf(line, results), ...fields.map((field) => valueOf(token[field]))]),
  );
  return csvTable([...placeColumns(results), ...Object.keys(TOKEN)], rows);
}

const valueOf = (value: unknown): Cell => (typeof value === "string" || typeof value === "number" ? value : null);
