/**
 * What a whole model's graph is told so that it computes one segment: which of its parts run, and
 * something of the right shape, but empty, wherever a part that does not run is read from.
 */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import { kvOf } from "#core/model/families/registry.ts";
import { PORTS } from "#core/onnx/ports.ts";
import type { HostTensor } from "../ports.ts";
import type { Stage } from "./segment-session.ts";

export const NOTHING: Readonly<Record<string, HostTensor>> = {};

const YES: HostTensor = { type: "bool", data: Uint8Array.of(1), dims: [] };
const NO: HostTensor = { type: "bool", data: Uint8Array.of(0), dims: [] };

const NO_IDS: HostTensor = { type: "int32", data: new Int32Array(0), dims: [1, 0] };

/** Where a step stands, for a segment that does not ask: it has no blocks. */
const NOWHERE: Readonly<Record<string, HostTensor>> = {
  [PORTS.lastPosition]: { type: "int32", data: Int32Array.of(0), dims: [1] },
  [PORTS.total]: { type: "int32", data: Int32Array.of(1), dims: [1] },
  [PORTS.start]: { type: "int64", data: BigInt64Array.of(0n), dims: [1] },
};

export function choiceInputs(a: Architecture, segment: Segment): Stage["inputs"] {
  const choice: Record<string, HostTensor> = {
    [PORTS.embeds]: segment.embedding ? YES : NO,
    [PORTS.heads]: segment.head ? YES : NO,
  };
  const { kvHeads, headSize } = kvOf(a);
  const empty = floats(1, kvHeads, 0, headSize);
  for (let block = 0; block < a.blocks; block++) {
    const runs = block >= segment.from && block < segment.to;
    choice[PORTS.runs(block)] = runs ? YES : NO;
    if (!runs) Object.assign(choice, { [PORTS.pastKey(block)]: empty, [PORTS.pastValue(block)]: empty });
  }
  if (segment.from === segment.to) Object.assign(choice, NOWHERE);
  if (segment.embedding) choice[PORTS.hidden] = floats(1, 0, a.hidden);
  else Object.assign(choice, { [PORTS.ids]: NO_IDS, [PORTS.positions]: NO_IDS });
  if (!segment.head) choice[PORTS.wanted] = { type: "int32", data: new Int32Array(0), dims: [0] };
  return (count) => ({ ...choice, [PORTS.noRows]: floats(1, count, 0) });
}

const floats = (...dims: readonly number[]): HostTensor => ({ type: "float32", data: new Float32Array(0), dims });
