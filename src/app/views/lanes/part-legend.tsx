/** What the fills of the lanes mean, in the order in which the parts happen; an outage is named where there was one. */
import { TOKEN_PARTS } from "#core/run/record.ts";
import { MarkIcon } from "../../charts/readout/mark.tsx";
import { seriesOfPart } from "../../charts/readout/token-readout.ts";
import type { Lane } from "../../stores/runs.ts";
import css from "./lanes.module.css";

export function PartLegend({ lanes }: { readonly lanes: readonly Lane[] }) {
  const used = TOKEN_PARTS.filter(
    (part) => part !== "outageMs" || lanes.some(({ tokens }) => tokens.some((token) => token.outageMs > 0)),
  );
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
