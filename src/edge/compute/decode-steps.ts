/**
 * Decoding in a row: token after token where the weights are, without a way back to the thread that has the socket in
 * between, so that they stay in the processor's last cache. It ends where anybody else waits: fairness is by turns.
 */
import { pick } from "#core/sampling/sample.ts";
import type { ChunkedStep } from "./chunked-steps.ts";
import type { Step } from "./compute.ts";
import { samplingOf, type ComputeSeat } from "./compute-seat.ts";
import { usSince } from "./us-since.ts";

/** A row goes on for this long at most before whose turn it is is asked again. */
const ROW_MS = 50;

export function beginDecode(seat: ComputeSeat, { position, id, most, stopIds }: Step<"decode">): ChunkedStep {
  const sampling = samplingOf(seat);
  let tokens = 0;
  return {
    inARow: true,
    async run(_from, _to, call) {
      const untilMs = performance.now() + ROW_MS;
      let last = id;
      do {
        const beganMs = performance.now();
        const at = position + tokens;
        const output = await seat.session.step({ kind: "ids", ids: Uint32Array.of(last) }, at, "last");
        if (output.kind !== "logits") throw new Error("a segment that decodes ends with the head");
        last = pick(output.logits, sampling, at + 1).id;
        tokens++;
        call.tell({ position: at + 1, id: last, computeUs: usSince(beganMs) });
        if (tokens === most || stopIds.includes(last)) call.end();
      } while (call.goesOn() && performance.now() < untilMs);
      return tokens;
    },
    finish: () => ({ kind: "decoded", tokens }),
  };
}
