/**
 * Where a panel of a lab chart draws, in pixels from its top left, and what its letters take. The
 * sizes are estimates on the safe side, so that a font that stands in for ours finds room as well.
 */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Width of a letter over its size. */
const LETTER = 0.61;
const BOLD_LETTER = 0.64;

export const textWidth = (said: string, size: number): number => said.length * size * LETTER;
export const boldWidth = (said: string, size: number): number => said.length * size * BOLD_LETTER;

export const meet = (a: Area, b: Area): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Words in lines of at most so many letters; a longer word has a line of its own. */
export function wrapped(said: string, letters: number): readonly string[] {
  return said.split(" ").reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + word.length < letters
      ? [...lines.slice(0, -1), `${last} ${word}`]
      : [...lines, word];
  }, []);
}

export const linesIn = (said: string, size: number, width: number): readonly string[] =>
  said === "" ? [] : wrapped(said, Math.max(1, Math.floor(width / (size * LETTER))));

/** Places on a line, at most `apart` pixels from each other, both ends included. */
export function alongLine(from: Place, to: Place, apart: number): readonly Place[] {
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / apart));
  return Array.from({ length: steps + 1 }, (_, nth) => ({
    x: from.x + ((to.x - from.x) * nth) / steps,
    y: from.y + ((to.y - from.y) * nth) / steps,
  }));
}
