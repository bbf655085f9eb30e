/**
 * The strip of blocks: the model on two tiers with the link between them. The gap widens with
 * the round trip; the handle on it is a slider over every place where the model can be cut.
 */
import { useRef, type ComponentType } from "react";
import { useFacts, useLab } from "../../lab.ts";
import { choiceAt, stopNear, stopsOf, wayOf, zonesOf, type CutChoice } from "../../derive/strip.ts";
import { useChoice, useModel } from "../model.ts";
import { usePhone } from "../phone.ts";
import { CutHandle } from "./cut-handle.tsx";
import { LinkGap } from "./link-gap.tsx";
import { ZoneView } from "./zone-view.tsx";
import { useMoments } from "./moment.ts";
import { useCutDrag } from "./use-cut-drag.ts";
import css from "./strip.module.css";

/** What stands below the strip, about this cut. */
type Foot = ComponentType<{ readonly blocks: number; readonly choice: CutChoice }>;

export function Strip({ foot }: { readonly foot: Foot }) {
  const { name, blocks } = useModel();
  const failed = useFacts("engine", (facts) => facts.state === "failed");
  return (
    <section aria-label="The model and where it is cut">
      {blocks === null ? (
        <PendingStrip text={failed ? `Nobody here knows ${name}.` : `Looking up how deep ${name} is.`} />
      ) : (
        <KnownStrip blocks={blocks} foot={foot} />
      )}
    </section>
  );
}

/** The strip's room, until it is known how many blocks it has. */
function PendingStrip({ text }: { readonly text: string }) {
  return (
    <>
      <div className={`${css["band"]} ${css["pending"]}`} data-testid="strip-pending">
        {text}
      </div>
      <div className={css["foot"]} />
    </>
  );
}

function KnownStrip({ blocks, foot: CutFoot }: { readonly blocks: number; readonly foot: Foot }) {
  const { actions } = useLab();
  const upright = usePhone();
  const moments = useMoments();
  const choice = useChoice(blocks);
  const stops = stopsOf(blocks, choice);
  const [left, middle, right] = zonesOf(blocks, choice);
  const choose = (stop: number): void => {
    if (stop !== stops.now) actions.chooseCut(choiceAt(blocks, choice, stop));
  };
  const band = useRef<HTMLDivElement>(null);
  const drag = useCutDrag(band, upright, [wayOf(blocks, choice, stops.min), wayOf(blocks, choice, stops.max)], (way) =>
    choose(stopNear(blocks, choice, way)),
  );

  const handle = (
    <CutHandle blocks={blocks} choice={choice} stops={stops} upright={upright} drag={drag} onChoose={choose} />
  );

  return (
    <>
      <div ref={band} className={css["band"]} style={{ "--way": wayOf(blocks, choice, stops.now) }} data-testid="strip">
        {left !== undefined && <ZoneView zone={left} moments={moments} measured />}
        <LinkGap moments={moments} returning={false}>
          {handle}
        </LinkGap>
        {middle !== undefined && <ZoneView zone={middle} moments={moments} measured />}
        {right !== undefined && (
          <>
            <LinkGap moments={moments} returning />
            <ZoneView zone={right} moments={moments} measured={false} />
          </>
        )}
      </div>
      <CutFoot blocks={blocks} choice={choice} />
    </>
  );
}
