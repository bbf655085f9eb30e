/** The time axis that all lanes share. */
import { roundTicks } from "#lab/plot/round-ticks.ts";
import { duration } from "../../format/units.ts";
import { NAMES_PX } from "./track.tsx";
import css from "./lanes.module.css";

export function TimeAxis({ widthPx, axisMs }: { readonly widthPx: number; readonly axisMs: number }) {
  const plotPx = Math.max(0, widthPx - NAMES_PX);
  const scale = axisMs > 0 ? plotPx / axisMs : 0;
  const marks = axisMs > 0 && plotPx > 0 ? roundTicks(0, axisMs, Math.max(2, Math.floor(plotPx / 110))) : [];
  return (
    <svg className={`${css["svg"]} ${css["axis"]}`} height={22} aria-hidden>
      <line x1={NAMES_PX} x2={widthPx} y1={0.5} y2={0.5} />
      {marks.map((ms) => (
        <g key={ms} transform={`translate(${NAMES_PX + Math.min(plotPx - 0.5, ms * scale)} 0)`}>
          <line y1={0} y2={5} />
          <text y={18} textAnchor={ms === 0 ? "start" : ms * scale > plotPx - 30 ? "end" : "middle"}>
            {ms === 0 ? "0, the press" : duration(ms)}
          </text>
        </g>
      ))}
    </svg>
  );
}
