/**
 * Recorded runs: RunRecords written by `npm run record`, listed in `recordings/index.json` as
 * `{ "recordings": ["file.json", …] }`. The first one plays when the page opens; the others give
 * its chart its baselines.
 */
import { isRecord } from "#core/schema/json.ts";
import { fitting } from "#core/schema/read.ts";
import { text } from "#core/schema/schema.ts";
import { readRunRecord } from "#core/run/record/read-record.ts";
import type { RunRecord } from "#core/run/record.ts";

/** File names in an index. */
export const readIndex = (json: unknown): readonly string[] =>
  isRecord(json) ? fitting(text, json["recordings"]) : [];

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.ok ? ((await response.json()) as unknown) : null;
}

/** Those that can be read, in the order of the index; none where the page ships none. */
export async function loadRecordings(): Promise<readonly RunRecord[]> {
  try {
    const files = readIndex(await json("recordings/index.json"));
    const records = await Promise.all(files.map(async (file) => readRunRecord(await json(`recordings/${file}`))));
    return records.filter((record) => record !== null);
  } catch {
    // No recording is no failure: the page opens without one and says so.
    return [];
  }
}
