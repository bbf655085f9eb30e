/**
 * Teacher forcing over a cut: the log-probability that the model gives each prompt token but the
 * first, and the token it holds most probable there, from which perplexity, KL and agreement come.
 * Nothing is sampled.
 * The prompt goes up in stretches, so that the edge never holds the logits of a long context at once.
 */
import { SCORE_STRETCH } from "#core/measure/message-sizes.ts";
import type { SegmentSession } from "../ports.ts";
import { positionsPerMessage, type Crossing } from "./tiers/crossing.ts";
import { ReplayLog } from "./tiers/replay-log.ts";
import { activationsOf } from "./tiers/segment-output.ts";
import { StepTimer, type Strategy, type Task } from "./strategy.ts";

const TARGET_BYTES = 4; // a position's next id

export interface ScoreTiers extends Crossing {
  readonly device: SegmentSession;
}

export async function* score(task: Task, { device, ...crossing }: ScoreTiers): Strategy {
  const { edge, codec, hidden } = crossing;
  const last = task.promptIds.length - 1; // the last token is only ever a target
  const stretch = task.kvCache ? Math.min(SCORE_STRETCH, positionsPerMessage(crossing, TARGET_BYTES)) : last;
  const scores = new Float32Array(last);
  const favourites = new Uint32Array(last);
  const timer = new StepTimer(task.clock);
  const log = new ReplayLog({ rows: task.promptIds.slice(0, last), keeps: true });
  while (log.held < last) {
    const position = log.held;
    const ids = log.missing().rows.slice(0, stretch); // [n]
    const targets = Uint32Array.from(task.promptIds.slice(position + 1, position + 1 + ids.length)); // [n]
    const smashed = await timer.device(() => activationsOf(device.step({ kind: "ids", ids }, position, "all"))); // [n, hidden]
    const payload = timer.part("encodeMs", () => codec.encode(smashed, ids.length, hidden));
    const answer = await edge.ask({ kind: "score", position, targets, payload }, "log-probs", task.signal);
    if (answer.kind === "lost") {
      yield { kind: "replaying", failure: answer.failure };
      log.lost();
      continue;
    }
    timer.exchanges.push(answer.exchange);
    scores.set(answer.message.values, position);
    favourites.set(answer.message.favourites, position);
    log.took(position + ids.length);
  }
  yield { kind: "log-probs", values: scores, favourites, positions: last, timing: timer };
  return { kind: "length" };
}
