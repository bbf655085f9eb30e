/** A step through a chain of compiled stages: the hidden state goes through them in order, each with its own blocks' cache. */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import { PORTS } from "#core/onnx/ports.ts";
import type { CacheStyle } from "#core/onnx/segment-graph.ts";
import type { Want } from "#wire/messages.ts";
import type { HostTensor, KvCache, Program, SegmentInput, SegmentOutput } from "../ports.ts";
import type { SessionParts } from "./segment-session.ts";

export interface Stage {
  readonly segment: Segment;
  readonly program: Program;
  /** Null without blocks, or without KV cache. */
  readonly kv: KvCache | null;
  /** What it is fed beside the step itself. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

interface ChainStep {
  readonly position: number;
  readonly count: number;
  readonly want: Want;
}

export const throughStages =
  (a: Architecture, segment: Segment, cache: CacheStyle, stages: readonly Stage[]): SessionParts["compute"] =>
  async (input, position, count, want) => {
    const step = { position, count, want };
    let flowing: HostTensor = firstInput(a, input, count);
    for (const stage of stages) flowing = await runStage(stage, flowing, cache, step);
    return outputOf(a, segment, flowing, step);
  };

const firstInput = (a: Architecture, input: SegmentInput, count: number): HostTensor =>
  input.kind === "ids"
    ? { type: "int32", data: Int32Array.from(input.ids), dims: [1, count] }
    : { type: "float32", data: input.hidden, dims: [1, count, a.hidden] };

async function runStage(
  { segment, program, kv, inputs: given }: Stage,
  flowing: HostTensor,
  cache: CacheStyle,
  { position, count, want }: ChainStep,
): Promise<HostTensor> {
  const inputs: Record<string, HostTensor> = { ...given, [segment.embedding ? PORTS.ids : PORTS.hidden]: flowing };
  const total = position + count;
  if (segment.embedding) {
    const data = Int32Array.from({ length: count }, (_, i) => position + i);
    inputs[PORTS.positions] = { type: "int32", data, dims: [1, count] };
  }
  if (segment.to > segment.from) {
    inputs[PORTS.lastPosition] = int32([total - 1]);
    inputs[PORTS.total] = int32([total]);
    if (cache === "rows") inputs[PORTS.start] = { type: "int64", data: BigInt64Array.of(BigInt(position)), dims: [1] };
  }
  if (segment.head)
    inputs[PORTS.wanted] = int32(want === "all" ? Array.from({ length: count }, (_, i) => i) : [count - 1]);
  const name = segment.head ? PORTS.logits : PORTS.output;
  const result = (await program.run(inputs, [name], kv))[name];
  if (result === undefined) throw new Error(`the program gave no ${name}`);
  return result;
}

function outputOf(a: Architecture, segment: Segment, flowing: HostTensor, { count, want }: ChainStep): SegmentOutput {
  if (flowing.type !== "float32") throw new Error("a segment ends in float32");
  if (segment.head) return { kind: "logits", logits: flowing.data, positions: want === "all" ? count : 1 };
  return want === "last"
    ? { kind: "hidden", hidden: flowing.data.slice((count - 1) * a.hidden), positions: 1 }
    : { kind: "hidden", hidden: flowing.data, positions: count };
}

const int32 = (values: readonly number[]): HostTensor => ({
  type: "int32",
  data: Int32Array.from(values),
  dims: [values.length],
});
