/** The charts of the run in focus, loaded when there is something to draw: TPOT over the cut, and the tokens one by one. */
import type { Lane } from "../../stores/runs.ts";
import { useFocus } from "../../views/model.ts";
import { ByteChart } from "./byte-chart.tsx";
import { CutChart } from "./cut/cut-chart.tsx";
import { useRunView } from "./run-view.ts";
import { TokenChart } from "./token-chart.tsx";

export default function RunCharts() {
  const lane = useFocus();
  return (
    <>
      <CutChart />
      {lane !== null && <TokenCharts lane={lane} />}
    </>
  );
}

function TokenCharts({ lane }: { readonly lane: Lane }) {
  const view = useRunView(lane);
  return (
    <>
      <TokenChart lane={lane} view={view} />
      <ByteChart lane={lane} view={view} />
    </>
  );
}
