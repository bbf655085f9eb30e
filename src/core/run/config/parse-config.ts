/**
 * Anything to a run configuration, or to the reason why not. Every key is read by its row of
 * `config-keys.ts`, what is left out takes its default, an unknown key is refused with the known
 * ones (nearest first), and so is what no run can be.
 */
import { draftsWindows, factsOf } from "../../strategies/table.ts";
import { MODES, type Mode, type RunConfig } from "../config.ts";
import { CONFIG_KEYS, CONFIG_KEY_NAMES, isConfigKey } from "./config-keys.ts";
import { ruleNamed } from "../../speculation/rules/registry.ts";
import { attempt, refuse, unwrap, type Failure, type Result } from "../failure.ts";
import { isRecord, shown } from "../../schema/json.ts";
import { nearestFirst } from "./nearest.ts";
import { alignPath } from "./path-key.ts";

/** A run needs something to run; preparing for one does not. */
export type ParsePurpose = "run" | "prepare";

const PROMPT_KEYS = ["prompt", "promptIds", "messages"] as const;

/** `input` is an object whose values are of their own type or text; `undefined` counts as left out. */
export function parseConfig(input: unknown, purpose: ParsePurpose = "run"): Result<RunConfig> {
  if (!isRecord(input))
    return refuse({
      code: "bad-value",
      key: "config",
      value: shown(input),
      expected: "an object of configuration keys",
    });
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const stranger = Object.keys(given).find((key) => !isConfigKey(key));
  if (stranger !== undefined)
    return refuse({ code: "unknown-key", key: stranger, known: nearestFirst(stranger, CONFIG_KEY_NAMES) });
  const read = attempt(() => readKeys(given));
  if (!read.ok) return read;
  const aligned = alignPath(read.value, given);
  if (!aligned.ok) return aligned;
  const conflict = conflictIn(aligned.value, purpose);
  return conflict === null ? aligned : refuse(conflict);
}

function readKeys(given: Readonly<Record<string, unknown>>): RunConfig {
  const config: Record<string, unknown> = {};
  for (const name of CONFIG_KEY_NAMES) {
    const { read, fallback } = CONFIG_KEYS[name];
    const value = name in given ? read(given[name], name) : fallback;
    if (value !== undefined) config[name] = value;
  }
  if (!isFilled(config)) throw new TypeError("a key of the table has no value");
  return config;
}

/** Each key holds what its own row read, and the rows are typed as RunConfig's keys. */
const isFilled = (config: object): config is RunConfig =>
  CONFIG_KEY_NAMES.every((name) => CONFIG_KEYS[name].fallback === undefined || Object.hasOwn(config, name));

/** What no run can be, whatever the model. What depends on the model is `resolve.ts`'s to refuse. */
function conflictIn(config: RunConfig, purpose: ParsePurpose): Failure | null {
  const prompts = PROMPT_KEYS.filter((key) => config[key] !== undefined);
  if (prompts.length > 1) return { code: "keys-conflict", keys: prompts, why: "only one of them can say what is run" };
  if (prompts.length === 0 && purpose === "run")
    return { code: "bad-value", key: "prompt", value: "nothing", expected: `one of ${PROMPT_KEYS.join(", ")}` };
  return (
    factsOf(config.mode).conflict(config) ??
    movesConflict(config) ??
    clientsConflict(config) ??
    (factsOf(config.mode).drafts === null ? null : draftingConflict(config))
  );
}

function movesConflict({ mode, moves, kvCache, clients }: RunConfig): Failure | null {
  if (moves === undefined) return null;
  const movable = MODES.filter((each) => factsOf(each).movable);
  if (!movable.includes(mode) || !kvCache)
    return {
      code: "keys-conflict",
      keys: ["moves", kvCache ? "mode" : "kvCache"],
      why: `only a cut with a KV cache on both sides can move in mid-answer, under ${movable.join(" or ")}`,
    };
  return clients > 1
    ? { code: "keys-conflict", keys: ["moves", "clients"], why: "simulated devices repeat one cut's messages" }
    : null;
}

function clientsConflict({ mode, clients }: RunConfig): Failure | null {
  const { unrepeatable } = factsOf(mode);
  return clients > 1 && unrepeatable !== null
    ? { code: "keys-conflict", keys: ["mode", "clients"], why: unrepeatable }
    : null;
}

/** Whether simulated clients can be beside a run of this mode. */
export const takesClients = (mode: Mode): boolean => factsOf(mode).unrepeatable === null;

function draftingConflict({ mode, kvCache, verify, temperature }: RunConfig): Failure | null {
  if (!kvCache)
    return {
      code: "keys-conflict",
      keys: ["mode", "kvCache"],
      why: "a drafted window is verified behind the tokens that the caches hold",
    };
  const rule = unwrap(ruleNamed(verify));
  if (draftsWindows(mode) && rule.temperatures === "zero" && temperature > 0)
    return {
      code: "keys-conflict",
      keys: ["verify", "temperature"],
      why: `${verify} decides by the most probable token alone: verify=coupled samples`,
    };
  return null;
}
