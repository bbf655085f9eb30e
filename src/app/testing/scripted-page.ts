/** The page's stores and controls over a scripted device, for tests of what pressing its buttons does. */
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { EngineControl } from "../control/engine.ts";
import { StoreActions } from "../control/page-actions.ts";
import { Player } from "../control/player.ts";
import { RaceControl } from "../control/race.ts";
import { createScoring } from "../control/scoring.ts";
import { createRunControl } from "../control/runs.ts";
import { createAccessTokens, withAccess } from "../device/access.ts";
import { createConversationStore } from "../stores/conversation.ts";
import { createEngineStore } from "../stores/engine.ts";
import { createPageStore } from "../stores/page.ts";
import { createPlayerStore } from "../stores/player.ts";
import { createRaceStore } from "../stores/race.ts";
import { createRunStore } from "../stores/runs.ts";
import { createSettingsStore, settingsOf } from "../stores/settings.ts";
import type { Stores } from "../stores/stores.ts";
import { scriptedDevice } from "./scripted-device.ts";

const now = (callback: () => void): void => callback();

/** Every run says `texts`, a token each. */
export function page(texts: readonly string[]) {
  const scripted = scriptedDevice(texts);
  const stores: Stores = {
    settings: createSettingsStore(settingsOf(unwrap(parseConfig({ cut: 4 }, "prepare")))),
    conversation: createConversationStore("Find me a museum."),
    engine: createEngineStore(),
    runs: createRunStore(),
    player: createPlayerStore(),
    race: createRaceStore(),
    page: createPageStore(),
  };
  const access = createAccessTokens(null);
  const player = new Player(stores.player, stores.runs, () => undefined);
  const runs = createRunControl(withAccess(scripted.device, access), stores.runs, stores.engine, now);
  const control = new RaceControl(stores.race, runs);
  const race = (): Promise<RaceControl> => Promise.resolve(control);
  const engine = new EngineControl({
    device: scripted.device,
    engine: stores.engine,
    settings: stores.settings,
    page: stores.page,
    pageUrl: "http://localhost/",
    servingEdge: null,
    settle: () => undefined,
    inTurn: (task) => runs.inTurn(task),
  });
  return {
    ...scripted,
    scoring: createScoring({ device: scripted.device, runs, engine }),
    stores,
    player,
    runs,
    actions: new StoreActions({ stores, runs, race, engine, player, access, settle: now }),
  };
}
