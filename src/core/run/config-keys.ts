/**
 * The keys of a run configuration as a table: how each is read from a value or from the text of an
 * address, what it is when left out, and how it is written. The compiler holds the table to
 * `RunConfig`: a key without a row does not compile. Readers throw Failed with `bad-value`.
 */
import { codecNamed } from "../codec/registry.ts";
import { readLinkChoice, writeLinkChoice } from "../link/choice.ts";
import { LONGEST } from "../speculation/policies/policy.ts";
import { learner } from "../speculation/policies/learner.ts";
import { policyNamed } from "../speculation/policies/registry.ts";
import { ruleNamed } from "../speculation/rules/registry.ts";
import { unwrap, type Result } from "./failure.ts";
import {
  BACKENDS,
  EXITS,
  MOVE_WAYS,
  OBJECTIVES,
  type Cut,
  type Message,
  type RunConfig,
  type ScheduledMove,
} from "./config.ts";
import { MODES } from "../strategies/table.ts";
import { readPath, writePath } from "./path-key.ts";
import { isRecord, matching, object, oneOf, readJson, text, unfit, type Reader } from "./json-reader.ts";

export interface ConfigKey<T> {
  /** Accepts the value itself and its text. */
  readonly read: Reader<T>;
  readonly write: (value: T) => string;
  /** Undefined where the key may be left out altogether. */
  readonly fallback: T | undefined;
}

type ConfigKeys = { readonly [K in keyof Required<RunConfig>]: ConfigKey<NonNullable<RunConfig[K]>> };

/** A value's text, read as what it stands for. */
const numeral = (value: unknown): unknown =>
  typeof value === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value.trim()) ? Number(value) : value;

const between =
  (least: number, most: number, expected: string): Reader<number> =>
  (value, path) => {
    const found = numeral(value);
    return typeof found === "number" && found >= least && found <= most ? found + 0 : unfit(path, value, expected);
  };

const wholeBetween =
  (least: number, most: number, what: string): Reader<number> =>
  (value, path) => {
    const found = numeral(value);
    return typeof found === "number" && Number.isInteger(found) && found >= least && found <= most
      ? found + 0
      : unfit(path, value, `${what}, a whole number from ${least} to ${most}`);
  };

const yesOrNo: Reader<boolean> = (value, path) => {
  if (typeof value === "boolean") return value;
  if (value === "1" || value === "true") return true;
  return value === "0" || value === "false" ? false : unfit(path, value, "true or false");
};

const CUT_EXPECTED = "a number of blocks from 0 up, or a share of the depth from 0% to 100%";

const cut: Reader<Cut> = (value, path) => {
  const share = typeof value === "string" ? /^(\d+(?:\.\d+)?)%$/.exec(value) : null;
  if (share !== null) return Number(share[1]) <= 100 ? `${Number(share[1])}%` : unfit(path, value, CUT_EXPECTED);
  const blocks = numeral(value);
  return typeof blocks === "number" && Number.isSafeInteger(blocks) && blocks >= 0
    ? blocks + 0
    : unfit(path, value, CUT_EXPECTED);
};

/** Lone surrogates cannot be encoded: they become U+FFFD, as in any UTF-8 encoder. */
const wellFormed = (value: string): string => value.replace(/\p{Surrogate}/gu, "\ufffd");

const prompt: Reader<string> = (value, path) => {
  const found = wellFormed(text(value, path));
  return found.trim() === "" ? unfit(path, value, "a prompt that is not empty") : found;
};

const TOKEN_ID_MAX = 2 ** 31 - 1;
const tokenId = wholeBetween(0, TOKEN_ID_MAX, "a token id");

const promptIds: Reader<readonly number[]> = (value, path) => {
  const listed: unknown = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(listed) || listed.length === 0) return unfit(path, value, "token ids, at least one");
  return listed.map((entry: unknown, index) => tokenId(entry, `${path}[${index}]`));
};

const message = object({ role: oneOf("user", "assistant", "call", "result"), content: text });

