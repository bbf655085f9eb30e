/** Probabilities of tokens in words. */
import type { RunConfig } from "#core/run/config.ts";

/** "98.2%"; what is not quite all or nothing does not read as if it were. */
export function shareOf({ logProb }: { readonly logProb: number }): string {
  const percent = Math.exp(logProb) * 100;
  if (percent > 0 && percent < 0.01) return "under 0.01%";
  if (percent < 100 && percent > 99.99) return "over 99.99%";
  return `${percent.toFixed(percent < 1 || percent > 99 ? 2 : 1)}%`;
}

/** How the shares that are shown stand to the drawing. */
export function samplingText({ temperature, topK, topP }: Pick<RunConfig, "temperature" | "topK" | "topP">): string {
  if (temperature === 0) return "Temperature 0: the first is always said.";
  const filters = [...(topK > 0 ? [`top-k ${topK}`] : []), ...(topP < 1 ? [`top-p ${topP}`] : [])];
  return `Drawn at temperature ${temperature}${filters.map((each) => `, ${each}`).join("")}.`;
}
