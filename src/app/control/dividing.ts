/** What a race is run with. */
import { factsOf, plainMode } from "#core/strategies/table.ts";
import { choiceOf, type Settings } from "../stores/settings.ts";
import type { Stores } from "../stores/stores.ts";

/** Where the handle has gone off an end of the strip, the cut it left behind divides nothing: a race's split divides in half. */
export function dividing({ settings, engine }: Stores): Settings {
  const now = settings.getState();
  const blocks = engine.getState().models.find(({ name }) => name === now.model)?.blocks;
  if (factsOf(now.mode).cut !== "none" || blocks === undefined) return now;
  const { cut } = choiceOf({ ...now, mode: plainMode("cut") }, blocks);
  return cut > 0 && cut < blocks ? now : { ...now, cut: Math.ceil(blocks / 2) };
}
