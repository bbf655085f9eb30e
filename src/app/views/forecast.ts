/** The runs that may be compared under the present settings, and what is modelled from them. */
import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import type { ForecastPoint } from "#core/plan/modelled/forecast.ts";
import type { RunRecord } from "#core/run/record.ts";
import { comparable, forecastHere, modelled } from "../derive/forecast.ts";
import { useFacts } from "../lab.ts";
import { useModel } from "./model.ts";

export interface Forecast {
  readonly records: readonly RunRecord[];
  readonly points: readonly ForecastPoint[] | null;
  /** At the chosen cut. */
  readonly here: ForecastPoint | null;
}

export function useForecast(): Forecast {
  const settings = useFacts("settings", (facts) => facts);
  const { summary, blocks } = useModel();
  // Tokens of a running lane change nothing here: a finished run is what counts.
  const lanes = useFacts(
    "runs",
    useShallow((facts) => facts.lanes.filter((lane) => lane.record !== null)),
  );
  return useMemo(() => {
    const records = comparable(lanes, settings);
    const points = modelled(records, settings, summary);
    return { records, points, here: blocks === null ? null : forecastHere(points, settings, blocks) };
  }, [lanes, settings, summary, blocks]);
}
