/** The charts, loaded when there is something to draw: TPOT over the cut, and the tokens one by one. */
import { useFocus } from "../model.ts";
import { CutChart } from "./cut-chart.tsx";
import { TokenChart } from "./token-chart.tsx";
import { ByteChart } from "./byte-chart.tsx";

export default function Charts() {
  const lane = useFocus();
  return (
    <>
      <CutChart />
      {lane !== null && <TokenChart lane={lane} />}
      {lane !== null && <ByteChart lane={lane} />}
    </>
  );
}
