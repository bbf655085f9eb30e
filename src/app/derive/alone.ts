/** A run without its edge server. */
import type { RunConfig } from "#core/run/config.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { factsOf, plainMode } from "#core/strategies/table.ts";
import type { Lane } from "../stores/runs.ts";

/** The same run on this device alone; null where it cannot be. */
export function alone(lane: Lane | null): RunConfig | null {
  if (lane === null || !factsOf(lane.config.mode).needs.edge) return null;
  const config = parseConfig({ ...lane.config, mode: plainMode("device") });
  return config.ok ? config.value : null;
}
