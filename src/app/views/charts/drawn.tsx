/** A chart of the run at the width it has, redrawn when that changes; what there is not yet is said in words. */
import { useElementSize } from "@mantine/hooks";
import { node, type SvgNode } from "#lab/plot/svg-node.ts";
import { Svg } from "../lab/svg.tsx";
import { CHART_HEIGHT } from "./axes.ts";
import css from "../../charts/charts.module.css";

interface Props {
  /** Why there is nothing to draw; null where there is. */
  readonly nothing: string | null;
  readonly draw: (width: number) => readonly SvgNode[];
}

export function Drawn({ nothing, draw }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  return (
    <div ref={ref} className={css["box"]} data-empty={nothing !== null}>
      {nothing}
      {nothing === null && width > 0 && (
        <Svg
          node={node(
            "svg",
            {
              width,
              height: CHART_HEIGHT,
              viewBox: `0 0 ${width} ${CHART_HEIGHT}`,
              "font-family": "var(--font-text)",
              "font-size": 12,
            },
            ...draw(width),
          )}
        />
      )}
    </div>
  );
}
