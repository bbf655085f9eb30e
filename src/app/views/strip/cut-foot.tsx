/**
 * What this cut would mean, before it is run: what would be downloaded and a forecast, labelled
 * modelled, from the per-block times of the last run. Steppers for those who would rather press.
 */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { factsOf } from "#core/strategies/table.ts";
import { choiceAt, stopsOf, stopText, type CutChoice } from "../../derive/strip.ts";
import { useFacts, useLab } from "../../lab.ts";
import { duration, size } from "../../format/units.ts";
import { useForecast } from "../forecast.ts";
import { Term } from "../term/term.tsx";
import css from "./strip.module.css";

export function CutFoot({ blocks, choice }: { readonly blocks: number; readonly choice: CutChoice }) {
  const { actions } = useLab();
  const plan = useFacts("engine", (facts) => facts.downloadPlan);
  const { here } = useForecast();
  const { min, max, now } = stopsOf(blocks, choice);
  return (
    <div className={css["foot"]} data-testid="cut-foot">
      <fieldset className={css["stepper"]} aria-label="Move the cut">
        <Button
          variant="default"
          size="compact-md"
          aria-label="Fewer blocks in this tab"
          disabled={now <= min}
          onClick={() => actions.chooseCut(choiceAt(blocks, choice, now - 1))}
        >
          {"\u2212"}
        </Button>
        <Button
          variant="default"
          size="compact-md"
          aria-label="More blocks in this tab"
          disabled={now >= max}
          onClick={() => actions.chooseCut(choiceAt(blocks, choice, now + 1))}
        >
          +
        </Button>
        <span>{shortStop(blocks, choice)}</span>
      </fieldset>
      <span className="hidden-visually">{stopText(blocks, choice)}</span>
      <span aria-live="polite" data-testid="forecast">
        {here !== null && (
          <>
            <Term of="modelled">Modelled</Term> <b>{duration(here.tpotMs)}</b> a token here.{" "}
          </>
        )}
        {plan !== null &&
          (plan.missingBytes > 0 ? (
            <>
              This tab would fetch <b>{size(plan.missingBytes)}</b>.
            </>
          ) : plan.neededBytes > 0 ? (
            "This tab has every weight it needs."
          ) : (
            ""
          ))}
      </span>
    </div>
  );
}

function shortStop(blocks: number, { mode, cut, tail }: CutChoice): ReactNode {
  const { uncut, returns } = factsOf(mode);
  if (uncut !== null) return `Not cut: ${uncut}`;
  return (
    <>
      <Term of="cutLayer">Cut</Term> after {cut} of {blocks}
      {returns ? `, the last ${tail} back in this tab` : " blocks"}
    </>
  );
}
