/**
 * Records of earlier schemas, one step at a time: what was always meant and not yet written down is
 * filled in, and nothing that was measured is touched. An upgraded record says which schema it was
 * written in, also when it is saved again.
 */
import { CONFIG_KEYS, CONFIG_KEY_NAMES } from "../config/config-keys.ts";
import { isRecord } from "../../schema/json.ts";
import { readWith } from "../../schema/read.ts";
import { object, type Schema } from "../../schema/schema.ts";
import { RECORD_SCHEMA, roundParts, tokenParts } from "../record.ts";
import type { Span } from "./span.ts";
import { roundSpans, spansOf } from "./spans.ts";

type Json = Readonly<Record<string, unknown>>;

/** By the schema that it leads away from. */
const STEPS: ReadonlyMap<unknown, (record: Json) => Json> = new Map([
  [1, (record) => fromFirst(record)],
  [2, (record) => fromSecond(record)],
  [3, (record) => fromThird(record)],
]);

/** Records of schema 1 that the page saved held the lane's key, which is the page's own; drafting, exits and cooperation had no keys. */
const fromFirst = ({ laneKey: _ofThePage, ...record }: Json): Json => ({
  ...record,
  schema: 2,
  upgradedFrom: record["upgradedFrom"] ?? 1,
});

/** Records of schema 2 had one edge server at most: the hop of each part is known. */
const fromSecond = ({ tokens, rounds, ...record }: Json): Json => ({
  ...record,
  ...(tokens === undefined
    ? {}
    : { tokens: withSpans(tokens, TOKEN_TIMES, (times) => spansOf({ ...times, outageMs: 0 })) }),
  ...(rounds === undefined ? {} : { rounds: withSpans(rounds, ROUND_TIMES, roundSpans) }),
  schema: 3,
  upgradedFrom: record["upgradedFrom"] ?? 2,
});

/** Records of schema 3 did not know an outage from other time. */
const fromThird = ({ tokens, ...record }: Json): Json => ({
  ...record,
  ...(tokens === undefined ? {} : { tokens: eachWith(tokens, { outageMs: 0 }) }),
  schema: 4,
  upgradedFrom: record["upgradedFrom"] ?? 3,
});

const eachWith = (events: unknown, added: Json): unknown =>
  Array.isArray(events)
    ? events.map((event: unknown): unknown => (isRecord(event) ? { ...event, ...added } : event))
    : events;

const { outageMs: _later, ...earlierParts } = tokenParts;
const TOKEN_TIMES = object(earlierParts);
const ROUND_TIMES = object(roundParts);

/** What lacks one of its times is left as it is: whoever reads the record refuses it. */
function withSpans<T>(events: unknown, times: Schema<T>, spans: (times: T) => readonly Span[]): unknown {
  if (!Array.isArray(events)) return events;
  return events.map((event: unknown): unknown => {
    const read = readWith(times, event);
    return read.ok && isRecord(event) ? { ...event, spans: spans(read.value) } : event;
  });
}

/** What a key that is left out meant where that was something else than it is now. */
const MEANT: ReadonlyMap<string, unknown> = new Map([["draftLength", 4]]);

/** A key that a configuration lacks means what it is when left out: keys are added without a new schema. */
function withDefaults(record: Json): Json {
  const { config } = record;
  if (!isRecord(config)) return record;
  const missing = CONFIG_KEY_NAMES.flatMap((key) =>
    config[key] === undefined && CONFIG_KEYS[key].fallback !== undefined
      ? [[key, MEANT.get(key) ?? CONFIG_KEYS[key].fallback] as const]
      : [],
  );
  return missing.length === 0 ? record : { ...record, config: { ...config, ...Object.fromEntries(missing) } };
}

/** Of a schema that is not known, and of anything that is no record, nothing is changed. */
export function upgradeRecord(value: unknown): unknown {
  let record = value;
  while (isRecord(record) && record["schema"] !== RECORD_SCHEMA) {
    const step = STEPS.get(record["schema"]);
    if (step === undefined) return record;
    record = step(record);
  }
  return isRecord(record) ? withDefaults(record) : record;
}
