/** What the page's lists offer, where the core's registries do not say it. */
import type { Mode } from "#core/run/config.ts";

/** To run and to race. Scoring teacher-forces ids and shows no tokens: it belongs to the API and the lab. */
export const MODE_CHOICES: readonly Mode[] = ["split", "u-split", "edge-only", "device-only", "speculative", "split-speculative", "colocated", "cooperative", "baseline"];
/** The link whose figures are typed in. */
export const CUSTOM = "custom";
