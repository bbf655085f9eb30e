/**
 * Everything on the end device: no link, no edge, the baseline that every split has to beat in
 * something other than bytes.
 */
import { pick } from "#core/sampling/sample.ts";
import type { SegmentSession } from "../ports.ts";
import { logitsOf } from "./tiers/segment-output.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export async function* deviceOnly(task: Task, { device }: { readonly device: SegmentSession }): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position, timer } = sequence.unseen(); // [n]
    const logits = await timer.device(() => logitsOf(device.step({ kind: "ids", ids }, position, "last"))); // [vocabulary]
    const { id } = timer.part("sampleMs", () => pick(logits, task.sampling, position + ids.length));
    yield sequence.accept(id);
  }
  return sequence.finish;
}
