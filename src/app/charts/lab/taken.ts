/** What words that point something out had better not cover: points weigh most, then lines, then spreads. */
import type { Scales } from "./layers.tsx";
import type { Taken } from "./mark-place.ts";
import type { StyledSeries } from "./series.ts";

const SPREAD = [0, 0.5, 1] as const;
const BETWEEN = [0, 0.2, 0.4, 0.6, 0.8, 1] as const;
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
  const weight = measured ? 0.5 : 0.2;
  const between = joined
    ? points.slice(1).flatMap((point, nth) => {
        const from = points[nth] ?? point;
        return BETWEEN.map((share) => ({
          x: x(from.x) * (1 - share) + x(point.x) * share,
          y: y(from.y) * (1 - share) + y(point.y) * share,
          weight,
        }));
      })
    : [];
  return [...own, ...spreads, ...between];
}
