/** Loading in words and as one share. */
import { count, size } from "../format/units.ts";
import type { PhaseProgress } from "../stores/engine.ts";

const NAMES: Readonly<Record<PhaseProgress["phase"], string>> = {
  calibrate: "Calibrating",
  engine: "Engine",
  shards: "Weights",
  compile: "Compiling",
  connect: "Connecting",
  prefill: "Prefill",
  decode: "Decoding",
  check: "Checking",
};

const shareOf = ({ done, total }: PhaseProgress): number => (total > 0 ? Math.min(1, done / total) : 1);

/** The mean of the phases begun so far: phases differ in kind, so none is weighed against another by its bytes. */
export const overall = (phases: readonly PhaseProgress[]): number =>
  phases.length === 0 ? 0 : phases.reduce((sum, phase) => sum + shareOf(phase), 0) / phases.length;

/** "Weights 3.1 of 9.2 MB, from this browser's storage". */
export function phaseText(phase: PhaseProgress): string {
  const { done, total, unit, fromCache } = phase;
  // A phase of one step is under way or done: counting it says nothing.
  if (unit !== "bytes" && total <= 1) return `${NAMES[phase.phase]}: ${done >= total ? "done" : "under way"}`;
  const amount = unit === "bytes" ? `${size(done)} of ${size(total)}` : `${count(done)} of ${count(total)} ${unit}`;
  return `${NAMES[phase.phase]}: ${amount}${fromCache ? ", from this browser\u2019s storage" : ""}`;
}
