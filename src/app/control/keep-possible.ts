/** What an address asks for is held against the models that are here, once they are known. */
import type { RunConfig } from "#core/run/config.ts";
import { refusalOf } from "#core/run/config/possible.ts";
import { choiceOf } from "../stores/settings.ts";
import type { Stores } from "../stores/stores.ts";

/**
 * Whether an address asks for what the models that are here can do. Where it does not, that is said, and
 * what is chosen is made possible, so that nothing on the page shows one thing and runs another.
 */
export function keepPossible({ engine, settings, page }: Stores, config: RunConfig): boolean {
  const { models, state } = engine.getState();
  const failure = state === "ready" ? refusalOf(config, {}, models) : null;
  if (failure === null) return true;
  const model = models.find(({ name }) => name === config.model) ?? models[0];
  if (model === undefined) return true; // an edge without a model says so itself
  const chosen = { ...settings.getState(), model: model.name };
  settings.setState({ ...chosen, cut: choiceOf(chosen, model.blocks).cut });
  page.setState({ failure });
  return false;
}
