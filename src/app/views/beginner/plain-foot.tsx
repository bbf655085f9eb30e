/** Under the strip: the cut in words, steppers for those who would rather press, and the one number that answers. */
import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { eachToken } from "../../derive/words/each-token.ts";
import type { CutChoice } from "../../derive/strip.ts";
import { duration } from "../../format/units.ts";
import { useFacts } from "../../lab.ts";
import { useFocus, useModel } from "../model.ts";
import { CutStepper } from "../strip/cut-stepper.tsx";
import { Term } from "../term/term.tsx";
import css from "./beginner.module.css";

export function PlainFoot({ blocks, choice }: { readonly blocks: number; readonly choice: CutChoice }) {
  const each = useEachToken();
  return (
    <div className={css["foot"]} data-testid="cut-foot">
      <CutStepper blocks={blocks} choice={choice} />
      <p className={css["number"]} aria-live="polite" data-testid="forecast">
        {each === null ? (
          "Press Run to measure it."
        ) : (
          <>
            <strong>{duration(each.ms)}</strong> a <Term of="token">token</Term>, {each.how}
          </>
        )}
      </p>
    </div>
  );
}

function useEachToken() {
  const settings = useFacts("settings", (facts) => facts);
  const focus = useFocus();
  const { summary } = useModel();
  const lanes = useFacts(
    "runs",
    useShallow((facts) => facts.lanes.filter((lane) => lane.record !== null)),
  );
  return useMemo(() => eachToken({ lanes, focus, settings, model: summary }), [lanes, focus, settings, summary]);
}
