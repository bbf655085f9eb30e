/**
 * Recorded runs: RunRecords written by `npm run record`, listed in `recordings/index.json` as
 * `{ "recordings": ["file.json", …] }` or a plain list of file names. The first one plays when the
 * page opens.
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

/** The first recording that can be read; null where the page ships none. */
export async function loadRecording(): Promise<RunRecord | null> {
  try {
    for (const file of readIndex(await json("recordings/index.json"))) {
      const record = readRecord(await json(`recordings/${file}`));
      if (record !== null) return record;
    }
  } catch {
    // No recording is no failure: the page opens without one and says so.
  }
  return null;
}
