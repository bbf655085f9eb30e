/**
 * The place of a drawing: its height is in the stylesheet before anything is loaded, its width is
 * what the page gives, and what the keyboard's cursor is on is said politely beside it. What there
 * is not yet is said in words.
 */
import { useElementSize } from "@mantine/hooks";
import { useCallback, useRef, type ReactNode } from "react";
import css from "./charts.module.css";
import { SayContext } from "./readout.tsx";

interface Props {
  /** Why there is nothing to draw; null where there is. */
  readonly nothing?: string | null;
  readonly children: (widthPx: number) => ReactNode;
}

export function ChartBox({ nothing = null, children }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const region = useRef<HTMLDivElement>(null);
  const byKeys = useRef(false);
  const say = useCallback((text: string) => {
    // Written past React: a word more must not draw the chart anew.
    if (byKeys.current && region.current !== null) region.current.textContent = text;
  }, []);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- listens to which of both moved the chart's own cursor
    <div
      onKeyDownCapture={() => (byKeys.current = true)}
      onFocusCapture={(event) => (byKeys.current = event.target.matches(":focus-visible"))}
      onPointerMoveCapture={() => (byKeys.current = false)}
    >
      <div ref={ref} className={css["box"]} data-empty={nothing !== null}>
        {nothing}
        {nothing === null && width > 0 && <SayContext value={say}>{children(width)}</SayContext>}
      </div>
      <div ref={region} className="hidden-visually" aria-live="polite" data-testid="spoken" />
    </div>
  );
}
