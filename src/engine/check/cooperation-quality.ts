/**
 * What a lossy text cost, measured after it was made: the target's own text to the same prompt and
 * seed is generated at the edge, and both are teacher-forced through the unsplit graph. So the
 * perplexity paid is read against the target's own, not against nothing.
 */
import type { CooperationQuality } from "#core/run/record/cooperation-quality.ts";
import type { Agreement } from "#core/run/record.ts";
import { checkAtEdge } from "./agreement.ts";
import type { CancelSignal } from "../ports.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { EdgeTier } from "../strategies/tiers/edge-tier.ts";

/** `agreement` is that of the lossy text. Null where the edge lost the session meanwhile. */
export async function qualityOf(
  agreement: Agreement,
  edge: EdgeTier,
  { promptIds, config }: RunPlan,
  signal: CancelSignal,
): Promise<CooperationQuality | null> {
  if (agreement.kind !== "checked") return null;
  const own: number[] = [];
  for await (const answer of edge.stream(
    { kind: "generate", position: 0, ids: Uint32Array.from(promptIds), generate: config.maxTokens },
    "token",
    signal,
  )) {
    if (answer.kind === "lost") return null;
    own.push(answer.message.id);
    if (answer.message.finish !== "none") break;
  }
  const target = await checkAtEdge(edge, promptIds, own, signal);
  const [perplexity, targetPerplexity] = [perplexityOf(agreement), perplexityOf(target)];
  if (perplexity === null || targetPerplexity === null) return null;
  const { comparedTokens, differing = 0 } = agreement;
  return { agreement: 1 - differing / comparedTokens, perplexity, targetPerplexity, targetTokens: own.length };
}

/** exp of the mean negative log-likelihood. */
function perplexityOf(agreement: Agreement): number | null {
  if (agreement.kind !== "checked" || agreement.nllNats === undefined || agreement.comparedTokens === 0) return null;
  return Math.exp(agreement.nllNats / agreement.comparedTokens);
}
