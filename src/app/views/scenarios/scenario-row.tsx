/** Scenarios to enter, each a press; of the one that is on, what it is about. */
import { Button } from "@mantine/core";
import { enter, leave, scenarioNamed } from "../../control/scenario.ts";
import { useFacts, useLab } from "../../lab.ts";
import { SCENARIOS } from "../../scenarios/table.ts";
import { useExpert } from "../level.ts";
import css from "./scenario-row.module.css";

export default function ScenarioRow({ disabled }: { readonly disabled: boolean }) {
  const lab = useLab();
  const on = useFacts("page", (facts) => facts.scenario);
  const started = useFacts("conversation", (facts) => facts.turns.length > 0);
  const expert = useExpert();
  const ready = useFacts("engine", (facts) => facts.state === "ready");
  // A newcomer in a conversation is offered what belongs to it.
  if (started && !expert && on === null) return null;
  return (
    <>
      <fieldset className={css["row"]} aria-label="Scenarios" data-screen-only>
        <span>Scenarios:</span>
        {Object.entries(SCENARIOS).map(([name, scenario]) => (
          <Button
            key={name}
            size="compact-sm"
            variant={name === on ? "filled" : "default"}
            aria-pressed={name === on}
            disabled={disabled || !ready}
            onClick={() => (name === on ? leave(lab) : enter(lab, name, scenario))}
            data-testid={`scenario-${name}`}
          >
            {scenario.label}
          </Button>
        ))}
      </fieldset>
      {on !== null && (
        <p className={css["about"]} aria-live="polite" data-testid="scenario-about">
          {scenarioNamed(on)?.about}
        </p>
      )}
    </>
  );
}