const messages: Reader<readonly Message[]> = (value, path) => {
  const json = typeof value === "string" ? readJson(value) : { value };
  const listed = "value" in json ? json.value : undefined;
  if (!Array.isArray(listed) || listed.length === 0)
    return unfit(path, value, "a list of messages, at least one, each with role and content");
  return listed.map((entry: unknown, index) => {
    const { role, content } = message(entry, `${path}[${index}]`);
    return { role, content: wellFormed(content) };
  });
};

const MOVES_EXPECTED =
  "cuts with the number of tokens before each, as in 8@10,2@20: 8 blocks after 10 tokens, 2 after 20; :carry or :rebuild behind one says how";
const AFTER_MOST = 1_000_000;

const oneMove = (value: unknown, path: string): ScheduledMove => {
  const parts = typeof value === "string" ? /^([^@]+)@(\d+)(?::(carry|rebuild))?$/.exec(value.trim()) : null;
  const given = isRecord(value)
    ? value
    : parts === null
      ? unfit(path, value, MOVES_EXPECTED)
      : { cut: parts[1], after: parts[2], way: parts[3] };
  const { cut: to, after, way } = given;
  return {
    cut: cut(to, path),
    after: wholeBetween(1, AFTER_MOST, "tokens before the cut moves")(after, path),
    ...(way === undefined ? {} : { way: oneOf(...MOVE_WAYS)(way, path) }),
  };
};

const moves: Reader<readonly ScheduledMove[]> = (value, path) => {
  const listed: unknown = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(listed) || listed.length === 0) return unfit(path, value, MOVES_EXPECTED);
  const all = listed.map((entry: unknown) => oneMove(entry, path));
  return all.every(({ after }, index) => index === 0 || after > (all[index - 1]?.after ?? 0))
    ? all
    : unfit(path, value, "moves in the order of their tokens, one at a time");
};

const modelName = matching(/^[^\s/\\][^/\\]*$/, "a model's name");

/** A name that is looked up where it is read: plugins may have added to those that ship. */
const registered =
  (named: (name: string) => Result<unknown>): Reader<string> =>
  (value, path) => {
    const name = text(value, path);
    unwrap(named(name));
    return name;
  };

const codecs: Reader<readonly string[]> = (value, path) => {
  const listed: unknown = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(listed) || listed.length === 0) return unfit(path, value, "codecs by name, at least one");
  return [...new Set(listed.map((name: unknown) => registered(codecNamed)(name, path)))];
};

const fixedLength = wholeBetween(1, LONGEST, "drafted tokens a window");

const draftLength: Reader<number | string> = (value, path) => {
  const found = numeral(value);
  return typeof found === "number" ? fixedLength(found, path) : registered(policyNamed)(found, path);
};

const asText = (value: string | number | boolean): string => String(value);
const asFlag = (value: boolean): string => (value ? "1" : "0");

