/**
 * Smashed data over the cut, in as many messages as the edge's largest allows: a long prompt goes
 * up in stretches, one after the other, each saying its position. Without a KV cache nothing
 * stays at the edge to go on from, so there everything goes in one message, or not at all.
 */
import type { Codec } from "#core/codec/codec.ts";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import { unwrap } from "#core/run/failure.ts";
import type { DownMessage, Want } from "#wire/messages.ts";
import type { EdgeReply, EdgeTier } from "./edge-tier.ts";
import type { StepTimer, Task } from "../strategy.ts";

export interface Crossing {
  readonly edge: EdgeTier;
  readonly codec: Codec;
  readonly hidden: number;
}

/** Where a step stands: its first position, its timer, its task. */
export interface CrossingStep {
  readonly position: number;
  readonly timer: StepTimer;
  readonly task: Pick<Task, "kvCache" | "signal">;
}

export type Crossed<T> = { readonly kind: "answer"; readonly value: T } | Extract<EdgeReply<"done">, { kind: "lost" }>;

/** `smashed` [n, hidden] up; the id sampled behind its last position down. */
export async function tokenAcross(
  crossing: Crossing,
  smashed: Float32Array,
  step: CrossingStep,
): Promise<Crossed<number>> {
  const stretches = stretchesOf(crossing, smashed, step);
  const last = stretches.at(-1);
  if (last === undefined) throw new Error("a step of no positions");
  for (const stretch of stretches.slice(0, -1)) {
    const filled = await send(crossing, stretch, { want: "none", kind: "done" }, step);
    if (filled.kind === "lost") return filled;
  }
  const answer = await send(crossing, last, { want: "last", kind: "token" }, step);
  return answer.kind === "lost" ? answer : { kind: "answer", value: answer.message.id };
}

/** `smashed` [n, hidden] up; the edge's own output for each of its positions [n, hidden] down. */
export async function activationsAcross(
  crossing: Crossing,
  smashed: Float32Array,
  step: CrossingStep,
): Promise<Crossed<Float32Array>> {
  const { codec, hidden } = crossing;
  const value = new Float32Array(smashed.length);
  for (const stretch of stretchesOf(crossing, smashed, step)) {
    const answer = await send(crossing, stretch, { want: "all", kind: "activations" }, step);
    if (answer.kind === "lost") return answer;
    const { count, payload } = answer.message;
    value.set(
      step.timer.part("decodeMs", () => unwrap(codec.decode(payload, count, hidden))),
      (stretch.position - step.position) * hidden,
    );
  }
  return { kind: "answer", value };
}

/** Positions whose activations fit into one message to this edge; 1 where even that is too many, for the session to refuse. */
export function positionsPerMessage({ edge, codec, hidden }: Crossing, extraBytes = 0): number {
  return Math.max(
    1,
    Math.floor(
      (edge.session.welcome.maxMessageBytes - FRAME_HEADER_BYTES) / (codec.bytesPerPosition(hidden) + extraBytes),
    ),
  );
}

interface Stretch {
  readonly position: number;
  readonly values: Float32Array; // [n, hidden]
}

function stretchesOf(crossing: Crossing, smashed: Float32Array, { position, task }: CrossingStep): readonly Stretch[] {
  const { hidden } = crossing;
  const count = smashed.length / hidden;
  const most = task.kvCache ? positionsPerMessage(crossing) : count;
  const starts = Array.from({ length: Math.ceil(count / most) }, (_, i) => i * most);
  return starts.map((start) => ({
    position: position + start,
    values: smashed.subarray(start * hidden, Math.min(start + most, count) * hidden),
  }));
}

async function send<K extends DownMessage["kind"]>(
  { edge, codec, hidden }: Crossing,
  { position, values }: Stretch,
  { want, kind }: { readonly want: Want; readonly kind: K },
  { timer, task }: CrossingStep,
): Promise<EdgeReply<K>> {
  const count = values.length / hidden;
  const payload = timer.part("encodeMs", () => codec.encode(values, count, hidden));
  const answer = await edge.ask({ kind: "activations", position, count, want, payload }, kind, task.signal);
  if (answer.kind === "answer") timer.exchanges.push(answer.exchange);
  return answer;
}
