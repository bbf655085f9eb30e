/** One token taken apart: the picked one, or the one whose interval is the median. */
import { TOKEN_PARTS, type TokenEvent } from "#core/run/record.ts";
import { useFacts } from "../../lab.ts";
import { partsOf, typicalToken, type PartRow } from "../../derive/figures.ts";
import { PART_MEANINGS, PART_NAMES, startOf } from "../../derive/timeline.ts";
import { duration, share, size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import { Words } from "../term/words.tsx";
import css from "./figures.module.css";

export function Anatomy({ lane }: { readonly lane: Lane }) {
  const picked = useFacts("page", (facts) => facts.token);
  const token = (picked === null ? undefined : lane.tokens[picked]) ?? typicalToken(lane.tokens);
  const parts = token === null ? [] : partsOf(token);
  return (
    <section className={css["anatomy"]} aria-labelledby="anatomy-title" data-testid="anatomy">
      <h2 id="anatomy-title">{token === null ? "No token yet" : titleOf(token, lane, picked === null)}</h2>
      <div className={css["bar"]} aria-hidden>
        {parts.map(({ part, ms }) =>
          ms > 0 ? <i key={part} className={`part part-${part}`} style={{ flex: `${ms} 1 0` }} /> : null,
        )}
      </div>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col" className={css["number"]}>
              Time
            </th>
            <th scope="col" className={css["number"]}>
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {TOKEN_PARTS.map((part, at) => (
            <tr key={part}>
              <th scope="row">
                <i className={`${css["swatch"]} part part-${part}`} aria-hidden />
                {PART_NAMES[part]}{" "}
                <span className={css["meaning"]}>
                  <Words>{PART_MEANINGS[part]}</Words>
                </span>
              </th>
              <td className={css["number"]}>{timeText(parts[at])}</td>
              <td className={css["number"]}>{shareText(parts[at])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {token !== null && token.linkMs > 0 && (
        <p className={css["note"]}>
          <Words>{linkText(token)}</Words>
        </p>
      )}
    </section>
  );
}

const linkText = ({ linkMs, addedMs, upBytes, downBytes }: TokenEvent): string =>
  `Link ${duration(linkMs)} measured as the round trip less the edge\u2019s own time, of which ${duration(addedMs)} were added by the shaper. Which way the rest went is apportioned. ${size(upBytes)} up, ${size(downBytes)} down.`;

function titleOf(token: TokenEvent, lane: Lane, median: boolean): string {
  const word = token.text.trim() === "" ? "" : ` \u201c${token.text.trim()}\u201d`;
  const interval = token.atMs - startOf(lane.tokens, token.index);
  return `Token ${token.index + 1}${word}: ${duration(interval)}${median && lane.tokens.length > 1 ? ", the median" : ""}`;
}

const timeText = (row: PartRow | undefined): string =>
  row === undefined ? "\u2013" : row.ms === 0 ? "0" : duration(row.ms);
const shareText = (row: PartRow | undefined): string => (row === undefined ? "\u2013" : share(row.share, 1));
