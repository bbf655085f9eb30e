/** What the fills of the lanes mean: the parts that the runs on screen have, in the order in which they happen. */
import { TOKEN_PARTS } from "#core/run/record.ts";
import { MarkIcon } from "../../charts/mark.tsx";
import { seriesOfPart } from "../../charts/token-readout.ts";
import type { Lane } from "../../stores/runs.ts";
import css from "./lanes.module.css";

export function PartLegend({ lanes }: { readonly lanes: readonly Lane[] }) {
  const used = TOKEN_PARTS.filter((part) => lanes.some(({ tokens }) => tokens.some((token) => token[part] > 0)));
  if (used.length === 0) return null;
  return (
    <ul className={css["legend"]} aria-label="What the lanes show" data-testid="lanes-legend">
      {used.map(seriesOfPart).map(({ key, name, mark, meaning }) => (
        <li key={key} title={meaning}>
          <MarkIcon mark={mark} /> {name}
        </li>
      ))}
    </ul>
  );
}
