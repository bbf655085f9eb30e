/**
 * Recorded runs: RunRecords written by `npm run record`, listed in `recordings/index.json` as
 * `{ "recordings": ["file.json", …] }` or a plain list of file names. The first one plays when the
 * page opens; the others give its chart its baselines.
 */
import { RECORD_SCHEMA, type RunRecord } from "#core/run/record.ts";

const field = (value: unknown, name: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined);

/** A record of this schema, as our own recorder wrote it; anything else is none. */
export function readRecord(json: unknown): RunRecord | null {
  const whole = field(json, "schema") === RECORD_SCHEMA && Array.isArray(field(json, "tokens")) && typeof field(field(json, "provenance"), "startedAt") === "string";
  return whole ? (json as RunRecord) : null;
}

/** File names in an index. */
export function readIndex(json: unknown): readonly string[] {
  const list: unknown = Array.isArray(json) ? json : field(json, "recordings");
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    const name = typeof each === "string" ? each : (field(each, "file") ?? field(each, "name"));
    return typeof name === "string" ? [name] : [];
  });
}

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.ok ? ((await response.json()) as unknown) : null;
}

/** Those that can be read, in the order of the index; none where the page ships none. */
export async function loadRecordings(): Promise<readonly RunRecord[]> {
  try {
    const files = readIndex(await json("recordings/index.json"));
    const records = await Promise.all(files.map(async (file) => readRecord(await json(`recordings/${file}`))));
    return records.filter((record) => record !== null);
  } catch {
    // No recording is no failure: the page opens without one and says so.
    return [];
  }
}
