/**
 * The window on a long run: an outline of all its tokens with two handles. They are range inputs,
 * which keys move and screen readers name by token; Recharts' own brush tells them pixels.
 */
import { useMemo, useRef, type PointerEvent } from "react";
import type { TokenEvent } from "#core/run/record.ts";
import { linearAxis } from "../axis/ticks.ts";
import { reachOf } from "../axis/clip.ts";
import { Switch } from "../chart-frame.tsx";
import css from "./run.module.css";
import type { TokenRange } from "./bars/place.ts";
import type { RunView } from "./run-view.ts";

/** From here on bars are too narrow to point at. */
const LONG_RUN = 96;
/** A window has at least so many tokens. */
const LEAST = 8;
const OUTLINE = { width: 400, height: 24 } as const;
/** The outline of a run that still comes is drawn anew every so many tokens. */
const OUTLINE_EVERY = 16;

interface Props {
  readonly view: RunView;
  readonly first: number;
  readonly of: (token: TokenEvent) => number;
}

export function Brush({ view, first, of }: Props) {
  const count = view.lane.tokens.length;
  if (count - first + 1 < LONG_RUN) return null;
  const all: TokenRange = { first, last: count };
  const chosen = view.window ?? all;
  const window = { first: Math.max(first, chosen.first), last: Math.min(count, chosen.last) };
  const choose = (next: TokenRange): void =>
    view.choose(next.first <= first && next.last >= count ? null : { first: next.first, last: next.last });
  return (
    <div className={css["brush"]} data-testid="brush">
      <Rail all={all} window={window} tokens={view.lane.tokens} of={of} onMove={choose} />
      <Handle
        name="First token shown"
        all={all}
        value={window.first}
        onChange={(value) => choose({ ...window, first: Math.min(value, window.last - LEAST + 1) })}
      />
      <Handle
        name="Last token shown"
        all={all}
        value={window.last}
        onChange={(value) => choose({ ...window, last: Math.max(value, window.first + LEAST - 1) })}
      />
      <p className={css["brushed"]}>
        Tokens {window.first} to {window.last} of {count}
        {view.window !== null && (
          <Switch on={false} onChange={() => view.choose(null)}>
            Show all
          </Switch>
        )}
      </p>
    </div>
  );
}

interface HandleProps {
  readonly name: string;
  readonly all: TokenRange;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const Handle = ({ name, all, value, onChange }: HandleProps) => (
  <input
    type="range"
    aria-label={name}
    aria-valuetext={`token ${value}`}
    min={all.first}
    max={all.last}
    step={1}
    value={value}
    onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
  />
);

interface RailProps {
  readonly all: TokenRange;
  readonly window: TokenRange;
  readonly tokens: readonly TokenEvent[];
  readonly of: (token: TokenEvent) => number;
  readonly onMove: (window: TokenRange) => void;
}

/** The outline, and the window on it, which can be dragged as a whole. */
function Rail({ all, window, tokens, of, onMove }: RailProps) {
  const grabbed = useRef<{ readonly x: number; readonly window: TokenRange } | null>(null);
  const path = useOutline(all, tokens, of);
  const count = all.last - all.first + 1;
  const share = (token: number): string => `${((token - all.first) / count) * 100}%`;
  const move = (event: PointerEvent<HTMLElement>): void => {
    const rail = event.currentTarget.parentElement;
    if (grabbed.current === null || rail === null) return;
    const { x, window: from } = grabbed.current;
    const wanted = Math.round(((event.clientX - x) / rail.clientWidth) * count);
    const by = Math.min(all.last - from.last, Math.max(all.first - from.first, wanted));
    onMove({ first: from.first + by, last: from.last + by });
  };
  return (
    <div className={css["rail"]} aria-hidden>
      <svg viewBox={`0 0 ${OUTLINE.width} ${OUTLINE.height}`} preserveAspectRatio="none">
        <path d={path} />
      </svg>
      <i
        style={{ left: share(window.first), width: `${((window.last - window.first + 1) / count) * 100}%` }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          grabbed.current = { x: event.clientX, window };
        }}
        onPointerMove={move}
        onPointerUp={() => (grabbed.current = null)}
        onPointerCancel={() => (grabbed.current = null)}
      />
    </div>
  );
}

function useOutline(all: TokenRange, tokens: readonly TokenEvent[], of: (token: TokenEvent) => number): string {
  const steady = Math.floor(tokens.length / OUTLINE_EVERY);
  return useMemo(
    () => outlineOf(tokens.slice(all.first - 1).map(of)),
    // oxlint-disable-next-line react/exhaustive-deps -- on purpose not with every token
    [steady, all.first],
  );
}

function outlineOf(values: readonly number[]): string {
  const [, top] = linearAxis(reachOf(values).most).domain;
  const step = OUTLINE.width / Math.max(1, values.length);
  const heights = values.map((value) => OUTLINE.height * (1 - Math.min(1, value / top)));
  return `M0 ${OUTLINE.height}${heights.map((y, index) => `L${(index * step).toFixed(1)} ${y.toFixed(1)}h${step.toFixed(2)}`).join("")}V${OUTLINE.height}z`;
}
