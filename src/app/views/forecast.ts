/** The runs that may be compared under the present settings, and what is modelled from them. */
import { useMemo } from "react";
import type { ForecastPoint } from "#core/plan/forecast.ts";
import type { RunRecord } from "#core/run/record.ts";
import { comparable, forecastHere, modelled } from "../derive/forecast.ts";
import { useFacts } from "../lab.ts";
import { useModel } from "./model.ts";

export interface Outlook {
  readonly records: readonly RunRecord[];
  readonly points: readonly ForecastPoint[] | null;
  /** Modelled TPOT at the chosen cut, ms. */
  readonly hereMs: number | null;
}

export function useOutlook(): Outlook {
  const lanes = useFacts("runs", (facts) => facts.lanes);
  const settings = useFacts("settings", (facts) => facts);
  const { summary, blocks } = useModel();
  const done = lanes.filter((lane) => lane.record !== null);
  const key = done.map((lane) => lane.key).join();
  return useMemo(() => {
    const records = comparable(done, settings);
    const points = modelled(records, settings, summary);
    return { records, points, hereMs: forecastHere(points, settings, blocks) };
    // `key` stands for `done`: records never change once they are there.
  }, [key, settings, summary, blocks]);
}
