/** The cut moved by pressing, and where it is. */
import { Button } from "@mantine/core";
import { Suspense, type ReactNode } from "react";
import { factsOf } from "#core/strategies/table.ts";
import { choiceAt, stopsOf, stopText, type CutChoice } from "../../derive/strip.ts";
import { useLab } from "../../lab.ts";
import { later, Nothing } from "../later.tsx";
import { Term } from "../term/term.tsx";
import css from "./strip.module.css";

// Right behind the first paint.
const Watch = later(() => import("./watch.tsx"), Nothing);

export function CutStepper({ blocks, choice }: { readonly blocks: number; readonly choice: CutChoice }) {
  const { actions } = useLab();
  const { min, max, now } = stopsOf(blocks, choice);
  return (
    <>
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
      <Suspense fallback={null}>
        <Watch />
      </Suspense>
      <span className="hidden-visually">{stopText(blocks, choice)}</span>
    </>
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
