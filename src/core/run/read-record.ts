/**
 * A run record read back from a file: what this version wrote or an earlier one did, upgraded; or null. Checked are the fields
 * that figures and tables are made of; what else a record says is its writer's word.
 */
import { isRecord } from "./json-reader.ts";
import { RECORD_SCHEMA, TOKEN_PARTS, type RunRecord } from "./record.ts";
import { upgradeRecord } from "./upgrade-record.ts";

const TOKEN_NUMBERS = [
  "index",
  "id",
  "atMs",
  "linkMs",
  "addedMs",
  "upBytes",
  "downBytes",
  "positions",
  ...TOKEN_PARTS,
] as const;

const isSpans = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((each) => isRecord(each) && Number.isFinite(each["ms"]) && Number.isFinite(each["hop"]));
const isToken = (value: unknown): boolean =>
  isRecord(value) &&
  isSpans(value["spans"]) &&
  TOKEN_NUMBERS.every((key) => Number.isFinite(value[key])) &&
  typeof value["text"] === "string";
const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === "number");
const hasCode = (value: unknown, key: string): boolean => isRecord(value) && typeof value[key] === "string";

const CLIENT_NUMBERS = ["ttftMs", "tokens", "laterTokens", "edgeMs", "queueMs"] as const;
const isClients = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (each) =>
      isRecord(each) &&
      CLIENT_NUMBERS.every((key) => Number.isFinite(each[key])) &&
      (each["tpotMs"] === null || Number.isFinite(each["tpotMs"])),
  );

function isRunRecord(value: unknown): value is RunRecord {
  if (!isRecord(value) || value["schema"] !== RECORD_SCHEMA) return false;
  const { config, totals, tokens, memory, resolved, logProbs, favourites, provenance } = value;
  if (!Array.isArray(tokens) || !tokens.every(isToken) || !isNumbers(value["tokenIds"])) return false;
  if (!hasCode(config, "mode") || !hasCode(value["finish"], "kind") || !hasCode(value["agreement"], "kind"))
    return false;
  if (!isRecord(totals) || !isRecord(totals["prefill"]) || !isRecord(totals["decode"])) return false;
  if (!isRecord(memory) || !isRecord(memory["device"])) return false;
  if (!(resolved === null || (isRecord(resolved) && isNumbers(resolved["promptIds"]) && isRecord(resolved["link"]))))
    return false;
  if (!(logProbs === null || isNumbers(logProbs)) || !(favourites === undefined || isNumbers(favourites))) return false;
  if (!(value["simulated"] === undefined || isClients(value["simulated"]))) return false;
  return hasCode(provenance, "startedAt") && isRecord(provenance) && isRecord(provenance["device"]);
}

export function readRunRecord(value: unknown): RunRecord | null {
  const upgraded = upgradeRecord(value);
  return isRunRecord(upgraded) ? upgraded : null;
}
