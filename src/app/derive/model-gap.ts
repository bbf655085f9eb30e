/** Why a run took another time than is modelled for its place: what the model leaves out, and where it was off. */
import type { ForecastPoint } from "#core/plan/modelled/forecast.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import type { TokenEvent, TokenPart } from "#core/run/record.ts";
import { duration } from "../format/units.ts";

/** Differences below this share of the run's time are not worth a word. */
const WORTH = 0.05;
const MOST_NAMED = 2;

/** Null where both agree, and before there is a time. */
export function gapText(tokens: readonly TokenEvent[], { tpotMs, decode }: ForecastPoint): string | null {
  const measuredMs = tpotOf({ tokens });
  const steps = tokens.slice(1);
  if (measuredMs === null || Math.abs(measuredMs - tpotMs) < WORTH * measuredMs) return null;
  const mean = (...parts: readonly TokenPart[]): number =>
    steps.reduce((sum, step) => sum + parts.reduce((all, part) => all + step[part], 0), 0) / steps.length;
  const off = [
    { where: "in the queue and between threads", ms: mean("queueMs", "encodeMs", "decodeMs", "sampleMs", "otherMs") },
    { where: "on the link", ms: mean("uplinkMs", "downlinkMs") - decode.linkMs },
    { where: "in this tab", ms: mean("deviceMs") - decode.deviceMs },
    { where: "at the edge", ms: mean("edgeMs") - decode.edgeMs },
  ]
    .filter(({ ms }) => Math.abs(ms) >= WORTH * measuredMs)
    .toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms))
    .slice(0, MOST_NAMED)
    .map(({ where, ms }) => `${duration(Math.abs(ms))} ${ms > 0 ? "more" : "less"} ${where}`);
  return `Modelled it is ${duration(tpotMs)}${off.length === 0 ? "" : `: the run took ${off.join(", ")}`}.`;
}
