/**
 * The names of points in a panel: each stands in the free place nearest to its point, so that no
 * name lies on another, on a mark or across the panel's edge. Greedy, from left to right. A name
 * for which there is no place is left out: the tooltip and the table have it.
 */
import { alongLine, meet, textWidth, type Area, type Place } from "../frame/area.ts";

export interface Named extends Place {
  readonly name: string;
}

export interface PlacedName extends Named {
  /** Middle and baseline of the words. */
  readonly at: Place;
  readonly box: Area;
}

/** Half a mark. */
export const MARK = 5;
const GAP = 4;
const ROWS = 9;
/** As times of the letters' size: from line to line, and what a line takes above and below its baseline. */
const LINE = 1.28;
const ABOVE = 0.98;
const BELOW = 0.27;

/** `words` are obstacles that no line to a name crosses, where there is another place for it. */
export function namePlaces(
  points: readonly Named[],
  area: Area,
  size: number,
  { obstacles = [], words = [] }: { readonly obstacles?: readonly Area[]; readonly words?: readonly Area[] } = {},
): readonly PlacedName[] {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const taken: Area[] = [...obstacles, ...words, ...sorted.map(markBox)];
  const said: Area[] = [...words];
  return sorted.flatMap((point) => {
    const free = placesOf(point, size)
      .filter(({ box }) => within(box, area) && !taken.some((other) => meet(box, other)))
      .map((place) => ({ ...point, ...place }));
    const found = free.find((placed) => !crosses(placed, said)) ?? free[0];
    if (found === undefined) return [];
    taken.push(found.box);
    said.push(found.box);
    return [found];
  });
}

/** The line to a far name runs over words. */
function crosses(placed: PlacedName, words: readonly Area[]): boolean {
  const lead = leadOf(placed);
  if (lead === null) return false;
  return alongLine(lead.from, lead.to, 4).some(({ x, y }) =>
    words.some(({ left, right, top, bottom }) => x > left && x < right && y > top && y < bottom),
  );
}

const markBox = ({ x, y }: Place): Area => ({ left: x - MARK, right: x + MARK, top: y - MARK, bottom: y + MARK });

const within = (box: Area, area: Area): boolean =>
  box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;

/** Above and below in rows, in the middle or to a side, the nearest first. */
function placesOf({ name, x, y }: Named, size: number): readonly Pick<PlacedName, "at" | "box">[] {
  const half = textWidth(name, size) / 2;
  const beside = half + MARK + GAP / 2;
  const places = [
    { x: x + beside, y: y + size * 0.35 },
    { x: x - beside, y: y + size * 0.35 },
    ...Array.from({ length: ROWS }, (_, row) => row).flatMap((row) =>
      [y - MARK - GAP - row * size * LINE, y + MARK + GAP + size * (0.8 + row * LINE)].flatMap((baseline) =>
        [0, 0.6, -0.6, 1, -1, 2, -2].map((aside) => ({ x: x + aside * half, y: baseline })),
      ),
    ),
  ];
  const away = (place: Place): number =>
    Math.hypot(place.y - size * 0.35 - y, (Math.abs(place.x - x) - (place.y === y + size * 0.35 ? half : 0)) * 0.5);
  return places.map((at) => ({ at, box: boxAround(at, half, size) })).sort((a, b) => away(a.at) - away(b.at));
}

const boxAround = (at: Place, half: number, size: number): Area => ({
  left: at.x - half,
  right: at.x + half,
  top: at.y - size * ABOVE,
  bottom: at.y + size * BELOW,
});

/** From the point to a name that stands far from it; null where it stands beside. */
export function leadOf({ x, y, box }: PlacedName): { readonly from: Place; readonly to: Place } | null {
  const to = { x: clamp(x, box.left, box.right), y: clamp(y, box.top, box.bottom) };
  const apart = Math.hypot(to.x - x, to.y - y);
  if (apart < MARK * 2.5) return null;
  return { from: { x: x + ((to.x - x) * MARK) / apart, y: y + ((to.y - y) * MARK) / apart }, to };
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
