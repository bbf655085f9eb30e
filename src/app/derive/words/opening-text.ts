/** What the strip shows, in one sentence for somebody who sees it for the first time: true of the cut that is chosen. */
import { factsOf } from "#core/strategies/table.ts";
import type { CutChoice } from "../strip.ts";

export function openingText(blocks: number, choice: CutChoice): string {
  return `${dividedText(blocks, choice)} ${toDo(choice)}`;
}

/** Without what to do: a room only watches. */
export function dividedText(blocks: number, { mode, cut }: CutChoice): string {
  const { inWords } = factsOf(mode);
  if (inWords !== null) return inWords;
  if (cut === 0) return "This model\u2019s blocks all run on a server; this tab only reads the words in.";
  if (cut >= blocks) return "This model\u2019s blocks all run in this tab; a server only picks the words.";
  if (2 * cut === blocks) return "Half of this model runs in this tab, half on a server.";
  return `${cut} of this model\u2019s ${blocks} blocks run in this tab, ${blocks - cut} on a server.`;
}

const toDo = ({ mode }: CutChoice): string =>
  factsOf(mode).uncut === null ? "Drag the line and watch what changes." : "Drag the line to share it out differently.";
