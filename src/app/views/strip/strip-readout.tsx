/** What a stretch of the strip took in the run on screen, while the pointer or the focus is on it. */
import { useId } from "react";
import { ReadoutCard, readoutText, type Readout } from "../../charts/readout/readout.tsx";
import { samePlace } from "../../derive/link-facts.ts";
import { tierReadout } from "../../derive/tier-readout.ts";
import type { Row } from "../../derive/timeline.ts";
import { useFacts } from "../../lab.ts";
import { useFocus } from "../model.ts";
import css from "./strip.module.css";

/** Null where the run on screen is not of what the strip shows. */
export function useStripReadout(row: Row): Readout | null {
  const lane = useFocus();
  const settings = useFacts("settings", (facts) => facts);
  return lane !== null && samePlace(lane, settings) ? tierReadout(row, lane.tokens) : null;
}

/** A button that says it, and the card that shows it. */
export function StripReadout({ readout, name }: { readonly readout: Readout | null; readonly name: string }) {
  const id = useId();
  if (readout === null) return null;
  return (
    <span className={css["readoutSpot"]}>
      <button type="button" aria-describedby={id} aria-label={`${name}: what it takes of a token`}>
        i
      </button>
      <span id={id} className="hidden-visually">
        {readoutText(readout)}
      </span>
      <span className={css["readoutCard"]} aria-hidden>
        <ReadoutCard readout={readout} />
      </span>
    </span>
  );
}
