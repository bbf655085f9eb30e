/** A prompt's first pass at a seat: what others have computed of its beginning is taken over, and what is new is kept for them. */
import { kvOf } from "#core/model/families/registry.ts";
import type { Step } from "./compute.ts";
import type { ComputeSeat } from "./compute-seat.ts";
import type { ChunkedStep } from "./chunked-steps.ts";
import { PAGE, type Prefixes } from "./prefixes.ts";

/** Null where nothing is to be shared: in the middle of a text, without a cache, where a pass is repeated */
export function sharedPrefix(seat: ComputeSeat, step: Step<"ids">, passes: number): Prefixes | null {
  const { prefixes, spec, session } = seat;
  const fresh = step.position === 0 && session.position === 0 && step.ids.length > PAGE;
  return prefixes !== null && fresh && passes === 1 && spec.kvCache && spec.segment.embedding ? prefixes : null;
}

/** `begun` is the step as it would be computed; its last position always is. */
export async function throughPrefix(
  seat: ComputeSeat,
  { ids }: Step<"ids">,
  begun: ChunkedStep,
  prefixes: Prefixes,
): Promise<ChunkedStep> {
  const { from, to } = seat.spec.segment;
  const scope = `${seat.host.manifest.revision} ${from} ${to}`;
  const heads = kvOf(seat.host.manifest.architecture);
  const known = prefixes.find(scope, ids, heads, ids.length - 1);
  if (known !== null) await seat.session.importKv(known);
  const reused = known?.positions ?? 0;
  return {
    ...begun,
    reused,
    async run(first, last, call) {
      if (last <= reused) return 1; // it is there
      return begun.run(Math.max(first, reused), last, call);
    },
    async finish() {
      const outcome = await begun.finish();
      const whole = ids.subarray(0, ids.length - (ids.length % PAGE));
      if (!prefixes.has(scope, whole))
        prefixes.keep(scope, whole, await seat.session.exportKv(from, to, whole.length), heads);
      return outcome;
    },
  };
}
