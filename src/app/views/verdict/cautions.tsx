/** What must stand beside speeds, on every chart: a software adapter, a hidden tab, a link that is not met. */
import type { Lane } from "../../stores/runs.ts";
import css from "./cautions.module.css";

function cautionsOf(lane: Lane | null): readonly string[] {
  const record = lane?.record ?? null;
  if (record === null) return [];
  const { device, hidden } = record.provenance;
  return [
    ...(device.software ? ["software adapter: no measure of a GPU"] : []),
    ...(hidden ? ["the tab was hidden: speeds do not count"] : []),
    ...(record.resolved?.link.met === false ? ["the real link is slower than the one asked for"] : []),
    ...(record.config.edgeLoad > 1 ? [`edge pass repeated ${record.config.edgeLoad} times`] : []),
    ...(record.config.clients > 1 ? [`${record.config.clients - 1} simulated clients on the same edge`] : []),
  ];
}

export function Cautions({ lane }: { readonly lane: Lane | null }) {
  return cautionsOf(lane).map((caution) => (
    <span key={caution} className={css["caution"]} data-testid="caution">
      {caution}
    </span>
  ));
}
