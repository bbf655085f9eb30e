/** The page: one screen that tells the story, top to bottom; panels and charts come when asked for. */
import { lazy, Suspense } from "react";
import { BUILD } from "#core/run/build.ts";
import { PendingCharts } from "../charts/pending.tsx";
import { useFacts } from "../lab.ts";
import { Ask } from "./ask/ask.tsx";
import { Drop } from "./drop.tsx";
import { Elsewhere } from "./elsewhere.tsx";
import { Anatomy } from "./figures/anatomy.tsx";
import { Figures } from "./figures/figures.tsx";
import { ROOMS } from "./rooms.tsx";
import { Lanes } from "./lanes/lanes.tsx";
import { OutagePattern } from "./lanes/outage-pattern.tsx";
import { Loading } from "./loading.tsx";
import { useFocus } from "./model.ts";
import { useNarrow, usePhone } from "./phone.ts";
import { Strip } from "./strip/strip.tsx";
import { Toolbar } from "./settings/toolbar.tsx";
import { TopBar } from "./top-bar.tsx";
import { Verdict } from "./verdict/verdict.tsx";
import css from "./page.module.css";

// These are rendered at once, so they come right behind the first paint, and are there when the edge is not.
const FailureBanner = lazy(async () => ({ default: (await import("./failure-banner.tsx")).FailureBanner }));
const RunTrouble = lazy(async () => ({ default: (await import("./failure-banner.tsx")).RunTrouble }));
const Race = lazy(async () => ({ default: (await import("./race/race.tsx")).Race }));
const RunCharts = lazy(() => import("../charts/run/run-charts.tsx"));
const Demo = lazy(() => import("./demo/demo.tsx"));
const LabView = lazy(() => import("./lab/lab-view.tsx"));
const Panels = lazy(() => import("./panels/panels.tsx"));

const CHARTS = ["Time per token over the cut", "Each token, by part", "Bytes of each token"];

export function Page() {
  const panel = useFacts("page", (facts) => facts.panel);
  const experimenting = useFacts("page", (facts) => facts.experiment !== null);
  const view = useFacts("page", (facts) => facts.view);
  const announcement = useFacts("page", (facts) => facts.announcement);
  const demo = useFacts("page", (facts) => facts.demo);
  if (demo) {
    return (
      <Suspense fallback={null}>
        <Demo />
      </Suspense>
    );
  }
  const Room = view === null ? null : ROOMS[view].Room;
  return (
    <>
      {!experimenting && Room === null && (
        <a className={css["skip"]} href="#ask" onClick={(event) => focusAsk(event)}>
          To the request
        </a>
      )}
      <OutagePattern />
      <TopBar />
      <Elsewhere />
      <Suspense fallback={null}>
        <FailureBanner />
      </Suspense>
      <Drop />
      <main className={css["views"]}>
        <Suspense fallback={null}>{Room !== null ? <Room /> : experimenting ? <LabView /> : <Screen />}</Suspense>
      </main>
      <footer className={css["foot"]}>
        <span>
          Cutlayer {BUILD.version}, {BUILD.commit}
        </span>
        <span>Splitting a model is not privacy: activations can be inverted.</span>
        <a href="#demo=1" data-testid="to-demo">
          A show of 90 seconds, for a stand
        </a>
        <span>
          Playwright users: <code>window.cutlayer</code>
        </span>
      </footer>
      <div className="hidden-visually" aria-live="polite" data-testid="announcement">
        {announcement}
      </div>
      {panel !== null && (
        <Suspense fallback={null}>
          <Panels />
        </Suspense>
      )}
    </>
  );
}

/**
 * The one screen. On a phone the request stands first: it, Run and the answer are seen at once. In
 * one column the race stands above what changes its height with every run.
 */
function Screen() {
  const lane = useFocus();
  const phone = usePhone();
  const narrow = useNarrow();
  const race = (
    <Suspense fallback={null}>
      <Race />
    </Suspense>
  );
  const ask = (
    <div className={css["ask"]} id="ask">
      <Ask />
    </div>
  );
  return (
    <>
      <Verdict />
      <Suspense fallback={null}>
        <RunTrouble />
      </Suspense>
      {phone && ask}
      <Strip />
      <Toolbar />
      <Loading />
      <div className={css["main"]}>
        <div className={css["left"]}>
          {!phone && ask}
          {!narrow && race}
        </div>
        <div className={css["right"]}>
          <Lanes />
          {lane !== null && <Figures lane={lane} />}
          {narrow && race}
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

/** The address behind `#` is the run's, so the skip link moves the focus itself. */
function focusAsk(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("[data-testid='prompt']")?.focus();
}
