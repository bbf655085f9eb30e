/**
 * Records of earlier schemas, one step at a time: what was always meant and not yet written down is
 * filled in, and nothing that was measured is touched. An upgraded record says which schema it was
 * written in, also when it is saved again.
 */
import { CONFIG_KEYS, CONFIG_KEY_NAMES } from "./config-keys.ts";
import { isRecord } from "./json-reader.ts";
import { RECORD_SCHEMA } from "./record.ts";

type Json = Readonly<Record<string, unknown>>;

/** By the schema that it leads away from. */
const STEPS: ReadonlyMap<unknown, (record: Json) => Json> = new Map([[1, (record) => fromFirst(record)]]);

/** Records of schema 1 that the page saved held the lane's key, which is the page's own; drafting, exits and cooperation had no keys. */
const fromFirst = ({ laneKey: _ofThePage, ...record }: Json): Json => ({
  ...record,
  schema: 2,
  upgradedFrom: record["upgradedFrom"] ?? 1,
});

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
