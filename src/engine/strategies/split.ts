/**
 * Split inference over one cut: the device runs the embedding and blocks [0, k), the edge the rest
 * and the sampling. Per token one activation [1, hidden] goes up and one token id comes down, so a
 * token costs a round trip. k = 0 leaves the device the embedding, k = L the edge the head.
 * Source: Kang et al., Neurosurgeon, ASPLOS 2017 (layer-wise cut), with a KV cache on both sides.
 */
import type { Codec } from "#core/codec/codec.ts";
import type { SegmentSession } from "../ports.ts";
import type { EdgeTier } from "./edge-tier.ts";
import { activationsOf } from "./segment-output.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export interface SplitTiers {
  readonly device: SegmentSession;
  readonly edge: EdgeTier;
  readonly codec: Codec;
  readonly hidden: number;
}

export async function* split(task: Task, { device, edge, codec, hidden }: SplitTiers): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position, timer } = sequence.unseen(); // [n]: the prompt, then one token a step
    const count = ids.length;
    const smashed = await timer.device(() => activationsOf(device.step({ kind: "ids", ids }, position, "all"))); // [n, hidden]
    const payload = timer.part("encodeMs", () => codec.encode(smashed, count, hidden));
    const answer = await edge.ask({ kind: "activations", position, count, want: "last", payload }, "token", task.signal);
    if (answer.kind === "lost") {
      yield sequence.replay(answer.failure);
      continue;
    }
    timer.exchanges.push(answer.exchange);
    yield sequence.accept(answer.message.id);
  }
  return sequence.finish;
}
