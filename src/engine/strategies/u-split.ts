/**
 * U-shaped split inference: the device runs the embedding and blocks [0, k), the edge the middle
 * [k, L - tail), the device again the last blocks, the head and the sampling. What crosses the
 * link are activations both ways: neither text nor a token id ever leaves the device (activations
 * are not secret by that alone: they can be inverted, the more easily the smaller k).
 * Source: Vepakomma et al., Split learning for health, 2018 (U-shaped configuration).
 */
import { pick } from "#core/sampling/sample.ts";
import type { SegmentSession } from "../ports.ts";
import { activationsAcross, type Crossing } from "./tiers/crossing.ts";
import { activationsOf, logitsOf } from "./tiers/segment-output.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export interface USplitTiers extends Crossing {
  /** Embedding and blocks [0, k). */
  readonly front: SegmentSession;
  /** Blocks [L - tail, L), norm and head. */
  readonly back: SegmentSession;
}

export async function* uSplit(task: Task, { front, back, ...crossing }: USplitTiers): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position, timer } = sequence.unseen(); // [n]
    const smashed = await timer.device(() => activationsOf(front.step({ kind: "ids", ids }, position, "all"))); // [n, hidden]
    const middle = await activationsAcross(crossing, smashed, { position, timer, task }); // [n, hidden]
    if (middle.kind === "lost") {
      yield sequence.replay(middle.failure);
      continue;
    }
    const logits = await timer.device(() =>
      logitsOf(back.step({ kind: "hidden", hidden: middle.value }, position, "last")),
    ); // [vocabulary]
    const { id } = timer.part("sampleMs", () => pick(logits, task.sampling, position + ids.length));
    yield sequence.accept(id);
  }
  return sequence.finish;
}
