/** Faults put in on purpose: the agreement badge must turn red at that token. */
import { Button } from "@mantine/core";
import { factsOf } from "#core/strategies/table.ts";
import { useFacts, useLab } from "../../lab.ts";
import css from "./ask.module.css";

export function BreakIt({ disabled }: { readonly disabled: boolean }) {
  const { actions } = useLab();
  const cuts = useFacts("settings", (facts) => factsOf(facts.mode).faults.includes("corrupt-activation"));
  return (
    <fieldset className={css["break"]} aria-label="Break it on purpose" data-screen-only>
      <span>Break it:</span>
      <Button
        size="compact-sm"
        variant="default"
        disabled={disabled || !cuts}
        onClick={() => void actions.breakIt("corrupt-activation")}
        data-testid="break-corrupt"
      >
        Corrupt an activation
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        disabled={disabled || !cuts}
        onClick={() => void actions.breakIt("rewind-short")}
        data-testid="break-rewind"
      >
        Rewind one short
      </Button>
    </fieldset>
  );
}
