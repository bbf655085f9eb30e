/** What the page's lists offer, where the core's registries do not say it. */
import { pluginOf } from "#core/plugin/plugins.ts";
import type { AdditionKind } from "#core/plugin/identity.ts";
import { MODES, type Mode } from "#core/run/config.ts";
import { factsOf } from "#core/strategies/table.ts";

/** To run and to race. Scoring teacher-forces ids and shows no tokens: it belongs to the API and the lab. */
export const MODE_CHOICES: readonly Mode[] = MODES.filter((mode) => factsOf(mode).listed);

/** The link whose figures are typed in. */
export const CUSTOM = "custom";

/** A name as the lists have it: said to be a plugin's, where it does not ship. */
export const namedIn = (kind: AdditionKind, name: string): { readonly value: string; readonly label: string } => ({
  value: name,
  label: pluginOf(kind, name) === null ? name : `${name}, plugin`,
});
