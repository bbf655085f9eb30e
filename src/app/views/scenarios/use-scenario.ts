/** The scenario that is on, once its table is there. */
import { useEffect, useState } from "react";
import { line, type VerdictLine } from "../../derive/verdict-line.ts";
import { useFacts } from "../../lab.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { Lane } from "../../stores/runs.ts";
import { useModel } from "../model.ts";

function useScenario(): Scenario | null {
  const name = useFacts("page", (facts) => facts.scenario);
  const [found, setFound] = useState<{ readonly name: string; readonly scenario: Scenario | null } | null>(null);
  useEffect(() => {
    if (name === null) return;
    // Where it cannot be loaded the headline says what it says without a scenario.
    void import("../../control/scenario.ts").then(({ scenarioNamed }) =>
      setFound({ name, scenario: scenarioNamed(name) }),
    );
  }, [name]);
  return found !== null && found.name === name ? found.scenario : null;
}

/** What it says of a run of one's own that is over, and asks before there is one; null where something else has to be said. */
export function useScenarioLine(lane: Lane | null): VerdictLine | null {
  const scenario = useScenario();
  const enteredAt = useFacts("page", (facts) => facts.enteredAt);
  const { summary } = useModel();
  if (scenario === null) return null;
  if (lane === null || lane.origin === "recorded" || lane.key === enteredAt) return line(scenario.question);
  const { record } = lane;
  if (record === null || lane.sabotage !== null || lane.race !== null || record.finish.kind === "failed") return null;
  return scenario.verdict(record, { model: summary });
}
