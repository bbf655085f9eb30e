/**
 * Split inference over one cut: the device runs the embedding and blocks [0, k), the edge the rest
 * and the sampling. Per token one activation [1, hidden] goes up and one token id comes down, so a
 * token costs a round trip. k = 0 leaves the device the embedding, k = L the edge the head.
 * Source: Kang et al., Neurosurgeon, ASPLOS 2017 (layer-wise cut), with a KV cache on both sides.
 */
import type { SegmentSession } from "../ports.ts";
import { tokenAcross, type Crossing } from "./tiers/crossing.ts";
import { activationsOf } from "./tiers/segment-output.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export interface SplitTiers extends Crossing {
  readonly device: SegmentSession;
}

export async function* split(task: Task, { device, ...crossing }: SplitTiers): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position, timer } = sequence.unseen(); // [n]: the prompt, then one token a step
    const smashed = await timer.device(() => activationsOf(device.step({ kind: "ids", ids }, position, "all"))); // [n, hidden]
    const token = await tokenAcross(crossing, smashed, { position, timer, task });
    yield token.kind === "lost" ? sequence.replay(token.failure) : sequence.accept(token.value);
  }
  return sequence.finish;
}
