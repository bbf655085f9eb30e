/** The steps of a seat that drafts for another one. */
import { refuse, unwrap } from "#core/run/failure.ts";
import type { Outcome, Step } from "./compute.ts";
import type { ComputeSeat } from "./compute-seat.ts";
import type { EdgeDraft } from "./edge-draft.ts";
import type { ChunkedStep } from "./chunked-steps.ts";

/** Its positions are those it has to read; the last of them goes with the window's first token. */
export function beginDraft(seat: ComputeSeat, { position, ids, room, seen }: Step<"draft">): ChunkedStep {
  const draft = drafting(seat);
  draft.begin(position, ids, seen);
  return {
    async run(from, to) {
      if (to < ids.length) await draft.read(position + to);
      return to - from;
    },
    finish: async () => ({ kind: "drafted", position: position + ids.length, ...(await draft.propose(room)) }),
  };
}

export const settleDraft = (seat: ComputeSeat, { position, accepted, distribution }: Step<"settle">): Outcome => ({
  kind: "token",
  position,
  id: drafting(seat).settle(accepted, distribution, position),
});

const drafting = ({ draft }: ComputeSeat): EdgeDraft =>
  draft ?? unwrap(refuse({ code: "internal", where: "drafting", what: "a seat that does not draft was asked to" }));
