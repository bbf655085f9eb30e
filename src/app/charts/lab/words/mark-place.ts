/**
 * Words that point something out in a panel: they stand where they cover least of what is drawn,
 * inside the panel, with a line to the ring around what they are about where they stand apart.
 */
import { alongLine, boldWidth, wrapped, type Area, type Place } from "../frame/area.ts";

/** A place that words had better leave free, and how much better. */
export interface Taken extends Place {
  readonly weight: number;
}

export interface PlacedWords extends Area {
  readonly lines: readonly string[];
}

interface Lead {
  readonly from: Place;
  readonly to: Place;
}

export const RING = 8;
const STEP = 6;
const LEAD_COST = 4;
const LEAD_CLEAR_PX = 4;
/** Letters a line: as wide as may be, or narrow enough for a corner, on a phone too. */
const LETTERS = [34, 20, 13] as const;

export const lineHeight = (size: number): number => size * 1.2;

/** Of all places in the panel the one whose words cover least, the nearer and the fewer lines the better. */
export function freestPlace(said: string, at: Place, area: Area, taken: readonly Taken[], size: number): PlacedWords {
  const all = [...taken, { ...at, weight: 100 }];
  const room = Math.floor((area.right - area.left) / boldWidth("x", size));
  const plainCost = (box: PlacedWords): number => lineHeight(size) * box.lines.length + distance(box, at);
  const costOf = (box: PlacedWords): number =>
    12 * coveredBy(box, all) + LEAD_COST * crossedBy(leadTo(box, at), taken) + plainCost(box);
  const places = LETTERS.flatMap((letters) => placesFor(wrapped(said, Math.min(letters, room)), at.x, area, size));
  let least = NaN; // of what was found; it stays so where a chart has no scale yet, and then the first place is taken
  return places.reduce((found, box, nth) => {
    if (nth === 1) least = costOf(found);
    // What a place covers only adds to the rest.
    if (plainCost(box) >= least) return found;
    const cost = costOf(box);
    if (!(cost < least)) return found;
    least = cost;
    return box;
  });
}

const coveredBy = (box: Area, taken: readonly Taken[]): number =>
  taken.reduce(
    (sum, { x, y, weight }) =>
      x > box.left - RING && x < box.right + RING && y > box.top - RING && y < box.bottom + RING ? sum + weight : sum,
    0,
  );

/** What a line to the words would run over. */
function crossedBy(lead: Lead | null, taken: readonly Taken[]): number {
  if (lead === null) return 0;
  const { from, to } = lead;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  return taken.reduce((sum, { x, y, weight }) => {
    const share = Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length));
    return Math.hypot(from.x + share * dx - x, from.y + share * dy - y) < LEAD_CLEAR_PX ? sum + weight : sum;
  }, 0);
}

const distance = (box: Area, { x, y }: Place): number =>
  Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));

/** At least one: at the top, as near to `x` as the panel allows. */
function placesFor(lines: readonly string[], x: number, area: Area, size: number): readonly PlacedWords[] {
  const half = Math.max(...lines.map((line) => boldWidth(line, size))) / 2;
  const high = lines.length * lineHeight(size);
  const [least, most] = [area.left + half, area.right - half];
  const inside = (middle: number): number => Math.min(most, Math.max(least, middle));
  const beside = half + 1.5 * RING;
  const middles = new Set([inside(x), inside(x + beside), inside(x - beside), least, (least + most) / 2, most]);
  const steps = Math.max(0, Math.floor((area.bottom - high - area.top) / STEP));
  return [...middles].flatMap((middle) =>
    Array.from({ length: steps + 1 }, (_, nth) => {
      const top = area.top + nth * STEP;
      return { left: middle - half, right: middle + half, top, bottom: top + high, lines };
    }),
  );
}

/** From the ring to words that stand apart from it; null where they stand beside. */
export function leadTo(box: Area, { x, y }: Place): Lead | null {
  const to = { x: Math.min(box.right, Math.max(box.left, x)), y: Math.min(box.bottom, Math.max(box.top, y)) };
  const apart = Math.hypot(to.x - x, to.y - y);
  if (apart < 2.5 * RING) return null;
  return { from: { x: x + ((to.x - x) * RING) / apart, y: y + ((to.y - y) * RING) / apart }, to };
}

const LEAD_STEP_PX = 6;

/** What names had better keep clear of: the words, the ring, and the line between. */
export function boxesOf(box: Area, at: Place): readonly Area[] {
  const around = ({ x, y }: Place, by: number): Area => ({ left: x - by, right: x + by, top: y - by, bottom: y + by });
  const lead = leadTo(box, at);
  if (lead === null) return [box, around(at, RING)];
  return [box, around(at, RING), ...alongLine(lead.from, lead.to, LEAD_STEP_PX).map((place) => around(place, 2))];
}
