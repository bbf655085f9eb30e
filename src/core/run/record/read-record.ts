/**
 * A run record read back from a file: what this version wrote, or an earlier one did, upgraded. What
 * does not fit is named by its path.
 */
import { readWith } from "../../schema/read.ts";
import { fromAnything } from "../../schema/schema.ts";
import { generateRecord, type RunRecord } from "../record.ts";
import { upgradeRecord } from "./upgrade-record.ts";

export const anyRunRecord = fromAnything(upgradeRecord, generateRecord);

export function readRunRecord(value: unknown): RunRecord | null {
  const read = readWith(anyRunRecord, value);
  return read.ok ? read.value : null;
}
