/**
 * The keys of a run configuration as a table: how each is made ready for its schema from a value or
 * from the text of an address, what it is when left out, and how it is written. The compiler holds
 * the table to `RunConfig`: a key without a row does not compile.
 */
import { codecNamed } from "../../codec/registry.ts";
import { readLinkChoice, writeLinkChoice } from "../../link/choice.ts";
import { asReader } from "../../schema/read.ts";
import type { AnySchema, Value } from "../../schema/schema.ts";
import { LONGEST } from "../../speculation/policies/policy.ts";
import { learner } from "../../speculation/policies/learner.ts";
import { policyNamed } from "../../speculation/policies/registry.ts";
import { ruleNamed } from "../../speculation/rules/registry.ts";
import { unwrap, type Result } from "../failure.ts";
import { GENERATE, MOVES_EXPECTED, type RunConfig } from "../config.ts";
import { isRecord, readJson } from "../../schema/json.ts";
import { unfit, type Reader } from "../../schema/read.ts";
import { mustBeKnown } from "./known-keys.ts";
import { preparePath, writePath } from "./path-key.ts";

export interface ConfigKey<T> {
  /** Accepts the value itself and its text. Throws Failed: bad-value, and what a registry refuses with. */
  readonly read: Reader<T>;
  readonly write: (value: T) => string;
  /** Undefined where the key may be left out altogether. */
  readonly fallback: T | undefined;
}

interface Row<T> extends Omit<ConfigKey<T>, "read"> {
  /** What the schema is given in place of a value or its text. Throws Failed. */
  readonly prepare: Reader<unknown>;
  /** What the schema cannot know: names that plugins add to. Throws Failed. */
  readonly check?: (value: T, path: string) => void;
}

function key<S extends AnySchema>(schema: S, { prepare, check, ...row }: Row<Value<S>>): ConfigKey<Value<S>> {
  const fitting = asReader(schema);
  const read: Reader<Value<S>> = (given, path) => {
    const value = fitting(prepare(given, path), path);
    check?.(value, path);
    return value;
  };
  return { read, ...row };
}

type ConfigKeys = { readonly [K in keyof Required<RunConfig>]: ConfigKey<NonNullable<RunConfig[K]>> };

const asIs: Reader<unknown> = (value) => value;

/** A value's text, read as what it stands for. -0 is 0. */
const numeral: Reader<unknown> = (value) => {
  const isText = typeof value === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value.trim());
  return isText ? Number(value) + 0 : typeof value === "number" ? value + 0 : value;
};

const FLAGS = new Map<unknown, boolean>([
  ["1", true],
  ["true", true],
  ["0", false],
  ["false", false],
]);
const yesOrNo: Reader<unknown> = (value) => FLAGS.get(value) ?? value;

/** "025%" is "25%". */
const cut: Reader<unknown> = (value, path) =>
  typeof value === "string" && /^\d+(\.\d+)?%$/.test(value)
    ? `${Number.parseFloat(value)}%`
    : typeof value === "string" && value.endsWith("%")
      ? value
      : numeral(value, path);

/** Lone surrogates cannot be encoded: they become U+FFFD, as in any UTF-8 encoder. */
const wellFormed = (value: unknown): unknown =>
  typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value;

const listed =
  (item: Reader<unknown>): Reader<unknown> =>
  (value, path) => {
    const entries: unknown = typeof value === "string" ? value.split(",") : value;
    return Array.isArray(entries) ? entries.map((entry: unknown) => item(entry, path)) : value;
  };

const messages: Reader<unknown> = (value, path) => {
  const json = typeof value === "string" ? readJson(value) : { value };
  if (!("value" in json) || !Array.isArray(json.value)) return value;
  return json.value.map((entry: unknown, index) => {
    if (!isRecord(entry)) return entry;
    mustBeKnown(entry, ["role", "content"], `${path}[${index}]`);
    return { ...entry, content: wellFormed(entry["content"]) };
  });
};

const oneMove: Reader<unknown> = (value, path) => {
  const parts = typeof value === "string" ? /^([^@]+)@(\d+)(?::(carry|rebuild))?$/.exec(value.trim()) : null;
  if (!isRecord(value) && parts === null) return unfit(path, value, MOVES_EXPECTED);
  if (isRecord(value)) mustBeKnown(value, ["cut", "after", "way"], path);
  const given = isRecord(value) ? value : { cut: parts?.[1], after: parts?.[2], way: parts?.[3] };
  const { cut: to, after, way } = given;
  return { cut: cut(to, path), after: numeral(after, path), ...(way === undefined ? {} : { way }) };
};

/** A name that is looked up where it is read: plugins may have added to those that ship. */
const registered =
  (named: (name: string) => Result<unknown>) =>
  (name: string): void =>
    void unwrap(named(name));

