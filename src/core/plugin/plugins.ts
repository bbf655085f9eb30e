/**
 * Plugins: rules, policies and codecs that joined the registries when this tier started. Each is
 * named by the SHA-256 of its one bundled file, which is the same for the tab and for the edge, so
 * that a session can ask whether both mean the same by a name.
 * Invariant: joining is done once, before the first config is read, and a plugin joins whole or not at all.
 */
import { addCodec, codecNamed } from "../codec/registry.ts";
import { failureOf, ok, refuse, type Result } from "../run/failure.ts";
import { addPolicy, policyNamed } from "../speculation/policies/registry.ts";
import { addRule, ruleNamed } from "../speculation/rules/registry.ts";
import type { AdditionKind, PluginFile, PluginIdentity } from "./identity.ts";
import { readPlugin, type Addition } from "./read-plugin.ts";

const loaded: PluginIdentity[] = [];

/** In the order in which they joined. */
export const loadedPlugins = (): readonly PluginIdentity[] => loaded;

/** The plugin that a name comes from; null for what ships, and for what nobody knows. */
export const pluginOf = (kind: AdditionKind, name: string): PluginIdentity | null =>
  loaded.find(({ adds }) => adds.some((each) => each.kind === kind && each.name === name)) ?? null;

/** What two tiers have to mean the same by. */
export interface SharedNames {
  readonly codec: string;
  readonly verify: string | null;
  /** Only where the edge drafts: elsewhere it is the device's own business. */
  readonly draftLength: number | string | null;
}

/** Hashes of the plugins behind these names on this tier, sorted. */
export function pluginsBehind({ codec, verify, draftLength }: SharedNames): readonly string[] {
  const found = [
    pluginOf("codec", codec),
    verify === null ? null : pluginOf("rule", verify),
    typeof draftLength === "string" ? pluginOf("policy", draftLength) : null,
  ];
  return [...new Set(found.flatMap((plugin) => (plugin === null ? [] : [plugin.sha256])))].sort();
}

/** Joins what a module exports to the registries of this tier. Failures: plugin-unfit. */
export function addPlugin({ file, sha256 }: PluginFile, exported: unknown): Result<readonly Addition[]> {
  const read = readPlugin(file, exported);
  if (!read.ok) return read;
  const keys = read.value.map(({ kind, value }) => `${kind} ${value.name}`);
  const taken = read.value.find((addition, at) => isTaken(addition) || keys.indexOf(keys[at] ?? "") < at);
  if (taken !== undefined)
    return refuse({
      code: "plugin-unfit",
      file,
      what: `there is a ${taken.kind} called ${taken.value.name} already: choose another name`,
    });
  for (const addition of read.value) join(addition);
  loaded.push({ file, sha256, adds: read.value.map(({ kind, value }) => ({ kind, name: value.name })) });
  return read;
}

/** The same for a module that is still to be loaded: one that does not load is refused like one that does not fit. */
export async function importPlugin(
  plugin: PluginFile,
  load: () => Promise<{ readonly default?: unknown }>,
): Promise<Result<readonly Addition[]>> {
  try {
    return addPlugin(plugin, (await load()).default);
  } catch (thrown) {
    const failure = failureOf(thrown, plugin.file);
    return refuse({
      code: "plugin-unfit",
      file: plugin.file,
      what: failure.code === "internal" ? `it does not load: ${failure.what}` : failure.code,
    });
  }
}

/** Several in turn; the first that is refused ends it. */
export async function importPlugins<T extends PluginFile>(
  plugins: readonly T[],
  load: (plugin: T) => Promise<{ readonly default?: unknown }>,
): Promise<Result<void>> {
  for (const plugin of plugins) {
    const joined = await importPlugin(plugin, () => load(plugin));
    if (!joined.ok) return joined;
  }
  return ok(undefined);
}

function isTaken({ kind, value }: Addition): boolean {
  switch (kind) {
    case "rule":
      return ruleNamed(value.name).ok;
    case "policy":
      return policyNamed(value.name).ok;
    case "codec":
      return codecNamed(value.name).ok;
  }
}

function join({ kind, value }: Addition): void {
  switch (kind) {
    case "rule":
      return addRule(value);
    case "policy":
      return addPolicy(value);
    case "codec":
      return addCodec(value);
  }
}
