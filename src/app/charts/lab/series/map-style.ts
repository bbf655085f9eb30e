/** How a map of where one way beats another is shaded: modelled ground from faster to slower, and the line between. */
import { INK } from "./series.ts";

const FASTER = "var(--series-2)";
const SLOWER = "var(--series-1)";

/** By a band's `shade`; 0 is the highest ratio. */
export const SHADES = [
  { fill: FASTER, opacity: 0.46, name: "over 2 times as fast, modelled" },
  { fill: FASTER, opacity: 0.3, name: "1.25 to 2 times as fast, modelled" },
  { fill: FASTER, opacity: 0.14, name: "up to 1.25 times as fast, modelled" },
  { fill: SLOWER, opacity: 0.12, name: "down to 0.8 of its speed, modelled" },
  { fill: SLOWER, opacity: 0.26, name: "0.8 to 0.5 of its speed, modelled" },
  { fill: SLOWER, opacity: 0.42, name: "below half its speed, modelled" },
] as const;

export const BREAK_EVEN = { fill: "none", stroke: INK, strokeWidth: 1.6, strokeDasharray: "5 3" } as const;
