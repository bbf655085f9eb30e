/**
 * Clouds and maps have many points at one place along x, so Recharts' tooltip by x cannot tell them
 * apart, and its tooltip by mark knows no keyboard: here the point nearest to the pointer speaks,
 * and arrow keys go from point to point.
 */
import type { Place } from "../frame/area.ts";
import { useContext, useState, type KeyboardEvent, type PointerEvent } from "react";
import { ZIndexLayer } from "recharts";
import { readoutText, SayContext } from "../../readout/readout.tsx";
import { usePanelArea } from "./layers.tsx";
import { PointedAt, type Spot } from "./pointed-at.ts";
import { INK } from "../series/series.ts";

const REACH_PX = 40;
const FORWARD = new Set(["ArrowRight", "ArrowDown"]);
const BACK = new Set(["ArrowLeft", "ArrowUp"]);

interface Props {
  readonly spots: readonly Spot[];
  /** Bars lie: the pointer is anywhere in their row. */
  readonly what?: "points" | "bars";
}

export function NearestPoint({ spots, what = "points" }: Props) {
  const area = usePanelArea();
  const tell = useContext(PointedAt);
  const say = useContext(SayContext);
  const [at, setAt] = useState<number | null>(null);
  const sorted = what === "bars" ? spots : [...spots].sort((a, b) => a.x - b.x || a.y - b.y);
  if (area === null) return null;
  const go = (index: number | null): void => {
    const spot = index === null ? undefined : sorted[index];
    setAt(spot === undefined ? null : index);
    tell(spot ?? null);
    if (spot !== undefined) say(readoutText(spot.readout));
  };
  const follow = ({ clientX, clientY, currentTarget }: PointerEvent<SVGRectElement>): void => {
    const box = currentTarget.getBoundingClientRect();
    const at = { x: clientX - box.left + area.left, y: clientY - box.top + area.top };
    go(
      what === "bars"
        ? nearest(
            sorted.map(({ y }) => ({ x: at.x, y })),
            at,
          )
        : nearest(sorted, at),
    );
  };
  const step = (event: KeyboardEvent): void => {
    const by = FORWARD.has(event.key) ? 1 : BACK.has(event.key) ? -1 : 0;
    if (event.key === "Escape") go(null);
    if (by === 0) return;
    event.preventDefault();
    go(Math.min(sorted.length - 1, Math.max(0, at === null ? 0 : at + by)));
  };
  const spot = at === null ? undefined : sorted[at];
  return (
    <ZIndexLayer zIndex={1200}>
      {spot !== undefined && <circle cx={spot.x} cy={spot.y} r={8} fill="none" stroke={INK} strokeWidth={1.5} />}
      <rect
        x={area.left}
        y={area.top}
        width={area.right - area.left}
        height={area.bottom - area.top}
        fill="transparent"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- arrow keys go through the points
        tabIndex={0}
        role="application"
        aria-label={`${sorted.length} ${what}: arrow keys go from one to the next`}
        onPointerMove={follow}
        onPointerDown={follow}
        onPointerLeave={() => go(null)}
        onBlur={() => go(null)}
        onKeyDown={step}
      />
    </ZIndexLayer>
  );
}

function nearest(spots: readonly Place[], { x, y }: Place): number | null {
  const distances = spots.map((spot) => Math.hypot(spot.x - x, spot.y - y));
  const least = Math.min(...distances);
  return least <= REACH_PX ? distances.indexOf(least) : null;
}
