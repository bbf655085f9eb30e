/** Progress of fetching and opening: in all and per phase, also when everything comes from storage. */
import { Button, Progress } from "@mantine/core";
import { useFacts, useLab } from "../lab.ts";
import { interruptedLane } from "../stores/runs.ts";
import { isRacing } from "../stores/race.ts";
import { overall, phaseText } from "../derive/progress.ts";
import css from "./page.module.css";

export function Loading() {
  const { actions } = useLab();
  const phases = useFacts("engine", (facts) => facts.phases);
  const preparing = useFacts("engine", (facts) => facts.preparing);
  const waiting = useFacts("runs", (facts) =>
    facts.lanes.some((lane) => lane.key === facts.liveKey && lane.tokens.length === 0),
  );
  // What runs has a Stop of its own, in the conversation's head.
  const running = useFacts("runs", (facts) => facts.liveKey !== null);
  const racing = useFacts("race", isRacing);
  const loading = phases.filter(
    (phase) =>
      phase.phase === "engine" || phase.phase === "shards" || phase.phase === "compile" || phase.phase === "connect",
  );
  // Warm-ups have no lane that could wait.
  const warming = useFacts("race", (facts) => facts.state === "warming");
  const away = useFacts("runs", (facts) => interruptedLane(facts) !== null);
  if (!(preparing || waiting || warming) || loading.length === 0 || away) return null;
  const percent = Math.round(100 * overall(loading));
  return (
    <section className={css["loading"]} aria-label="Loading" data-screen-only data-testid="loading">
      <Progress value={percent} size="md" aria-label="Loading, all phases" color="ink" />
      {!running && !racing && (
        <Button size="compact-sm" variant="default" onClick={() => void actions.stop()} data-testid="cancel">
          Cancel
        </Button>
      )}
      <ul className={css["phases"]}>
        {loading.map((phase) => (
          <li key={phase.phase}>{phaseText(phase)}</li>
        ))}
      </ul>
    </section>
  );
}
