/** A drafted window with its answer as the event that records it, and as what a policy may know of it. */
import type { DraftFate } from "#core/run/record.ts";
import type { RoundSeen } from "#core/speculation/policies/policy.ts";
import type { Exchange } from "../../ports.ts";
import type { Landed, FlyingWindow } from "./flight.ts";
import type { RoundMade } from "../strategy.ts";

/**
 * `gained`: tokens that became text. What was judged behind the end of the text, or after a token
 * before it had fallen, was drafted in vain, whatever the verdict.
 */
export function roundMade({ window, answer, sentMs, answeredMs }: Landed, gained: number): RoundMade {
  const message = answer.kind === "answer" ? answer.message : null;
  const judged = message !== null && !message.dropped;
  const accepted = judged ? Math.min(message.accepted, gained) : 0;
  return {
    ...draftedPart(window, accepted, gained > accepted),
    accepted,
    dropped: !judged,
    gained,
    sentMs,
    answeredMs,
    ...exchangePart(answer.kind === "answer" ? answer.exchange : null),
  };
}

/** A window that was not worth sending any more when it was drafted. */
export const neverSent = (window: FlyingWindow, nowMs: number): RoundMade => ({
  ...draftedPart(window, 0, false),
  accepted: 0,
  dropped: true,
  gained: 0,
  sentMs: nowMs,
  answeredMs: nowMs,
  ...exchangePart(null),
});

export const roundSeen = ({ drafted, draftMs }: FlyingWindow, accepted: number, exchange: Exchange): RoundSeen => ({
  drafted: drafted.length,
  accepted,
  draftMs,
  linkMs: linkMsOf(exchange),
  edgeMs: exchange.queueMs + exchange.computeMs,
});

/** `replaced`: another token came behind those accepted. */
function draftedPart(
  { position, ids, drafted, follows, draftFromMs, draftMs }: FlyingWindow,
  accepted: number,
  replaced: boolean,
) {
  const fates = drafted.map((_, at): DraftFate =>
    at < accepted ? "accepted" : replaced && at === accepted ? "corrected" : "wasted",
  );
  return {
    position: position + ids.length - drafted.length,
    drafted: drafted.map(({ id }) => id),
    fates,
    follows,
    draftFromMs,
    draftMs,
  };
}

function exchangePart(exchange: Exchange | null) {
  if (exchange === null) return { queueMs: 0, edgeMs: 0, linkMs: 0, addedMs: 0, upBytes: 0, downBytes: 0 };
  const { queueMs, computeMs, addedUpMs, addedDownMs, upBytes, downBytes } = exchange;
  return {
    queueMs,
    edgeMs: computeMs,
    linkMs: linkMsOf(exchange),
    addedMs: addedUpMs + addedDownMs,
    upBytes,
    downBytes,
  };
}

const linkMsOf = ({ roundTripMs, queueMs, computeMs }: Exchange): number =>
  Math.max(0, roundTripMs - queueMs - computeMs);
