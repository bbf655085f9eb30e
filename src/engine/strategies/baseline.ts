/**
 * Somebody else's whole engine (transformers.js) over the same weights: what splitting and our own
 * runtime are measured against. It shows its tokens and nothing of what happens between them, so
 * all of a token's interval counts as the device's.
 */
import { fail } from "#core/run/failure.ts";
import type { WholeModelGenerator } from "../run/world.ts";
import { Sequence, type Strategy, type Task } from "./strategy.ts";

export async function* baseline(task: Task, { generator }: { readonly generator: WholeModelGenerator }): Strategy {
  const sequence = new Sequence(task);
  const { sampling, stopIds, signal } = task;
  const maxTokens = Math.min(task.maxTokens, task.capacity + 1 - task.promptIds.length);
  const ids = generator.generate(task.promptIds, { maxTokens, stopIds, sampling }, signal)[Symbol.asyncIterator]();
  try {
    while (sequence.finish === null) {
      const { timer } = sequence.unseen();
      const next = await timer.device(() => ids.next());
      if (next.done === true)
        fail({
          code: "internal",
          where: "baseline",
          what: "the generator ended without a stop id before its last token",
        });
      yield sequence.accept(next.value);
    }
    return sequence.finish;
  } finally {
    await ids.return?.();
  }
}
