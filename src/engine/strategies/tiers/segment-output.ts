/** What a segment gave back, as the numbers a strategy expected: anything else is a bug, and throws. */
import type { SegmentOutput } from "../../ports.ts";

/** [positions, hidden] */
export async function activationsOf(output: Promise<SegmentOutput>): Promise<Float32Array> {
  const out = await output;
  if (out.kind !== "hidden") throw new Error("a segment with a head stands where activations were due");
  return out.hidden;
}

/** [positions, vocabulary] */
export async function logitsOf(output: Promise<SegmentOutput>): Promise<Float32Array> {
  const out = await output;
  if (out.kind !== "logits") throw new Error("a segment without a head stands where logits were due");
  return out.logits;
}
