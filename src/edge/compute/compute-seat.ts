/** A seat as the compute holds it: the session with its cache, and what belongs to it between steps. */
import { codecNamed } from "#core/codec/registry.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { unwrap, refuse, type Failure } from "#core/run/failure.ts";
import type { SegmentMove } from "#engine/migration/segment-move.ts";
import type { ModelHost, SegmentSession } from "#engine/ports.ts";
import type { WindowJudge } from "#engine/strategies/drafting/window-judge.ts";
import type { SeatSettings, SeatSpec } from "./compute.ts";
import type { EdgeDraft } from "./edge-draft.ts";
import type { Prefixes } from "./prefixes.ts";

export interface ComputeSeat {
  readonly spec: SeatSpec;
  settings: SeatSettings;
  readonly host: ModelHost;
  session: SegmentSession;
  /** Opened beside it while the cut moves. */
  move: SegmentMove | null;
  readonly windows: WindowJudge;
  readonly draft: EdgeDraft | null;
  /** Beginnings of prompts that seats share; null where none are. */
  readonly prefixes: Prefixes | null;
}

const NEEDS_SAMPLING: Failure = {
  code: "bad-value",
  key: "sampling",
  value: "null",
  expected: "sampling settings in the hello of a session in which the edge chooses tokens",
};

/** Throws Failed. */
export const samplingOf = ({ settings }: ComputeSeat): SamplingSettings =>
  settings.sampling ?? unwrap(refuse(NEEDS_SAMPLING));

/** The activations of `count` positions that came over the link; throws Failed. */
export function decoded({ settings, host }: ComputeSeat, payload: Uint8Array, count: number): Float32Array {
  return unwrap(unwrap(codecNamed(settings.codec)).decode(payload, count, host.manifest.architecture.hidden));
}
