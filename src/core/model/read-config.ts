/**
 * config.json to an architecture description: the first family that knows the config reads it. What
 * no family knows, or its graphs cannot do, is refused with a failure that names the key, what was
 * found and what would do.
 */
import { attempt, fail, type Result } from "../run/failure.ts";
import type { Architecture } from "./architecture.ts";
import { refuseForeign } from "./families/config-parts.ts";
import { ConfigReader, isObject } from "./families/config-reader.ts";
import { FAMILY_NAMES, familyNamed } from "./families/registry.ts";

/** `config` is the parsed JSON. Failures: model-broken for what is missing or no number, model-unsupported for what we cannot run. */
export function readConfig(model: string, config: unknown): Result<Architecture> {
  return attempt(() =>
    isObject(config)
      ? read(new ConfigReader(model, config))
      : fail({ code: "model-broken", model, file: "config.json", what: "it is not a JSON object" }),
  );
}

function read(config: ConfigReader): Architecture {
  const family = FAMILY_NAMES.find((name) => familyNamed(name).match(config));
  if (family === undefined)
    return config.unsupported("model_type", config.text("model_type") ?? "nothing", FAMILY_NAMES.join(", "));
  refuseForeign(config);
  return { family, ...familyNamed(family).readConfig(config) };
}

/** stopIds of generation_config.json, or of config.json where there is none. */
export function readStopIds(config: unknown, generation: unknown): readonly number[] {
  const from = (source: unknown): readonly number[] => {
    const value = isObject(source) ? source["eos_token_id"] : undefined;
    return (Array.isArray(value) ? value : [value]).filter((id): id is number => Number.isInteger(id));
  };
  const stops = from(generation);
  return stops.length > 0 ? stops : from(config);
}
