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
const STEPS: ReadonlyMap<unknown, (record: Json) => Json> = new Map([[1, fromFirst]]);

/**
 * Schema 1 had no keys for drafting, exits and cooperation, and means by their absence what they
 * are when left out. Records that the page saved also held the lane's key, which is the page's own.
 */
function fromFirst({ laneKey: _ofThePage, ...record }: Json): Json {
  const defaults = CONFIG_KEY_NAMES.flatMap((key) => (CONFIG_KEYS[key].fallback === undefined ? [] : [[key, CONFIG_KEYS[key].fallback] as const]));
  const config = isRecord(record["config"]) ? { ...Object.fromEntries(defaults), ...record["config"] } : record["config"];
  return { ...record, config, schema: 2, upgradedFrom: record["upgradedFrom"] ?? 1 };
}

/** Of a schema that is not known, and of anything that is no record, nothing is changed. */
export function upgradeRecord(value: unknown): unknown {
  let record = value;
  while (isRecord(record) && record["schema"] !== RECORD_SCHEMA) {
    const step = STEPS.get(record["schema"]);
    if (step === undefined) return record;
    record = step(record);
  }
  return record;
}
