/**
 * The first ten seconds: the recorded run is there from the first paint on and plays while the engine
 * starts. An address that asks for a run at once gets it instead, and one that names settings keeps them.
 */
import type { RunConfig } from "#core/run/config.ts";
import type { Result } from "#core/run/failure.ts";
import { toAddress, type PageAddress } from "#core/run/config/address.ts";
import type { RunRecord } from "#core/run/record.ts";
import { loadDemoPrompts } from "../device/demo-prompts.ts";
import type { Stores } from "../stores/stores.ts";
import { recordedLane } from "../stores/runs.ts";
import { ofAnyMachine, settingsOf } from "../stores/settings.ts";
import type { EngineControl } from "./engine.ts";
import type { Player } from "./player.ts";
import { pageOf } from "./routing.ts";
import type { PageActions } from "./page-actions.ts";

interface Parts {
  readonly stores: Stores;
  readonly actions: PageActions;
  readonly engine: EngineControl;
  readonly player: Player;
  readonly address: Result<PageAddress>;
  /** The first one plays; the others are its chart's baselines. */
  readonly recordings: readonly RunRecord[];
  readonly reducedMotion: boolean;
}

export interface Opening {
  start(): Promise<void>;
  /** Resolves once the engine is ready, or has said why not. */
  readonly started: Promise<void>;
}

export function createOpening({ stores, actions, engine, player, address, recordings, reducedMotion }: Parts): Opening {
  let open: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    open = resolve;
  });
  // Where the address names a server elsewhere, only a person may start what it asks for.
  const runAtOnce = address.ok && address.value.run && stores.page.getState().elsewhere.length === 0;
  const named = address.ok && address.value.named;
  if (address.ok) stores.page.setState(pageOf(address.value));
  if (runAtOnce) stores.page.setState({ starting: isAsked(address.value.config) });
  else showRecordings();

  function showRecordings(): void {
    const [record] = recordings;
    if (record === undefined) return;
    const lanes = recordings.map((each, i) => recordedLane(`recorded-${i}`, each));
    const shown = lanes.slice(0, 1).map((lane) => lane.key);
    stores.runs.setState({ lanes, shown, focus: shown[0] ?? null });
    if (!named) stores.settings.setState(ofAnyMachine(record.config));
    if (stores.conversation.getState().draft === "" && record.config.prompt !== undefined)
      stores.conversation.setState({ draft: record.config.prompt });
  }

  async function start(): Promise<void> {
    if (!runAtOnce && !reducedMotion && recordings.length > 0) player.open();
    await engine.start();
    const possible = !named || (await keepPossible(stores, address.value.config));
    if (runAtOnce && !possible) showRecordings();
    if (address.ok) await enterScenario(stores, actions, address.value);
    open();
    if (stores.conversation.getState().draft === "" && stores.conversation.getState().turns.length === 0)
      await suggest();
    const asked = runAtOnce && possible && stores.engine.getState().state === "ready" ? runAddress() : null;
    if (possible) stores.page.setState({ starting: false });
    await asked;
  }

  /** Something to run at the first press: the first of the prompts to try. */
  async function suggest(): Promise<void> {
    const [first] = await loadDemoPrompts();
    if (first !== undefined && stores.conversation.getState().draft === "")
      stores.conversation.setState({ draft: first.prompt });
  }

  /** Ids and whole conversations are run as they are given; a prompt is asked like any other. */
  async function runAddress(): Promise<void> {
    const config = address.ok ? address.value.config : null;
    if (config === null || isAsked(config)) await actions.ask();
    else await actions.runConfig({ config });
  }

  return { start, started };
}

/** It begins a conversation: raw ids and whole conversations do not. */
const isAsked = ({ promptIds, messages }: RunConfig): boolean => promptIds === undefined && messages === undefined;

/** Whether what an address asks for can be; where it cannot, that is said. */
async function keepPossible(stores: Stores, config: RunConfig): Promise<boolean> {
  const loaded = await import("./keep-possible.ts").catch(() => null);
  return loaded === null || loaded.keepPossible(stores, config); // a run is refused later, too
}

async function enterScenario(
  stores: Stores,
  actions: PageActions,
  { config, named, scenario }: PageAddress,
): Promise<void> {
  if (scenario === null) return;
  const loaded = await import("./scenario.ts").catch(() => null);
  if (loaded === null) return; // its server is gone: the page goes on without
  // A request alone leaves the settings open.
  const settings = named && (config.prompt === undefined || toAddress(settingsOf(config)) !== "#");
  loaded.enterFromAddress({ stores, actions }, scenario, { settings, prompt: config.prompt !== undefined });
}
