/** The scenarios by their names in the address: a scenario is its file and one row here. */
import { clinic } from "./clinic.ts";
import { robot } from "./robot.ts";
import type { Scenario } from "./scenario.ts";

export const SCENARIOS: Readonly<Record<string, Scenario>> = { clinic, robot };

/** Null for what is none: an address may name anything. */
export const scenarioNamed = (name: string | null): Scenario | null =>
  name !== null && Object.hasOwn(SCENARIOS, name) ? (SCENARIOS[name] ?? null) : null;
