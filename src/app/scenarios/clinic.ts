/**
 * Nothing readable may leave the tab. The first and the last blocks stay here, so that only
 * activations cross; whether that is so is counted on the messages of the run, not concluded from its settings.
 */
import type { FrameCount } from "#core/run/record/frame-count.ts";
import type { RunRecord } from "#core/run/record.ts";
import { holdsTokens } from "#core/frames/message-table.ts";
import { tiersOf } from "#core/run/config/resolve.ts";
import { holds, piecesOf } from "../derive/strip.ts";
import { line, type VerdictLine } from "../derive/verdict-line.ts";
import { size } from "../format/units.ts";
import { counted, type Scenario } from "./scenario.ts";

export const clinic: Scenario = {
  label: "Clinic",
  question: "May a clinic ask, and its words stay in this tab?",
  about:
    "The first and the last blocks run here, so neither the request nor the answer crosses: what crosses are activations. They can be inverted by whoever holds the model, and lengths and times are in the open: this keeps words from being read, it is not privacy by itself.",
  prompt: "Find me a dentist in Berkeley, please.",
  settings: {
    mode: "u-split",
    model: "concierge-10m",
    cut: 4,
    tail: 2,
    codec: "f32",
    link: "wifi6",
    temperature: 0,
    maxTokens: 48,
  },
  verdict,
};

function verdict(record: RunRecord): VerdictLine {
  const { resolved, frames = [] } = record;
  if (resolved === null || record.tokenIds.length === 0) return line("No token came: there is nothing to judge.");
  if (frames.length === 0)
    return resolved.edge === null
      ? { text: "Nothing left this tab: no message was sent.", wrong: false, under: [whereOf(resolved)] }
      : line("This record does not say what crossed: run it again.");
  const telling = frames.filter(({ direction, kind }) => holdsTokens(direction, kind));
  const all = sumOf(frames);
  if (telling.length > 0)
    return {
      text: `Words left this tab: ${sumOf(telling)} of ${counted(all, "message")} held tokens.`,
      wrong: false,
      under: [`They were ${telling.map(named).join(", ")}.`, whereOf(resolved)],
    };
  const embedded = resolved.cut === 0;
  return {
    text: embedded
      ? "Words left this tab as rows of the embedding: whoever has the model reads them off."
      : `Nothing readable left this tab: of ${counted(all, "message")}, none held a token.`,
    wrong: false,
    under: [
      whereOf(resolved),
      `What crossed: ${frames.map(named).join(", ")}.`,
      embedded ? "Cut behind a block at least." : "Activations can be inverted; lengths and times are in the open.",
    ],
  };
}

const sumOf = (frames: readonly FrameCount[]): number => frames.reduce((sum, { count }) => sum + count, 0);

const named = ({ direction, kind, count, bytes }: FrameCount): string =>
  `${count} ${kind} ${direction} (${size(bytes)})`;

/** "This tab ran embedding, blocks 0 to 3, …; the edge server ran blocks 4 to 9." */
function whereOf({ mode, blocks, cut, tail }: NonNullable<RunRecord["resolved"]>): string {
  const { edge } = tiersOf(mode, { cut, tail }, blocks);
  const pieces = piecesOf(blocks);
  if (edge === null) return `This tab ran ${holds(pieces)}.`;
  const [from, to] = [edge.embedding ? 0 : edge.from + 1, edge.head ? pieces.length : edge.to + 1];
  const here = [pieces.slice(0, from), pieces.slice(to)].filter(({ length }) => length > 0).map(holds);
  return `This tab ran ${here.length === 0 ? "nothing of the model" : here.join(", then ")}; the edge server ran ${holds(pieces.slice(from, to))}.`;
}
