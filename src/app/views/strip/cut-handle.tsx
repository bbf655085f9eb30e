/** The handle of the cut: a slider for hand, keys and screen reader. */
import type { KeyboardEvent } from "react";
import { stopText, type CutChoice, type Stops } from "../../derive/strip.ts";
import type { CutDrag } from "./use-cut-drag.ts";
import css from "./strip.module.css";

interface Props {
  readonly blocks: number;
  readonly choice: CutChoice;
  readonly stops: Stops;
  readonly upright: boolean;
  readonly drag: CutDrag;
  readonly onChoose: (stop: number) => void;
}

export function CutHandle({ blocks, choice, stops, upright, drag, onChoose }: Props) {
  function press(event: KeyboardEvent): void {
    const stop = stopFor(event.key, stops, upright ? 1 : -1);
    if (stop === null) return;
    event.preventDefault();
    onChoose(stop);
  }
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a range input cannot be the gap's edge; this keeps the whole slider pattern
      role="slider"
      tabIndex={0}
      className={css["handle"]}
      data-testid="cut-handle"
      aria-label="Cut layer"
      aria-orientation={upright ? "vertical" : "horizontal"}
      aria-valuemin={stops.min}
      aria-valuemax={stops.max}
      aria-valuenow={stops.now}
      aria-valuetext={stopText(blocks, choice)}
      onKeyDown={press}
      {...drag}
    >
      <span className={css["grip"]} aria-hidden>
        <i />
        <i />
      </span>
    </div>
  );
}

/** The keys of the slider pattern (WAI-ARIA APG); up and down follow the eye where the strip stands upright. */
function stopFor(key: string, { min, max, now }: Stops, down: 1 | -1): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: down,
    ArrowUp: -down,
    PageDown: 4 * down,
    PageUp: -4 * down,
    Home: min - now,
    End: max - now,
  };
  const step = steps[key];
  return step === undefined ? null : Math.min(max, Math.max(min, now + step));
}
