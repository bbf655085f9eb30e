/** The place of a scene's bars, which come with the chart library. */
import { lazy, Suspense } from "react";
import type { ShowBar } from "../../charts/show/show-bars.tsx";
import css from "./demo.module.css";

const ShowBars = lazy(() => import("../../charts/show/show-bars.tsx"));

interface Props {
  readonly bars: readonly ShowBar[];
  /** Milliseconds at the end of the axis. */
  readonly most: number;
  /** Width of the names, in letters' sizes. */
  readonly names: number;
}

export const SceneBars = (props: Props) => (
  <div className={css["bars"]} style={{ "--rows": props.bars.length }} data-testid="demo-bars">
    <Suspense fallback={null}>
      <ShowBars {...props} />
    </Suspense>
  </div>
);
