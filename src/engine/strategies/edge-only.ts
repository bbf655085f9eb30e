/**
 * Everything at the edge: the prompt's ids go up once, sampled tokens stream down as they are
 * computed. It pays one round trip for the whole answer, which is why it is a baseline in every
 * latency chart. Without a KV cache the context goes up again for each token.
 */
import type { EdgeTier } from "./tiers/edge-tier.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export async function* edgeOnly(task: Task, { edge }: { readonly edge: EdgeTier }): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position } = sequence.unseen(); // [n]
    const generate = task.kvCache ? sequence.remaining : 1;
    for await (const answer of edge.stream(
      { kind: "generate", position, ids: Uint32Array.from(ids), generate },
      "token",
      task.signal,
    )) {
      if (answer.kind === "lost") {
        yield sequence.replay(answer.failure);
        break;
      }
      sequence.timer.exchanges.push(answer.exchange);
      yield sequence.accept(answer.message.id);
      if (sequence.finish !== null) break;
    }
  }
  return sequence.finish;
}
