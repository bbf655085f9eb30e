/** The uncut model over a given text, on this device: nothing about the text leaves it. */
import { wholeModel } from "#core/model/architecture.ts";
import { fail } from "#core/run/failure.ts";
import type { CancelSignal, ModelHost } from "../ports.ts";
import type { RunPlan } from "../run/run-plan.ts";
import { logitsOf } from "../strategies/tiers/segment-output.ts";

const STRETCH = 64; // positions whose logits are held at once

/**
 * Hands each token of the answer the scores [vocabulary] that choose it after all before it; `at` is its position.
 * Throws Failed: stopped, and what a session throws.
 */
export async function teacherForced(
  host: ModelHost,
  { capacity, promptIds }: Pick<RunPlan, "capacity" | "promptIds">,
  tokenIds: readonly number[],
  signal: CancelSignal,
  take: (scores: Float32Array, id: number, at: number) => void,
): Promise<void> {
  const ids = [...promptIds, ...tokenIds];
  const session = await host.open(wholeModel(host.manifest.architecture), { capacity, kvCache: true }, signal);
  try {
    const first = promptIds.length - 1; // its logits choose the first token
    if (first > 0) await session.step({ kind: "ids", ids: ids.slice(0, first) }, 0, "none");
    for (let position = first; position < ids.length - 1; position += STRETCH) {
      if (signal.aborted) fail({ code: "stopped" });
      const stretch = ids.slice(position, Math.min(position + STRETCH, ids.length - 1)); // [n]
      const logits = await logitsOf(session.step({ kind: "ids", ids: stretch }, position, "all")); // [n, vocabulary]
      const vocabulary = logits.length / stretch.length;
      for (let row = 0; row < stretch.length; row++) {
        const at = position + row + 1;
        take(logits.subarray(row * vocabulary, (row + 1) * vocabulary), ids[at] ?? -1, at);
      }
    }
  } finally {
    await session.close();
  }
}
