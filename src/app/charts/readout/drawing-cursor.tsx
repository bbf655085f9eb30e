/**
 * The cursor on a drawing of our own, a lane or its rounds: what is under the pointer or the arrow
 * keys is read out exactly. To a screen reader the drawing is a slider over its members, so that
 * it says each of them itself.
 */
import type { KeyboardEvent, MouseEvent, ReactNode } from "react";
import css from "../charts.module.css";
import { ReadoutCard, readoutText, type Readout } from "./readout.tsx";

interface Props {
  readonly summary: string;
  /** How many members there are to walk along. */
  readonly count: number;
  /** The one that is read out; null where none is. */
  readonly at: number | null;
  readonly readout: Readout | null;
  readonly onMove: (index: number | null) => void;
  readonly onPick?: (index: number | null) => void;
  /** The member at so many px from the left and the top. */
  readonly indexAt: (px: number, py: number) => number | null;
  /** Where its readout stands: px from the left, and from the top where that is not below the drawing. */
  readonly cardAt: { readonly px: number; readonly py?: number };
  readonly testId: string;
  readonly children: ReactNode;
}

export function DrawingCursor(props: Props) {
  const { summary, count, at, readout, onMove, onPick, indexAt, cardAt, testId, children } = props;
  const under = (event: MouseEvent<HTMLElement>): number | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = indexAt(event.clientX - box.left, event.clientY - box.top);
    return index === null || index >= count ? null : index;
  };
  function press(event: KeyboardEvent): void {
    const next = nextOf(event.key, at, count - 1);
    if (next !== undefined) onMove(next);
    else if (event.key === "Enter" && at !== null) onPick?.(at);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the show's own arrow keys turn its pages
  }
  return (
    <div
      className={css["cursor"]}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a range input cannot hold a drawing; this keeps the whole slider pattern
      role="slider"
      tabIndex={count > 0 ? 0 : -1}
      aria-label={summary}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, count)}
      aria-valuenow={at === null ? 0 : at + 1}
      aria-valuetext={readout === null ? "nothing chosen" : readoutText(readout)}
      data-testid={testId}
      onKeyDown={press}
      onBlur={() => onMove(null)}
      onPointerMove={(event) => onMove(under(event))}
      onPointerLeave={() => onMove(null)}
      onClick={(event) => onPick?.(under(event))}
    >
      {children}
      {readout !== null && (
        <div
          className={css["card"]}
          style={{ "--at": `${cardAt.px}px`, ...(cardAt.py === undefined ? {} : { top: cardAt.py }) }}
          aria-hidden
        >
          <ReadoutCard readout={readout} />
        </div>
      )}
    </div>
  );
}

const PAGE = 10;

/** The keys of the slider pattern (WAI-ARIA APG); undefined for keys that are not its own. */
export function nextOf(key: string, at: number | null, last: number): number | null | undefined {
  if (last < 0) return undefined;
  if (key === "Escape") return at === null ? undefined : null;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageUp: PAGE,
    PageDown: -PAGE,
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  return at === null ? 0 : Math.min(last, Math.max(0, at + step));
}
