/** Enters and leaves scenarios; comes with their table, once one is asked for. */
import type { Failure } from "#core/run/failure.ts";
import type { Lab } from "../lab.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { scenarioNamed, SCENARIOS } from "../scenarios/table.ts";

export { scenarioNamed };

type Page = Pick<Lab, "stores" | "actions">;

/** With its request and settings; a conversation begins anew. */
export function enter({ stores, actions }: Page, name: string, { prompt, settings }: Scenario): void {
  actions.newConversation();
  stores.conversation.setState({ draft: prompt });
  actions.choose(settings);
  stores.page.setState({ scenario: name, enteredAt: stores.runs.getState().focus });
}

export const leave = ({ stores }: Pick<Page, "stores">): void => stores.page.setState({ scenario: null });

/**
 * As an address has it: with no key of a run beside it, the scenario's own settings and request; else
 * those of the address, which say how somebody changed it.
 */
export function enterFromAddress(
  { stores, actions }: Page,
  name: string,
  given: { readonly settings: boolean; readonly prompt: boolean },
): void {
  const scenario = scenarioNamed(name);
  if (scenario === null) return stores.page.setState({ scenario: null, failure: noScenario(name) });
  if (!given.settings) actions.choose(scenario.settings);
  if (!given.prompt) stores.conversation.setState({ draft: scenario.prompt });
}

const noScenario = (value: string): Failure => ({
  code: "bad-value",
  key: "scenario",
  value,
  expected: `one of ${Object.keys(SCENARIOS).join(", ")}`,
});
