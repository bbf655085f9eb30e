/** The answer of a run that was broken on purpose: what was changed, and the text with what went wrong marked. */
import { wrongFrom } from "../../derive/figures.ts";
import { faultText, insteadText } from "../../derive/fault-text.ts";
import type { Lane } from "../../stores/runs.ts";
import css from "./ask.module.css";

const isSpecial = (text: string): boolean => /^<\|.*\|>$/.test(text);

export function BrokenTurn({ lane }: { readonly lane: Lane }) {
  const instead = insteadText(lane);
  const wrong = wrongFrom(lane.agreement, lane.config.mode);
  const before = lane.tokens.filter(({ index }) => index < wrong);
  const after = lane.tokens.filter(({ index }) => index >= wrong);
  const textOf = (tokens: Lane["tokens"]): string =>
    tokens
      .map(({ text }) => text)
      .filter((text) => !isSpecial(text))
      .join("");
  return (
    <li className={css["turn"]} data-role="assistant" data-broken data-testid="broken-turn">
      <span className={css["who"]}>
        {lane.record === null ? "The first request, being broken on purpose" : "The first request, broken on purpose"}
      </span>
      <p>
        {textOf(before)}
        {after.length > 0 && (
          <>
            <mark className={css["wrong"]} title={instead}>
              {textOf(after.slice(0, 1)) || "\u00b7"}
            </mark>
            <span className={css["behind"]}>{textOf(after.slice(1))}</span>
          </>
        )}
      </p>
      <p className={css["told"]}>{instead}</p>
      <p className={css["told"]}>{faultText(lane)}</p>
    </li>
  );
}
