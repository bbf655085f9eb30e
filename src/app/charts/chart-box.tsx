/**
 * The place of a drawing: its height is in the stylesheet before anything is loaded, its width is
 * what the page gives. What there is not yet is said in words.
 */
import { useElementSize } from "@mantine/hooks";
import type { ReactNode } from "react";
import css from "./charts.module.css";
import { Spoken } from "./readout/spoken.tsx";

interface Props {
  /** Why there is nothing to draw; null where there is. */
  readonly nothing?: string | null;
  readonly children: (widthPx: number) => ReactNode;
}

export function ChartBox({ nothing = null, children }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  return (
    <Spoken>
      <div ref={ref} className={css["box"]} data-empty={nothing !== null}>
        {nothing}
        {nothing === null && width > 0 && children(width)}
      </div>
    </Spoken>
  );
}
