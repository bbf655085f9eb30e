/**
 * Positions in each of the messages whose quality a run tells of: the stretches of a scored text,
 * else the prompt, which goes up at once. A codec whose positions share bytes is judged by these.
 */
import type { RunRecord } from "../run/record.ts";

/** `mode=score` sends a long text in stretches of so many positions. */
export const SCORE_STRETCH = 64;

export function messageSizes({ config, logProbs }: RunRecord, promptTokens: number): readonly number[] {
  if (config.mode !== "score" || !config.kvCache) return [logProbs?.length ?? promptTokens].filter((count) => count > 0);
  const count = logProbs?.length ?? 0;
  return Array.from({ length: Math.ceil(count / SCORE_STRETCH) }, (_, nth) => Math.min(SCORE_STRETCH, count - nth * SCORE_STRETCH));
}
