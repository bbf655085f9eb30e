/**
 * A kept run as a row: read back from its text, upgraded where an earlier version wrote it, and summed
 * up, so that the list holds no records. What cannot be read is a row too: it can be deleted.
 */
import type { RunConfig } from "#core/run/config.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { ok, refuse, type Result } from "#core/run/failure.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { anyRunRecord } from "#core/run/record/read-record.ts";
import type { Agreement, Finish, RunRecord } from "#core/run/record.ts";
import { readJson } from "#core/schema/json.ts";
import { readWith } from "#core/schema/read.ts";
import { recordedLane } from "../stores/runs.ts";
import { laneTitle } from "../derive/lane-text.ts";
import { linkOf } from "../derive/link-facts.ts";
import type { KeptKey } from "./shelf.ts";

export interface RunSummary {
  readonly title: string;
  readonly startedAt: string;
  readonly model: string;
  /** "" where nothing crosses one. */
  readonly link: string;
  /** What was said last, as far as it is shown. */
  readonly said: string;
  readonly config: RunConfig;
  readonly tokens: number;
  readonly ttftMs: number | null;
  readonly tpotMs: number | null;
  readonly upBytes: number;
  readonly downBytes: number;
  readonly agreement: Agreement;
  readonly finish: Finish["kind"];
  /** Something was broken on purpose: its figures do not count. */
  readonly broken: boolean;
}

export interface HistoryRow {
  readonly key: KeptKey;
  /** Of this visit. */
  readonly mine: boolean;
  /** In this tab's memory alone, and gone with it. */
  readonly passing: boolean;
  readonly run: Result<RunSummary>;
}

/** The record that a text holds; where it holds none, what is wrong with it. */
export function readKept(text: string): Result<RunRecord> {
  const json = readJson(text);
  if ("why" in json) return refuse({ code: "bad-value", key: "the record", value: json.why, expected: "JSON" });
  return readWith(anyRunRecord, json.value, "record");
}

function summaryOf(record: RunRecord): RunSummary {
  const { config, resolved, provenance, totals, tokens, agreement, finish, fault } = record;
  const { ttftMs, upBytes, downBytes } = totals;
  return {
    title: laneTitle(recordedLane("", record)),
    startedAt: provenance.startedAt,
    model: config.model,
    link: resolved?.edge === null ? "" : linkOf(config.link).name,
    said: saidIn(config),
    config,
    tokens: tokens.length,
    ttftMs,
    tpotMs: tpotOf(record),
    upBytes,
    downBytes,
    agreement,
    finish: finish.kind,
    broken: fault !== undefined,
  };
}

export function rowOf(key: KeptKey, text: string, where: Pick<HistoryRow, "mine" | "passing">): HistoryRow {
  const read = readKept(text);
  return { key, ...where, run: read.ok ? ok(summaryOf(read.value)) : read };
}

/** Why a row cannot be read, in a sentence. */
export const unreadableText = (row: HistoryRow): string =>
  row.run.ok ? "" : Object.values(describeFailure(row.run.failure)).join(" ").trim();

/** Ids that were given raw are not put into words. */
const saidIn = ({ prompt, messages, promptIds }: RunConfig): string =>
  prompt ?? messages?.findLast(({ role }) => role === "user")?.content ?? `${promptIds?.length ?? 0} token ids`;
