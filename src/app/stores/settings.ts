/**
 * What is chosen for the next run: a RunConfig without what is said (the conversation holds that).
 * Facts only; `configOf` makes the config.
 */
import { createStore, type StoreApi } from "zustand/vanilla";
import { factsOf } from "#core/strategies/table.ts";
import { resolveCut } from "#core/run/config/resolve.ts";
import type { CutChoice } from "../derive/strip.ts";
import type { Message, RunConfig } from "#core/run/config.ts";

export type Settings = Omit<RunConfig, "prompt" | "promptIds" | "messages">;
export type SettingsStore = StoreApi<Settings>;

export const createSettingsStore = (initial: Settings): SettingsStore => createStore<Settings>(() => initial);

export type Said =
  | { readonly prompt: string }
  | { readonly messages: readonly Message[] }
  | { readonly promptIds: readonly number[] };

export const configOf = (settings: Settings, said: Said): RunConfig => ({ ...settings, ...said });

/** Where the settings cut a model of `blocks` blocks; a cut past its end stands at its end until it is run. */
export function choiceOf({ mode, cut, tail }: Pick<RunConfig, "mode" | "cut" | "tail">, blocks: number): CutChoice {
  const resolved = resolveCut(cut, blocks);
  const most = factsOf(mode).returns ? Math.max(0, blocks - tail - 1) : blocks;
  return { mode, tail, cut: Math.min(most, resolved.ok ? resolved.value : blocks) };
}

/** A config's settings, without what is said. */
export function settingsOf({
  prompt: _prompt,
  promptIds: _ids,
  messages: _messages,
  ...settings
}: RunConfig): Settings {
  return settings;
}

/** A run's settings but for the machine's own: its backend, and the edge servers that a prompt would go to. */
export function ofAnyMachine(config: RunConfig): Partial<Settings> {
  const { edge: _edge, path: _path, backend: _backend, threads: _threads, ...settings } = settingsOf(config);
  return settings;
}
