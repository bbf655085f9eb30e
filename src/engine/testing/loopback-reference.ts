/** What the loopback edge says of a given text: the whole model over it, in a session of its own. */
import { wholeModel } from "#core/model/architecture.ts";
import { candidatesAt, emptyCandidates, putCandidates } from "#core/sampling/candidates.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { lead, pick } from "#core/sampling/sample.ts";
import type { DownMessage, UpMessage } from "#wire/messages.ts";
import type { ModelHost } from "../ports.ts";
import { logitsOf } from "../strategies/tiers/segment-output.ts";

export async function referenceAnswer(
  host: ModelHost,
  { kind, sequence, ids, judged }: Extract<UpMessage, { kind: "check" | "candidates" }>,
  sampling: SamplingSettings,
): Promise<DownMessage> {
  const session = await host.open(wholeModel(host.manifest.architecture), { capacity: ids.length, kvCache: true });
  try {
    const logits = await logitsOf(session.step({ kind: "ids", ids: ids.subarray(0, -1) }, 0, "all"));
    const { vocabulary } = host.manifest.architecture;
    const first = ids.length - judged;
    const row = (at: number): Float32Array => logits.subarray((at - 1) * vocabulary, at * vocabulary);
    const positions = Array.from({ length: judged }, (_, index) => first + index);
    const timing = { queueUs: 0, computeUs: 0 };
    if (kind === "candidates") {
      const table = emptyCandidates(judged);
      for (const at of positions) putCandidates(table, at - first, candidatesAt(row(at), sampling, ids[at] ?? 0));
      return { kind, sequence, ...table, timing };
    }
    const picked = positions.map((at) => pick(row(at), sampling, at));
    return {
      kind: "verdicts",
      sequence,
      ids: Uint32Array.from(picked, ({ id }) => id),
      leads: Float32Array.from(positions, (at) => lead(row(at), sampling, at, ids[at] ?? 0)),
      margins: Float32Array.from(picked, ({ margin }) => margin),
      logProbs: Float32Array.from(positions, (at) => logProbability(row(at), ids[at] ?? 0)),
      timing,
    };
  } finally {
    await session.close();
  }
}

export function logProbability(logits: Float32Array, target: number): number {
  const largest = logits.reduce((most, each) => Math.max(most, each), -Infinity);
  const sum = logits.reduce((total, each) => total + Math.exp(each - largest), 0);
  return (logits[target] ?? -Infinity) - largest - Math.log(sum);
}
