/** The page: one screen that tells the story, top to bottom; panels and charts come when asked for. */
import { lazy, Suspense } from "react";
import { BUILD } from "#core/run/build.ts";
import { useFacts } from "../lab.ts";
import { BeginnerScreen } from "./beginner/screen.tsx";
import { Drop } from "./drop.tsx";
import { ROOMS } from "./rooms.tsx";
import { OutagePattern } from "./lanes/outage-pattern.tsx";
import { later, NotLoaded } from "./later.tsx";
import { useExpert } from "./level.ts";
import { TopBar } from "./top-bar.tsx";
import css from "./page.module.css";

// These are rendered at once, so they come right behind the first paint, and are there when the edge is not.
const Above = lazy(() => import("./above.tsx"));
const ExpertScreen = later(() => import("./expert/screen.tsx"), NotLoaded);
const Demo = later(() => import("./demo/demo.tsx"), NotLoaded);
const LabView = later(() => import("./lab/lab-view.tsx"), NotLoaded);
const Panels = later(() => import("./panels/panels.tsx"), NotLoaded);

export function Page() {
  const panel = useFacts("page", (facts) => facts.panel);
  const experimenting = useFacts("page", (facts) => facts.experiment !== null);
  const view = useFacts("page", (facts) => facts.view);
  const inClass = useFacts("page", (facts) => facts.inClass !== null && facts.view !== "class");
  const announcement = useFacts("page", (facts) => facts.announcement);
  const demo = useFacts("page", (facts) => facts.demo);
  const expert = useExpert();
  if (demo) {
    return (
      <Suspense fallback={null}>
        <Demo />
      </Suspense>
    );
  }
  const { Room, fills } = view === null ? { Room: null, fills: false } : ROOMS[view];
  return (
    <>
      {!experimenting && Room === null && (
        <a className={css["skip"]} href="#ask" onClick={(event) => focusAsk(event)}>
          To the request
        </a>
      )}
      <OutagePattern />
      {!fills && <TopBar />}
      <Suspense fallback={<div className={css["inClass"]} data-on={inClass} />}>
        <Above />
      </Suspense>
      <Drop />
      <main className={css["views"]}>
        <Suspense fallback={null}>
          {Room !== null ? <Room /> : experimenting ? <LabView /> : expert ? <ExpertScreen /> : <BeginnerScreen />}
        </Suspense>
      </main>
      {!fills && <Foot expert={expert} />}
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

function Foot({ expert }: { readonly expert: boolean }) {
  return (
    <footer className={css["foot"]}>
      <span>
        Cutlayer {BUILD.version}, {BUILD.commit}
      </span>
      <span>
        {expert
          ? "Splitting a model is not privacy: activations can be inverted."
          : "Splitting is not privacy: what leaves the tab can be turned back into words."}
      </span>
      <a href="#demo=1" data-testid="to-demo">
        A show of 90 seconds, for a stand
      </a>
      {expert && (
        <span>
          Playwright users: <code>window.cutlayer</code>
        </span>
      )}
    </footer>
  );
}

/** The address behind `#` is the run's, so the skip link moves the focus itself. */
function focusAsk(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("[data-testid='prompt']")?.focus();
}
