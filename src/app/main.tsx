/**
 * Composes the page: stores, the device worker, controls, views, and `window.cutlayer`. Everything
 * else receives; only this file constructs.
 */
import { MantineProvider } from "@mantine/core";
import { createRoot } from "react-dom/client";
import { fromAddress, type PageAddress } from "#core/run/config/address.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap, type Failure, type Result } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { installAutomation } from "./automation.ts";
import { EngineControl } from "./control/engine.ts";
import { createOpening } from "./control/opening.ts";
import { Player } from "./control/player.ts";
import type { RaceControl } from "./control/race.ts";
import { startRouting } from "./control/routing.ts";
import { createRunControl, type RunControl } from "./control/runs.ts";
import { createScoring } from "./control/scoring.ts";
import { StoreActions } from "./control/page-actions.ts";
import { createAccessTokens, takeAccess, withAccess, type AccessTokens } from "./device/access.ts";
import { fetchEdgeInfo, type KnownEdge } from "./device/edge-info.ts";
import { admittedIn, originsElsewhere, withoutServers } from "./device/named-origins.ts";
import { joinPlugins } from "./device/page-plugins.ts";
import { loadRecordings } from "./device/recordings.ts";
import { openWorkerDevice } from "./device/worker-device.ts";
import { createKeepSoon, inQuiet, type KeepSoon } from "./history/keep-soon.ts";
import { LabContext, type Lab } from "./lab.ts";
import type { Stores } from "./stores/stores.ts";
import { createConversationStore } from "./stores/conversation.ts";
import { createEngineStore } from "./stores/engine.ts";
import { createPageStore } from "./stores/page.ts";
import { createPlayerStore } from "./stores/player.ts";
import { createRaceStore, type RaceStore } from "./stores/race.ts";
import { createRunStore } from "./stores/runs.ts";
import { createSettingsStore, settingsOf } from "./stores/settings.ts";
import { theme } from "./theme.ts";
import { Page } from "./views/page.tsx";
import "./styles/mantine.css";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/print.css";

/** How long settings must stand still before a download plan is worked out. */
const SETTLED_MS = 250;

interface Served {
  readonly pageUrl: string;
  /** The edge server that this page came from; null on a static host. */
  readonly edge: KnownEdge | null;
  /** Why a plugin of it could not be joined. */
  readonly failure: Failure | null;
  readonly recordings: readonly RunRecord[];
}

/**
 * What the page's own server adds to the registries, before anything reads a config or lists a name,
 * and the recordings, so that the first paint shows what the page goes on to show.
 */
async function servedBy(pageUrl: string): Promise<Served> {
  const loading = loadRecordings();
  const edge = await fetchEdgeInfo(pageUrl);
  const joined = await joinPlugins(edge?.plugins ?? [], pageUrl);
  return { pageUrl, edge, failure: joined.ok ? null : joined.failure, recordings: await loading };
}

interface Opened {
  readonly stores: Stores;
  readonly access: AccessTokens;
  readonly address: Result<PageAddress>;
}

/** The stores as this page's address and its history want them. A token in the address is kept, and taken out of it. */
function storesAt({ pageUrl, failure }: Served): Opened {
  const { hash, token } = takeAccess(window.location.hash);
  if (hash !== window.location.hash)
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search + hash);
  const address = fromAddress(hash);
  const asked = address.ok ? address.value.config : unwrap(parseConfig({}, "prepare"));
  const admitted = admittedIn(window.history.state);
  const elsewhere = originsElsewhere(asked, pageUrl).filter((origin) => !admitted.includes(origin));
  const given = elsewhere.length === 0 ? asked : withoutServers(asked);
  const stores: Stores = {
    settings: createSettingsStore(settingsOf(given)),
    conversation: createConversationStore(given.prompt ?? ""),
    engine: createEngineStore(),
    runs: createRunStore(),
    player: createPlayerStore(),
    race: createRaceStore(),
    page: createPageStore(),
  };
  stores.page.setState({ elsewhere });
  if (failure !== null) stores.page.setState({ failure });
  if (!address.ok) stores.page.setState({ failure: address.failure });
  const access = createAccessTokens(tabStorage());
  if (token !== null) access.keep(asked.edge, token);
  return { stores, access, address };
}

function compose(served: Served): { readonly lab: Lab; readonly start: () => Promise<void> } {
  const { pageUrl, edge: servingEdge } = served;
  const { stores, access, address } = storesAt(served);
  const crashed = (what: string): void =>
    stores.page.setState({ failure: { code: "internal", where: "device worker", what } });
  const device = withAccess(openWorkerDevice(servingEdge?.plugins ?? [], crashed), access);
  const nextFrame = (callback: (nowMs: number) => void): void => void requestAnimationFrame(callback);
  const player = new Player(stores.player, stores.runs, nextFrame);
  const keeping = keepingRuns(stores);
  const runs = createRunControl(device, stores.runs, stores.engine, nextFrame, (record) => keeping.keep(record));
  let racing: Promise<RaceControl> | null = null;
  const race = (): Promise<RaceControl> => (racing ??= loadRace(stores.race, runs, () => (racing = null)));
  const settle = (callback: () => void): void => void setTimeout(callback, SETTLED_MS);
  const engine = new EngineControl({
    device,
    engine: stores.engine,
    settings: stores.settings,
    page: stores.page,
    pageUrl,
    servingEdge,
    settle,
    inTurn: (task) => runs.inTurn(task),
  });
  const actions = new StoreActions({ stores, runs, race, engine, player, access, settle });
  const opening = createOpening({
    stores,
    actions,
    engine,
    player,
    address,
    recordings: served.recordings,
    reducedMotion: window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  });
  startRouting({ stores, actions, settle });
  installAutomation({ device, actions, engineStore: stores.engine, started: opening.started });
  const scoring = createScoring({ device, runs, engine });
  return {
    lab: { stores, actions, player, access, scoring },
    start: () => opening.start().then(() => keeping.prepare()),
  };
}

/** One whose server has gone is asked for again by the next press. */
async function loadRace(store: RaceStore, runs: RunControl, failed: () => void): Promise<RaceControl> {
  try {
    const { RaceControl: Control } = await import("./control/race.ts");
    return new Control(store, runs);
  } catch (thrown) {
    failed();
    throw thrown;
  }
}

/** A failure that stands says more than that a run is not kept. */
function keepingRuns(stores: Stores): KeepSoon {
  return createKeepSoon({
    open: async () => {
      const { keeperOf } = await import("./history/keeper.ts");
      return (record) => keeperOf(stores).keep(record);
    },
    quiet: inQuiet,
    fail: (failure) => stores.page.setState((page) => ({ failure: page.failure ?? failure })),
  });
}

/** Null where the browser is set to keep nothing. */
function tabStorage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

async function boot(): Promise<void> {
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no root");
  const { lab, start } = compose(await servedBy(new URL(".", window.location.href).href));
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <LabContext value={lab}>
        <Page />
      </LabContext>
    </MantineProvider>,
  );
  void start();
}

void boot();
