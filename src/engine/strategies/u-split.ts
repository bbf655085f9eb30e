/**
 * U-shaped split inference: the device runs the embedding and blocks [0, k), the edge the middle
 * [k, L - tail), the device again the last blocks, the head and the sampling. What crosses the
 * link are activations both ways: neither text nor a token id ever leaves the device (activations
 * are not secret by that alone: they can be inverted, the more easily the smaller k).
 * Source: Vepakomma et al., Split learning for health, 2018 (U-shaped configuration).
 */
import type { Codec } from "#core/codec/codec.ts";
import { unwrap } from "#core/run/failure.ts";
import { pick } from "#core/sampling/sample.ts";
import type { SegmentSession } from "../ports.ts";
import type { EdgeTier } from "./edge-tier.ts";
import { activationsOf, logitsOf } from "./segment-output.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export interface USplitTiers {
  /** Embedding and blocks [0, k). */
  readonly front: SegmentSession;
  readonly edge: EdgeTier;
  /** Blocks [L - tail, L), norm and head. */
  readonly back: SegmentSession;
  readonly codec: Codec;
  readonly hidden: number;
}

export async function* uSplit(task: Task, { front, edge, back, codec, hidden }: USplitTiers): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position, timer } = sequence.unseen(); // [n]
    const count = ids.length;
    const smashed = await timer.device(() => activationsOf(front.step({ kind: "ids", ids }, position, "all"))); // [n, hidden]
    const payload = timer.part("encodeMs", () => codec.encode(smashed, count, hidden));
    const answer = await edge.ask({ kind: "activations", position, count, want: "all", payload }, "activations", task.signal);
    if (answer.kind === "lost") {
      yield sequence.replay(answer.failure);
      continue;
    }
    timer.exchanges.push(answer.exchange);
    const middle = timer.part("decodeMs", () => unwrap(codec.decode(answer.message.payload, count, hidden))); // [n, hidden]
    const logits = await timer.device(() => logitsOf(back.step({ kind: "hidden", hidden: middle }, position, "last"))); // [vocabulary]
    const { id } = timer.part("sampleMs", () => pick(logits, task.sampling, position + count));
    yield sequence.accept(id);
  }
  return sequence.finish;
}
