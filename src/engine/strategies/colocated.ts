/**
 * Drafted and verified at the edge: both models are there, the prompt goes up once and rounds stream
 * down. It pays no round trip a window, which is why it stands beside every arm that does; what a
 * draft on the device buys is the edge's time.
 * Source: Leviathan, Kalman and Matias, ICML 2023, algorithm 1, where both models share a machine.
 */
import type { TokenFate } from "#core/run/record.ts";
import type { DownMessage } from "#wire/messages.ts";
import type { Exchange } from "../ports.ts";
import type { EdgeTier } from "./tiers/edge-tier.ts";
import { Sequence, type RoundMade, type Strategy, type Task } from "./strategy.ts";

export async function* colocated(task: Task, { edge }: { readonly edge: EdgeTier }): Strategy {
  const sequence = new Sequence(task);
  while (sequence.finish === null) {
    const { ids, position } = sequence.unseen(); // [n]
    let sinceMs = task.clock.now();
    for await (const answer of edge.stream(
      { kind: "generate", position, ids: Uint32Array.from(ids), generate: sequence.remaining },
      "round",
      task.signal,
    )) {
      if (answer.kind === "lost") {
        yield sequence.replay(answer.failure);
        break;
      }
      const { message, exchange } = answer;
      sequence.timer.exchanges.push(exchange);
      let gained = 0;
      for (const { id, fate } of saidIn(message)) {
        if (sequence.finish !== null) break;
        yield { ...sequence.accept(id), fate };
        gained++;
      }
      yield { kind: "round", round: roundOf(message, exchange, gained, sinceMs, task.clock.now()) };
      sinceMs = task.clock.now();
      if (sequence.finish !== null) break;
    }
  }
  return sequence.finish;
}

type Round = Extract<DownMessage, { kind: "round" }>;

function saidIn({ drafted, accepted, next }: Round): readonly { readonly id: number; readonly fate: TokenFate }[] {
  const stand = Array.from(drafted.subarray(0, accepted), (id) => ({ id, fate: "accepted" as const }));
  return next === null ? stand : [...stand, { id: next, fate: accepted < drafted.length ? "corrected" : "bonus" }];
}

/** Drafting and judging are one time at the edge; the exchange is that of the stream. */
function roundOf(
  { position, drafted, accepted, next }: Round,
  { queueMs, computeMs, roundTripMs, addedUpMs, addedDownMs, upBytes, downBytes }: Exchange,
  gained: number,
  sinceMs: number,
  nowMs: number,
): RoundMade {
  const fell = next === null ? -1 : accepted; // cut short by the end of the text, none was judged wrong
  return {
    position,
    drafted: Array.from(drafted),
    fates: Array.from(drafted, (_, at) => (at < accepted ? "accepted" : at === fell ? "corrected" : "wasted")),
    accepted,
    follows: false,
    dropped: false,
    gained,
    draftFromMs: sinceMs,
    sentMs: sinceMs,
    answeredMs: nowMs,
    draftMs: 0,
    queueMs,
    edgeMs: computeMs,
    linkMs: Math.max(0, roundTripMs - queueMs - computeMs),
    addedMs: addedUpMs + addedDownMs,
    upBytes,
    downBytes,
  };
}
