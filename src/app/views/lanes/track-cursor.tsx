/**
 * The cursor on a lane: the token under the pointer or the arrow keys, read out exactly. To a
 * screen reader the lane is a slider over its tokens, so that it says each of them itself.
 */
import type { KeyboardEvent, PointerEvent, ReactNode } from "react";
import { TOKEN_PARTS, type TokenEvent } from "#core/run/record.ts";
import { ReadoutCard, readoutText } from "../../charts/readout.tsx";
import { tokenReadout } from "../../charts/token-readout.ts";
import css from "./lanes.module.css";

interface Props {
  readonly summary: string;
  readonly tokens: readonly TokenEvent[];
  /** How many of them have come. */
  readonly arrived: number;
  /** Index of the token that is read out; null where none is. */
  readonly at: number | null;
  readonly onMove: (index: number | null) => void;
  readonly onPick: (index: number | null) => void;
  /** The token at so many px from the left of the lane, and the middle of a token in px. */
  readonly indexAt: (px: number) => number | null;
  readonly middleOf: (index: number) => number;
  readonly children: ReactNode;
}

export function TrackCursor(props: Props) {
  const { summary, tokens, arrived, at, onMove, onPick, indexAt, middleOf, children } = props;
  const last = arrived - 1;
  const readout = at === null || at > last ? null : tokenReadout(tokens, at + 1, TOKEN_PARTS);
  const under = (
    event: PointerEvent<HTMLElement> | { readonly clientX: number; readonly currentTarget: HTMLElement },
  ) => {
    const index = indexAt(event.clientX - event.currentTarget.getBoundingClientRect().left);
    return index === null || index > last ? null : index;
  };
  function press(event: KeyboardEvent): void {
    const next = nextOf(event.key, at, last);
    if (next !== undefined) onMove(next);
    else if (event.key === "Enter" && at !== null) onPick(at);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the show's own arrow keys turn its pages
  }
  return (
    <div
      className={css["cursorBox"]}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a range input cannot hold a drawing; this keeps the whole slider pattern
      role="slider"
      tabIndex={arrived > 0 ? 0 : -1}
      aria-label={summary}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, arrived)}
      aria-valuenow={at === null ? 0 : at + 1}
      aria-valuetext={readout === null ? "no token" : readoutText(readout)}
      data-testid="track"
      onKeyDown={press}
      onBlur={() => onMove(null)}
      onPointerMove={(event) => onMove(under(event))}
      onPointerLeave={() => onMove(null)}
      onClick={(event) => onPick(under(event))}
    >
      {children}
      {readout !== null && at !== null && (
        <div className={css["card"]} style={{ "--at": `${middleOf(at)}px` }} aria-hidden>
          <ReadoutCard readout={readout} />
        </div>
      )}
    </div>
  );
}

const PAGE = 10;

/** Undefined for keys that are not the slider's. */
function nextOf(key: string, at: number | null, last: number): number | null | undefined {
  const held = (index: number): number => Math.min(last, Math.max(0, index));
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
  return at === null ? 0 : held(at + step);
}