const isPolicyOrLength = (length: number | string, path: string): void => {
  if (typeof length === "string") unwrap(policyNamed(length));
  else if (length > LONGEST) unfit(path, length, `drafted tokens a window, a whole number from 1 to ${LONGEST}`);
};

const asText = (value: string | number | boolean): string => String(value);
const writeFlag = (value: boolean): string => (value ? "1" : "0");
const commaed = (values: readonly (string | number)[]): string => values.join(",");

const distinct = (value: unknown): unknown => (Array.isArray(value) ? [...new Set<unknown>(value)] : value);

const NUMBER = { prepare: numeral, write: asText };
const FLAG = { prepare: yesOrNo, write: writeFlag };
const WORD = { prepare: asIs, write: asText };

export const CONFIG_KEYS: ConfigKeys = {
  mode: key(GENERATE.mode, { ...WORD, fallback: "split" }),
  model: key(GENERATE.model, { ...WORD, fallback: "concierge-10m" }),
  cut: key(GENERATE.cut, { prepare: cut, write: asText, fallback: "50%" }),
  tail: key(GENERATE.tail, { ...NUMBER, fallback: 1 }),
  moves: key(GENERATE.moves, {
    prepare: listed(oneMove),
    write: (all) =>
      commaed(all.map(({ cut: to, after, way }) => `${to}@${after}${way === undefined ? "" : `:${way}`}`)),
    fallback: undefined,
  }),
  codec: key(GENERATE.codec, { ...WORD, fallback: "f16", check: registered(codecNamed) }),
  kvCache: key(GENERATE.kvCache, { ...FLAG, fallback: true }),
  backend: key(GENERATE.backend, { ...WORD, fallback: "auto" }),
  link: key(GENERATE.link, { prepare: readLinkChoice, write: writeLinkChoice, fallback: "loopback" }),
  prompt: key(GENERATE.prompt, { ...WORD, fallback: undefined, prepare: wellFormed }),
  promptIds: key(GENERATE.promptIds, { prepare: listed(numeral), write: commaed, fallback: undefined }),
  messages: key(GENERATE.messages, { prepare: messages, write: (all) => JSON.stringify(all), fallback: undefined }),
  maxTokens: key(GENERATE.maxTokens, { ...NUMBER, fallback: 64 }),
  endless: key(GENERATE.endless, { ...FLAG, fallback: false }),
  temperature: key(GENERATE.temperature, { ...NUMBER, fallback: 0 }),
  topK: key(GENERATE.topK, { ...NUMBER, fallback: 0 }),
  topP: key(GENERATE.topP, { ...NUMBER, fallback: 1 }),
  seed: key(GENERATE.seed, { ...NUMBER, fallback: 1 }),
  draftModel: key(GENERATE.draftModel, { ...WORD, fallback: "concierge-1m" }),
  draftLength: key(GENERATE.draftLength, {
    prepare: numeral,
    check: isPolicyOrLength,
    write: asText,
    fallback: learner.name,
  }),
  exit: key(GENERATE.exit, { ...WORD, fallback: "trained" }),
  verify: key(GENERATE.verify, { ...WORD, fallback: "coupled", check: registered(ruleNamed) }),
  windows: key(GENERATE.windows, { ...NUMBER, fallback: 1 }),
  threshold: key(GENERATE.threshold, { ...NUMBER, fallback: 0.8 }),
  edgeLoad: key(GENERATE.edgeLoad, { ...NUMBER, fallback: 1 }),
  clients: key(GENERATE.clients, { ...NUMBER, fallback: 1 }),
  threads: key(GENERATE.threads, { ...NUMBER, fallback: 0 }),
  maxDeviceMb: key(GENERATE.maxDeviceMb, { ...NUMBER, fallback: 0 }),
  minDeviceBlocks: key(GENERATE.minDeviceBlocks, { ...NUMBER, fallback: 0 }),
  maxEdgeKvMb: key(GENERATE.maxEdgeKvMb, { ...NUMBER, fallback: 0 }),
  busyClients: key(GENERATE.busyClients, { ...NUMBER, fallback: 0 }),
  objective: key(GENERATE.objective, { ...WORD, fallback: "least-time" }),
  maxTpotMs: key(GENERATE.maxTpotMs, { ...NUMBER, fallback: 0 }),
  codecs: key(GENERATE.codecs, {
    prepare: (value, path) => distinct(listed(asIs)(value, path)),
    check: (names) => names.forEach(registered(codecNamed)),
    write: commaed,
    fallback: undefined,
  }),
  edge: key(GENERATE.edge, { ...WORD, fallback: undefined }),
  path: key(GENERATE.path, {
    prepare: preparePath,
    check: (stops) => stops.forEach(({ codec }) => codec !== undefined && registered(codecNamed)(codec)),
    write: writePath,
    fallback: undefined,
  }),
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
