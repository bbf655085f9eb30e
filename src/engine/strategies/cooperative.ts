/**
 * Confidence cooperation, lossy: the draft on the device speaks as long as it is sure of itself, and
 * where it is not, the edge says that one token, after reading all it has missed in the same pass.
 * What the draft was sure of nobody checks, so the text is not the target's; the record says how
 * many tokens the target touched and how many it would have said otherwise.
 * Source: Hao et al., Hybrid SLM and LLM for Edge-Cloud Collaborative Inference, EdgeFM 2024 (token by
 * token, the large model where the small one is unsure); the bar follows what asking costs (core/speculation/threshold.ts).
 */
import { blended, thresholdNow } from "#core/speculation/threshold.ts";
import type { Drafter } from "./drafting/drafter.ts";
import type { EdgeTier } from "./tiers/edge-tier.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export interface CooperativeTiers {
  readonly drafter: Drafter;
  readonly edge: EdgeTier;
  readonly threshold: number;
}

export async function* cooperative(task: Task, { drafter, edge, threshold }: CooperativeTiers): Strategy {
  const sequence = new Sequence(task);
  let edgeHeld = 0;
  let askMs: number | null = null;
  let draftMs: number | null = null;
  while (sequence.finish === null) {
    const { timer } = sequence;
    sequence.unseen(); // throws where the run was stopped
    const fromMs = task.clock.now();
    const guess = await drafter.draft(sequence.ids, timer);
    draftMs = blended(draftMs, task.clock.now() - fromMs);
    const bar = thresholdNow(threshold, askMs === null ? null : { askMs, draftMs });
    if (guess !== null && guess.confidence >= bar) {
      yield { ...sequence.accept(guess.drafted.id), fate: "confident" };
      continue;
    }
    const ids = Uint32Array.from(sequence.ids.slice(edgeHeld)); // all that was said without it, and the last word
    const answer = await edge.ask(
      { kind: "verify", position: edgeHeld, ids, drafted: 0, follows: false, payload: new Uint8Array(0) },
      "verified",
      task.signal,
    );
    if (answer.kind === "lost" || answer.message.next === null) {
      edgeHeld = 0;
      if (answer.kind === "lost") yield sequence.replay(answer.failure);
      continue;
    }
    askMs = blended(askMs, answer.exchange.roundTripMs);
    timer.exchanges.push(answer.exchange);
    edgeHeld = sequence.ids.length;
    yield { ...sequence.accept(answer.message.next), fate: "asked" };
  }
  return sequence.finish;
}
