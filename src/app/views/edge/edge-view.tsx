/** The edge server as it is now: for whoever stands beside it. Counts and rates; nobody's words. */
import { lazy, Suspense } from "react";
import type { EdgeStatus } from "#core/run/edge-status.ts";
import { PendingCharts } from "../../charts/pending.tsx";
import { SCREEN } from "../../control/routing.ts";
import { useFacts } from "../../lab.ts";
import { timeOfDay } from "../../format/units.ts";
import { FailureNote } from "../failure-note.tsx";
import { ViewLink } from "../view-link.tsx";
import { Clients } from "./clients.tsx";
import { Figures } from "./figures.tsx";
import { Models } from "./models.tsx";
import { useEdgeStatus, type WatchedEdge } from "./use-edge-status.ts";
import view from "../view.module.css";
import css from "./edge.module.css";

const EdgeChart = lazy(() => import("../../charts/edge/edge-chart.tsx"));

/** Another server begins anew. */
export default function EdgeView() {
  const named = useFacts("settings", (facts) => facts.edge);
  return <Watched key={named ?? ""} />;
}

function Watched() {
  const watched = useEdgeStatus();
  const { status, answer } = watched;
  const stale = answer !== null && answer.kind !== "status" && answer.kind !== "busy";
  return (
    <div className={css["edge"]} data-testid="edge-view">
      <header className={css["head"]}>
        <div className={css["title"]}>
          <h1 className={view["heading"]}>The edge server, now</h1>
          <ViewLink to={{ ...SCREEN, view: "projector" }} current={false} testId="to-projector">
            For the room: the projector
          </ViewLink>
          <ViewLink to={{ ...SCREEN, view: "class" }} current={false} testId="to-class">
            For a class: a code and a chart
          </ViewLink>
        </div>
        <Where status={status} />
        <Trouble watched={watched} />
      </header>
      {status !== null && (
        <div className={css["body"]} data-stale={stale}>
          <Figures status={status} />
          <Suspense fallback={<PendingCharts titles={["The last two minutes"]} />}>
            <EdgeChart status={status} />
          </Suspense>
          <div className={css["tables"]}>
            <Clients status={status} />
            <Models status={status} />
          </div>
        </div>
      )}
    </div>
  );
}

/** Which server it is: the one that is named, or the page's own. */
function Where({ status }: { readonly status: EdgeStatus | null }) {
  const edge = useFacts("engine", (facts) => facts.edge);
  const named = useFacts("settings", (facts) => facts.edge);
  if (status === null) return null;
  const up = Math.floor(status.upMs / 60_000);
  return (
    <p className={css["soft"]}>
      {named ?? edge?.urls.at(-1) ?? window.location.origin}, up for{" "}
      {up === 0 ? "less than a minute" : up === 1 ? "a minute" : `${up} minutes`}
      {status.draining ? "; it is shutting down and takes nobody new" : ""}.
    </p>
  );
}

function Trouble({ watched: { status, atMs, answer } }: { readonly watched: WatchedEdge }) {
  if (answer === null) return <p className={css["soft"]}>Asking it.</p>;
  if (answer.kind === "none")
    return (
      <output className={view["trouble"]} data-testid="edge-none">
        <strong>No edge server stands behind this page.</strong> It came from a static host: runs on this device work,
        and nothing is computed elsewhere. Start one with <code>npm start</code>, or name one under the settings of the
        first page.
      </output>
    );
  if (answer.kind !== "failed") return null;
  return (
    <FailureNote failure={answer.failure} testId="edge-trouble">
      {status === null ? "" : ` What is shown is of ${timeOfDay(new Date(atMs).toISOString())}.`}
    </FailureNote>
  );
}
