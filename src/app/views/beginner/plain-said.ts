/** The largest type in everyday words: what is shown here and what to do, then what came of doing it. */
import { answerOf } from "../../derive/words/answer-text.ts";
import { dividedText, openingText } from "../../derive/words/opening-text.ts";
import { line, type VerdictLine } from "../../derive/verdict-line.ts";
import { useFacts } from "../../lab.ts";
import { isRacing } from "../../stores/race.ts";
import type { Lane } from "../../stores/runs.ts";
import { useChoice, useModel } from "../model.ts";
import { useScenarioLine } from "../scenarios/use-scenario.ts";
import { useRaced } from "../verdict/said.ts";
import { useWaiting } from "../verdict/use-waiting.ts";

/** `watched`: by a room, which is told nothing to do. */
export function usePlainSaid(lane: Lane | null, watched = false): VerdictLine {
  const { blocks } = useModel();
  const waitMs = useWaiting(lane?.reconnecting ?? null);
  const opening = useOpening(blocks, watched ? dividedText : openingText);
  const raced = useRaced(lane);
  const ofWhat = useRatioOf();
  const judged = useScenarioLine(lane);
  // What bounds each of them is a matter for experts.
  if (raced !== null) return { ...raced, under: ofWhat };
  if (judged !== null) return judged;
  return lane === null || lane.origin === "recorded" ? line(opening) : answerOf(lane, waitMs);
}

/** A race is won by the time of a token; the bars are of whole answers. */
function useRatioOf(): readonly string[] {
  const over = useFacts("race", (facts) => !isRacing(facts) && facts.records.size > 0);
  const rounds = useFacts("race", (facts) => Math.max(0, ...[...facts.records.values()].map((runs) => runs.length)));
  return over ? [`Compared by what a token takes, over ${rounds === 1 ? "one round" : `${rounds} rounds`}.`] : [];
}

function useOpening(blocks: number | null, textOf: typeof openingText): string {
  const choice = useChoice(blocks ?? 1);
  return blocks === null ? "A language model, shared between this tab and a server." : textOf(blocks, choice);
}
