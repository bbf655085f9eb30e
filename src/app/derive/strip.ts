/**
 * The strip of blocks as the page draws it: which pieces of the model stand on whose ground.
 * The cut's handle has one stop more at each end than there are cuts: left of the embedding the
 * tab holds nothing (edge-only), right of the head it holds everything (device-only).
 */
import type { Mode } from "#core/run/config.ts";
import { tiersOf } from "#core/run/config/resolve.ts";
import { factsOf, plainMode } from "#core/strategies/table.ts";

export type Piece =
  | { readonly kind: "embedding" }
  | { readonly kind: "block"; readonly index: number }
  | { readonly kind: "head" };
export type Tier = "tab" | "edge";

export interface Zone {
  readonly tier: Tier;
  readonly pieces: readonly Piece[];
}

export interface CutChoice {
  readonly mode: Mode;
  readonly cut: number;
  readonly tail: number;
}

/** Under auto the place that the planner found: what was chosen says nothing there. `cut` is where the run has it now. */
export function planned(chosen: CutChoice, { mode, tail }: Pick<CutChoice, "mode" | "tail">, cut: number): CutChoice {
  if (factsOf(chosen.mode).cut !== "planned") return chosen;
  // An uncut mode keeps the cut that was chosen, for when the handle moves off the end.
  return factsOf(mode).cut === "chosen" ? { mode, cut, tail } : { ...chosen, mode };
}

export function piecesOf(blocks: number): readonly Piece[] {
  return [
    { kind: "embedding" },
    ...Array.from({ length: blocks }, (_, index) => ({ kind: "block" as const, index })),
    { kind: "head" },
  ];
}

/** The zones from left to right: the tab's, the edge's and, under u-split, the tab's again. */
export function zonesOf(blocks: number, choice: CutChoice): readonly Zone[] {
  const pieces = piecesOf(blocks);
  const [from, to] = edgeRange(blocks, choice);
  const zones: Zone[] = [
    { tier: "tab", pieces: pieces.slice(0, from) },
    { tier: "edge", pieces: pieces.slice(from, to) },
  ];
  return to < pieces.length && from < to ? [...zones, { tier: "tab", pieces: pieces.slice(to) }] : zones;
}

/** The half-open range of pieces (not blocks) that the edge runs. */
function edgeRange(blocks: number, { mode, cut, tail }: CutChoice): readonly [number, number] {
  const end = blocks + 2;
  const { edge } = tiersOf(mode, { cut, tail }, blocks);
  if (edge === null) return [end, end];
  return [edge.embedding ? 0 : edge.from + 1, edge.head ? end : edge.to + 1];
}

export interface Stops {
  readonly min: number;
  readonly max: number;
  readonly now: number;
}

/** Where the handle stands and how far it goes. -1 is edge-only, blocks + 1 device-only. */
export function stopsOf(blocks: number, { mode, cut, tail }: CutChoice): Stops {
  const { cut: cutting, handle, needs, returns } = factsOf(mode);
  if (handle === "within") return { min: 0, max: returns ? blocks - tail - 1 : blocks, now: cut };
  const now = cutting !== "none" ? cut : needs.edge ? -1 : blocks + 1;
  return { min: -1, max: blocks + 1, now };
}

/**
 * The handle's way from where the tab holds nothing (0) to where the edge does (1), in even steps.
 * The stylesheet shares the strip's free room out by it, so that equal ways are equal pixels.
 */
export function wayOf(blocks: number, choice: CutChoice, stop: number): number {
  return (stop + 1) / (lastStop(blocks, choice) + 1);
}

/** The stop nearest to a place on that way, within the handle's reach. */
export function stopNear(blocks: number, choice: CutChoice, way: number): number {
  const { min, max } = stopsOf(blocks, choice);
  return Math.min(max, Math.max(min, Math.round(way * (lastStop(blocks, choice) + 1)) - 1));
}

const lastStop = (blocks: number, { mode, tail }: CutChoice): number =>
  factsOf(mode).returns ? blocks - tail : blocks + 1;

/** What standing at a stop means; the cut is kept where there is none. */
export function choiceAt(blocks: number, choice: CutChoice, stop: number): CutChoice {
  const { min, max } = stopsOf(blocks, choice);
  const at = Math.min(max, Math.max(min, Math.round(stop)));
  if (factsOf(choice.mode).handle === "within") return { ...choice, cut: at };
  if (at < 0) return { ...choice, mode: plainMode("edge") };
  if (at > blocks) return { ...choice, mode: plainMode("device") };
  return { ...choice, mode: plainMode("cut"), cut: at };
}

const range = (from: number, to: number): string => (to - from === 1 ? `block ${from}` : `blocks ${from} to ${to - 1}`);

/** "embedding, blocks 0 to 3": what a zone holds, in words. */
export function holds(pieces: readonly Piece[]): string {
  const blocks = pieces.flatMap((piece) => (piece.kind === "block" ? [piece.index] : []));
  const first = blocks[0];
  const words = [
    pieces.some((piece) => piece.kind === "embedding") ? "embedding" : "",
    first === undefined ? "" : range(first, first + blocks.length),
    pieces.some((piece) => piece.kind === "head") ? "norm and head" : "",
  ].filter((word) => word !== "");
  return words.length > 0 ? words.join(", ") : "nothing of the model";
}

/** What the handle says to a screen reader. */
export function stopText(blocks: number, choice: CutChoice): string {
  const [tab, edge] = zonesOf(blocks, choice);
  if (edge === undefined || edge.pieces.length === 0) return "No cut: this tab runs the whole model";
  if (tab === undefined || tab.pieces.length === 0) return "No cut: the edge server runs the whole model";
  return `Cut after ${choice.cut} of ${blocks} blocks: this tab runs ${holds(tab.pieces)}; the edge server runs ${holds(edge.pieces)}`;
}
