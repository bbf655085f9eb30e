/**
 * The one screen with everything on it. On a phone the request stands first: it, Run and the answer
 * are seen at once. In one column the race stands above what changes its height with every run.
 */
import { Suspense } from "react";
import { PendingCharts } from "../../charts/pending.tsx";
import { Ask } from "../ask/ask.tsx";
import { RunTrouble } from "../failure-banner.tsx";
import { Anatomy } from "../figures/anatomy.tsx";
import { Figures } from "../figures/figures.tsx";
import { Lanes } from "../lanes/lanes.tsx";
import { later, NotLoaded } from "../later.tsx";
import { Loading } from "../loading.tsx";
import { useFocus } from "../model.ts";
import { useNarrow, usePhone } from "../phone.ts";
import { Race } from "../race/race.tsx";
import { Toolbar } from "../settings/toolbar.tsx";
import { CutFoot } from "../strip/cut-foot.tsx";
import { Strip } from "../strip/strip.tsx";
import { Verdict } from "../verdict/verdict.tsx";
import { Inspect } from "./inspect.tsx";
import css from "../page.module.css";

const RunCharts = later(() => import("../../charts/run/run-charts.tsx"), NotLoaded);

const CHARTS = ["Time per token over the cut", "Each token, by part", "Bytes of each token"];

export default function ExpertScreen() {
  const lane = useFocus();
  const phone = usePhone();
  const narrow = useNarrow();
  const ask = (
    <div className={css["ask"]} id="ask">
      <Ask />
    </div>
  );
  return (
    <>
      <Verdict />
      <RunTrouble />
      {phone && ask}
      <Strip foot={CutFoot} />
      <Toolbar />
      <Inspect />
      <Loading />
      <div className={css["main"]}>
        <div className={css["left"]}>
          {!phone && ask}
          {!narrow && <Race />}
        </div>
        <div className={css["right"]}>
          <Lanes />
          {lane !== null && <Figures lane={lane} />}
          {narrow && <Race />}
          {lane !== null && (
            <div className={css["below"]}>
              <Anatomy lane={lane} />
              <Suspense fallback={<PendingCharts titles={CHARTS} />}>
                <RunCharts />
              </Suspense>
            </div>
          )}
        </div>
      </div>
    </>
  );
}
