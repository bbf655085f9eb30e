/**
 * Positions in each of the messages whose quality a run tells of: the stretches of a scored text,
 * else the prompt, which goes up at once. A codec whose positions share bytes is judged by these.
 */
import type { RunConfig } from "../run/config.ts";
import { factsOf } from "../strategies/table.ts";
import type { RunRecord } from "../run/record.ts";

/** `mode=score` sends a long text in stretches of so many positions. */
export const SCORE_STRETCH = 64;

interface Ran {
  readonly config: Pick<RunConfig, "mode" | "kvCache">;
  readonly logProbs?: RunRecord["logProbs"];
}

export function messageSizes({ config, logProbs }: Ran, promptTokens: number): readonly number[] {
  const scores = factsOf(config.mode).yields === "log-probs";
  const count = scores ? (logProbs?.length ?? 0) : promptTokens;
  const most = scores && config.kvCache ? SCORE_STRETCH : Math.max(1, count);
  return Array.from({ length: Math.ceil(count / most) }, (_, nth) => Math.min(most, count - nth * most));
}
