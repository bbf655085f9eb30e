/** Faults put in on purpose: the agreement badge must turn red at that token. */
import { Button } from "@mantine/core";
import { factsOf } from "#core/strategies/table.ts";
import { useFacts, useLab } from "../../lab.ts";
import css from "./ask.module.css";

const FAULTS = [
  { kind: "corrupt-activation", name: "Corrupt an activation", testId: "break-corrupt" },
  { kind: "rewind-short", name: "Rewind one short", testId: "break-rewind" },
] as const;

export function BreakIt({ disabled }: { readonly disabled: boolean }) {
  const { actions } = useLab();
  const cuts = useFacts("settings", (facts) => factsOf(facts.mode).faults.includes("corrupt-activation"));
  return (
    <fieldset className={css["break"]} aria-label="Break it on purpose" data-screen-only>
      <span>Break it:</span>
      {FAULTS.map(({ kind, name, testId }) => (
        <Button
          key={kind}
          size="compact-sm"
          variant="default"
          disabled={disabled || !cuts}
          onClick={() => void actions.breakIt(kind)}
          data-testid={testId}
        >
          {name}
        </Button>
      ))}
    </fieldset>
  );
}
