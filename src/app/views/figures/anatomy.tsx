/** One token taken apart: the picked one, or the one whose interval is the median. */
import { useFacts } from "../../lab.ts";
import { partsOf, typicalToken } from "../../derive/figures.ts";
import { PART_MEANINGS, PART_NAMES, startOf } from "../../derive/timeline.ts";
import { duration, share, size } from "../../format/units.ts";
import type { Lane } from "../../stores/runs.ts";
import css from "./figures.module.css";

export function Anatomy({ lane }: { readonly lane: Lane }) {
  const picked = useFacts("page", (facts) => facts.token);
  const token = (picked === null ? undefined : lane.tokens[picked]) ?? typicalToken(lane.tokens);
  if (token === null) return null;
  const interval = token.atMs - startOf(lane.tokens, token.index);
  const parts = partsOf(token);
  const word = token.text.trim() === "" ? "" : ` \u201c${token.text.trim()}\u201d`;
  return (
    <section className={css["anatomy"]} aria-labelledby="anatomy-title" data-testid="anatomy">
      <h2 id="anatomy-title">
        Token {token.index + 1}
        {word}: {duration(interval)}
        {picked === null && lane.tokens.length > 1 ? ", the median" : ""}
      </h2>
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
          {parts.map(({ part, ms, share: of }) => (
            <tr key={part}>
              <th scope="row">
                <i className={`${css["swatch"]} part part-${part}`} aria-hidden />
                {PART_NAMES[part]} <span className={css["meaning"]}>{PART_MEANINGS[part]}</span>
              </th>
              <td className={css["number"]}>{ms === 0 ? "0" : duration(ms)}</td>
              <td className={css["number"]}>{share(of, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {token.linkMs > 0 && (
        <p className={css["note"]}>
          Link {duration(token.linkMs)} measured as the round trip less the edge{"\u2019"}s own time, of which{" "}
          {duration(token.addedMs)} were added by the shaper. Which way the rest went is apportioned.{" "}
          {size(token.upBytes)} up, {size(token.downBytes)} down.
        </p>
      )}
    </section>
  );
}
