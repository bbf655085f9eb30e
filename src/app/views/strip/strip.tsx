/**
 * The strip of blocks: the model on two tiers with the link between them. The gap widens with
 * the round trip; the handle on it is a slider over every place where the model can be cut.
 */
import { useEffect, useRef, useState } from "react";
import { useMediaQuery } from "@mantine/hooks";
import { useLab } from "../../lab.ts";
import { choiceAt, stopsOf, zonesOf } from "../../derive/strip.ts";
import { useChoice, useModel } from "../model.ts";
import { CutFoot } from "./cut-foot.tsx";
import { CutHandle } from "./cut-handle.tsx";
import { LinkGap } from "./link-gap.tsx";
import { ZoneView } from "./zone-view.tsx";
import { useMoment } from "./moment.ts";
import css from "./strip.module.css";

const UPRIGHT = "(max-width: 47.99em)";

export function Strip() {
  const { actions } = useLab();
  const { blocks } = useModel();
  const band = useRef<HTMLDivElement>(null);
  const upright = useMediaQuery(UPRIGHT, false, { getInitialValueInEffect: false }) ?? false;
  const [dragging, setDragging] = useState(false);
  const moment = useMoment();

  const choice = useChoice();
  const stops = stopsOf(blocks, choice);
  const [left, middle, right] = zonesOf(blocks, choice);

  useEffect(() => {
    if (!dragging) return;
    const move = (event: PointerEvent): void => {
      const stop = stopUnder(band.current, upright ? event.clientY : event.clientX, upright);
      if (stop !== null) actions.chooseCut(choiceAt(blocks, choice, stop));
    };
    const drop = (): void => setDragging(false);
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", drop);
    window.addEventListener("pointercancel", drop);
    return () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("pointercancel", drop);
    };
  });

  const handle = (
    <CutHandle
      blocks={blocks}
      choice={choice}
      stops={stops}
      upright={upright}
      onGrab={() => setDragging(true)}
      onChoose={(stop) => actions.chooseCut(choiceAt(blocks, choice, stop))}
    />
  );

  return (
    <section aria-label="The model and where it is cut">
      <div ref={band} className={`${css["band"]} ${dragging ? css["dragging"] : ""}`} data-testid="strip">
        {left !== undefined && <ZoneView zone={left} moment={moment} measured />}
        <LinkGap moment={moment} returning={false}>
          {handle}
        </LinkGap>
        {middle !== undefined && <ZoneView zone={middle} moment={moment} measured />}
        {right !== undefined && (
          <>
            <LinkGap moment={moment} returning />
            <ZoneView zone={right} moment={moment} measured={false} />
          </>
        )}
      </div>
      <CutFoot blocks={blocks} choice={choice} />
    </section>
  );
}

/** The stop a pointer means: how many of the pieces have their middle before it, the embedding being the first. */
function stopUnder(band: HTMLElement | null, at: number, upright: boolean): number | null {
  if (band === null) return null;
  const middles = [...band.querySelectorAll("[data-piece]")].map((piece) => {
    const box = piece.getBoundingClientRect();
    return upright ? (box.top + box.bottom) / 2 : (box.left + box.right) / 2;
  });
  return middles.filter((middle) => middle < at).length - 1;
}
