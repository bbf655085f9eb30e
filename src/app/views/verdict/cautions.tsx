/** What must stand beside speeds, on every chart: a software adapter, a hidden tab, a link that is not met. */
import type { Lane } from "../../stores/runs.ts";
import { useExpert } from "../level.ts";
import { Words } from "../term/words.tsx";
import css from "./cautions.module.css";

interface Caution {
  readonly text: string;
  /** For somebody who knows none of our words. */
  readonly plain: string;
}

export function cautionsOf(lane: Lane | null): readonly Caution[] {
  const record = lane?.record ?? null;
  if (record === null) return [];
  const { device, hidden } = record.provenance;
  const { edgeLoad, clients } = record.config;
  const all: readonly (Caution | false)[] = [
    device.software && {
      text: "software adapter: no measure of a GPU",
      plain: "This machine only imitates a graphics processor: its times say little.",
    },
    hidden && {
      text: "the tab was hidden: speeds do not count",
      plain: "The tab was hidden: its times do not count.",
    },
    record.resolved?.link.met === false && {
      text: "the real link is slower than the one asked for",
      plain: "The real network is slower than the one chosen.",
    },
    edgeLoad > 1 && {
      text: `edge pass repeated ${edgeLoad} times`,
      plain: `The server does its work ${edgeLoad} times, to stand for a larger model.`,
    },
    clients > 1 && {
      text: `${clients - 1} simulated clients on the same edge`,
      plain: `${clients - 1} simulated others share the server.`,
    },
  ];
  return all.filter((caution) => caution !== false);
}

export function Cautions({ lane }: { readonly lane: Lane | null }) {
  const expert = useExpert();
  return cautionsOf(lane).map(({ text, plain }) => (
    <span key={text} className={css["caution"]} data-testid="caution">
      <Words>{expert ? text : plain}</Words>
    </span>
  ));
}
