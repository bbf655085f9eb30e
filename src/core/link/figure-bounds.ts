/**
 * What a link's figures may be, whoever names them (a config, an address, a trace's row): beyond
 * these nothing was ever measured, and a single frame would be under way for hours. A rate of 0
 * has a meaning of its own: unshaped in a choice, an outage in a trace.
 */
import type { LinkFigures } from "../run/config.ts";

/** Between 100 bit/s and 1 Tbit/s. */
const RATE = { least: 1e-4, most: 1e6, unit: " Mbit/s" } as const;
/** A minute; to the Moon and back is 2.6 s. */
const TIME = { least: 0, most: 60_000, unit: " ms" } as const;

const BOUNDS = { uplinkMbps: RATE, downlinkMbps: RATE, rttMs: TIME, jitterMs: TIME } as const;

/** What `value` had to be for this figure, in words; null where it is that. */
export function unfitFigure(name: keyof LinkFigures, value: number): string | null {
  if (name === "loss") return value >= 0 && value < 1 ? null : "a share from 0 up to but not including 1";
  const { least, most, unit } = BOUNDS[name];
  if (value === 0 || (value >= least && value <= most)) return null;
  return least === 0 ? `a number from 0 to ${most}${unit}` : `0, or a number from ${least} to ${most}${unit}`;
}
