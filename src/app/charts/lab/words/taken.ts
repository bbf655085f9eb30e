/** What words that point something out had better not cover: points weigh most, then lines, then spreads. */
import { alongLine } from "../frame/area.ts";
import type { Scales } from "../panels/layers.tsx";
import type { Taken } from "./mark-place.ts";
import type { StyledSeries } from "../series/series.ts";

const SPREAD = [0, 0.5, 1] as const;
/** A line is looked at every so many pixels: words of the least size do not fit between. */
const EVERY_PX = 10;
export const takenBy = (series: readonly StyledSeries[], { x, y }: Scales): readonly Taken[] =>
  series.flatMap((each) => takenByOne(each, x, y));

function takenByOne({ role, points, joined }: StyledSeries, x: Scales["x"], y: Scales["y"]): readonly Taken[] {
  const measured = role === "measured";
  const own = measured ? points.map((point) => ({ x: x(point.x), y: y(point.y), weight: 3 })) : [];
  const spreads = measured
    ? points.flatMap(({ x: at, interval }) =>
        interval === null
          ? []
          : SPREAD.map((share) => ({
              x: x(at),
              y: y(interval.low) * (1 - share) + y(interval.high) * share,
              weight: 0.4,
            })),
      )
    : [];
  const weight = measured ? 0.25 : 0.1;
  const between = joined
    ? points.slice(1).flatMap((point, nth) => {
        const from = points[nth] ?? point;
        const to = { x: x(point.x), y: y(point.y) };
        return alongLine({ x: x(from.x), y: y(from.y) }, to, EVERY_PX).map((at) => ({ ...at, weight }));
      })
    : [];
  return [...own, ...spreads, ...between];
}
