/**
 * The answer with a stacked bar standing on every token: what was said and what each piece of it
 * took. Bars share one scale; one that would tower over the rest (prefill) is cut off, dashed.
 */
import { memo, useLayoutEffect, useRef } from "react";
import { TOKEN_PARTS, type TokenEvent } from "#core/run/record.ts";
import { FATE_NAMES } from "../../derive/rounds.ts";
import { partsMs } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import css from "./lanes.module.css";

const BAR_PX = 46;

interface Props {
  readonly tokens: readonly TokenEvent[];
  readonly arrived: number;
  /** The interval that a full bar stands for. */
  readonly fullMs: number;
  readonly picked: number | null;
  readonly wrongFrom: number;
  readonly running: boolean;
  readonly onPick: (index: number | null) => void;
}

export function TokenText({ tokens, arrived, fullMs, picked, wrongFrom, running, onPick }: Props) {
  const box = useRef<HTMLFieldSetElement>(null);
  // A long answer scrolls in its own box: what is new stays in sight.
  useLayoutEffect(() => {
    if (running) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [arrived, running]);
  return (
    <fieldset ref={box} className={css["text"]} data-testid="token-text" aria-label="Tokens, each with its time">
      {tokens.slice(0, arrived).map((token) => (
        <TokenColumn
          key={token.index}
          token={token}
          fullMs={fullMs}
          picked={token.index === picked}
          wrong={token.index >= wrongFrom}
          onPick={onPick}
        />
      ))}
      {running && <span className={css["cursor"]} aria-hidden />}
    </fieldset>
  );
}

interface ColumnProps {
  readonly token: TokenEvent;
  readonly fullMs: number;
  readonly picked: boolean;
  readonly wrong: boolean;
  readonly onPick: (index: number | null) => void;
}

const TokenColumn = memo(function TokenColumn({ token, fullMs, picked, wrong, onPick }: ColumnProps) {
  const sum = partsMs(token);
  const shown = Math.min(1, fullMs / sum);
  const special = /^<\|.*\|>$/.test(token.text);
  return (
    <button
      type="button"
      className={css["token"]}
      data-testid="token"
      data-printed
      data-wrong={wrong}
      data-special={special}
      data-fate={token.fate}
      aria-pressed={picked}
      aria-label={`Token ${token.index + 1}, ${token.text.trim() || "space"}, ${duration(sum)}${token.fate === undefined ? "" : `, ${FATE_NAMES[token.fate]}`}${wrong ? ", differs from the reference" : ""}`}
      onClick={() => onPick(picked ? null : token.index)}
    >
      <span className={`${css["stack"]} ${sum > fullMs ? css["cut"] : ""}`} aria-hidden>
        {TOKEN_PARTS.map((part) => {
          const px = fullMs > 0 ? (token[part] / fullMs) * shown * BAR_PX : 0;
          return px < 0.4 ? null : (
            <i key={part} className={`part part-${part}`} style={{ height: `${px.toFixed(1)}px` }} />
          );
        })}
      </span>
      <span className={`${css["word"]} fate`} data-fate={token.fate}>
        {token.text.replaceAll("\n", "\u21b5") || "\u00b7"}
      </span>
    </button>
  );
});