export const CONFIG_KEYS: ConfigKeys = {
  mode: { read: oneOf(...MODES), write: asText, fallback: "split" },
  model: { read: modelName, write: asText, fallback: "concierge-10m" },
  cut: { read: cut, write: asText, fallback: "50%" },
  tail: { read: wholeBetween(1, 10_000, "blocks the device keeps at the end"), write: asText, fallback: 1 },
  moves: {
    read: moves,
    write: (all) =>
      all.map(({ cut: to, after, way }) => `${to}@${after}${way === undefined ? "" : `:${way}`}`).join(","),
    fallback: undefined,
  },
  codec: { read: registered(codecNamed), write: asText, fallback: "f16" },
  kvCache: { read: yesOrNo, write: asFlag, fallback: true },
  backend: { read: oneOf(...BACKENDS), write: asText, fallback: "auto" },
  link: { read: readLinkChoice, write: writeLinkChoice, fallback: "loopback" },
  prompt: { read: prompt, write: asText, fallback: undefined },
  promptIds: { read: promptIds, write: (ids) => ids.join(","), fallback: undefined },
  messages: { read: messages, write: (all) => JSON.stringify(all), fallback: undefined },
  maxTokens: { read: wholeBetween(1, 1_000_000, "output tokens at most"), write: asText, fallback: 64 },
  endless: { read: yesOrNo, write: asFlag, fallback: false },
  temperature: { read: between(0, 100, "a number from 0 (greedy) to 100"), write: asText, fallback: 0 },
  topK: { read: wholeBetween(0, TOKEN_ID_MAX, "tokens to keep, 0 for all"), write: asText, fallback: 0 },
  topP: { read: between(Number.MIN_VALUE, 1, "a share above 0, 1 for all"), write: asText, fallback: 1 },
  seed: { read: wholeBetween(0, 2 ** 32 - 1, "a seed"), write: asText, fallback: 1 },
  draftModel: { read: modelName, write: asText, fallback: "concierge-1m" },
  draftLength: { read: draftLength, write: asText, fallback: learner.name },
  exit: { read: oneOf(...EXITS), write: asText, fallback: "trained" },
  verify: { read: registered(ruleNamed), write: asText, fallback: "coupled" },
  windows: { read: wholeBetween(1, 8, "drafted windows that may be unanswered"), write: asText, fallback: 1 },
  threshold: { read: between(0, 1, "a probability from 0 to 1"), write: asText, fallback: 0.8 },
  edgeLoad: { read: wholeBetween(1, 1000, "repeats of the edge's pass"), write: asText, fallback: 1 },
  clients: { read: wholeBetween(1, 64, "clients of the edge, this device among them"), write: asText, fallback: 1 },
  threads: { read: wholeBetween(0, 256, "threads, 0 to let the preflight choose"), write: asText, fallback: 0 },
  maxDeviceMb: {
    read: between(0, 1e9, "10^6 bytes that the device may hold, 0 for no limit"),
    write: asText,
    fallback: 0,
  },
  minDeviceBlocks: { read: wholeBetween(0, 10_000, "blocks that stay on the device"), write: asText, fallback: 0 },
  maxEdgeKvMb: {
    read: between(0, 1e9, "10^6 bytes of keys and values at the edge, 0 for no limit"),
    write: asText,
    fallback: 0,
  },
  busyClients: { read: wholeBetween(0, 10_000, "others that use the edge"), write: asText, fallback: 0 },
  objective: { read: oneOf(...OBJECTIVES), write: asText, fallback: "least-time" },
  maxTpotMs: { read: between(0, 1e6, "ms a token, 0 for no limit"), write: asText, fallback: 0 },
  codecs: { read: codecs, write: (names) => names.join(","), fallback: undefined },
  edge: {
    read: matching(/^(https?|wss?):\/\/[^\s/?#]+[^\s?#]*$/i, "an edge server's URL: http(s)://host or ws(s)://host"),
    write: asText,
    fallback: undefined,
  },
  path: { read: readPath, write: writePath, fallback: undefined },
};

export type ConfigKeyName = keyof ConfigKeys;

export const isConfigKey = (key: string): key is ConfigKeyName => Object.hasOwn(CONFIG_KEYS, key);

/** In the order in which an address has them. */
export const CONFIG_KEY_NAMES: readonly ConfigKeyName[] = Object.keys(CONFIG_KEYS).filter(isConfigKey);

/** The text of one key of a config; null where it is left out. */
export function wholeKey<K extends ConfigKeyName>(name: K, config: RunConfig): string | null {
  const { write }: ConfigKeys[K] = CONFIG_KEYS[name];
  const value = config[name];
  return value === undefined ? null : write(value);
}

/** As an address has it: null also where it is as it is by default. */
export function writtenKey<K extends ConfigKeyName>(name: K, config: RunConfig): string | null {
  const { write, fallback }: ConfigKeys[K] = CONFIG_KEYS[name];
  const text = wholeKey(name, config);
  return fallback !== undefined && write(fallback) === text ? null : text;
}

/** Keys of the design that no mode of this version uses yet: refused as unknown, and said to be so. (`promptSet` is an axis of experiments, and no key of a run.) */
export const LATER_KEYS: readonly string[] = ["precision"];
