/**
 * One run on the common time axis, a row per place where time goes: this tab, the link, the edge.
 * Nine paths however many tokens; clicking picks the token under the pointer.
 */
import { useMemo } from "react";
import { TOKEN_PARTS, type CutMove, type TokenEvent } from "#core/run/record.ts";
import { movedText } from "../../derive/move-text.ts";
import { pathsOf, startOf, tokenAt } from "../../derive/timeline.ts";
import css from "./lanes.module.css";

const ROWS = { tab: [0, 15], link: [17, 15], edge: [34, 15] } as const;
const TRACK_HEIGHT = 49;
/** Room on the left for the rows' names. */
export const NAMES_PX = 38;

const NAMES: readonly (readonly [keyof typeof ROWS, string])[] = [
  ["tab", "tab"],
  ["link", "link"],
  ["edge", "edge"],
];

interface Props {
  readonly tokens: readonly TokenEvent[];
  readonly moves: readonly CutMove[];
  readonly widthPx: number;
  readonly axisMs: number;
  readonly playheadMs: number | null;
  readonly picked: number | null;
  readonly summary: string;
  readonly onPick: (index: number | null) => void;
}

export function Track({ tokens, moves, widthPx, axisMs, playheadMs, picked, summary, onPick }: Props) {
  const plotPx = Math.max(0, widthPx - NAMES_PX);
  const scale = axisMs > 0 ? plotPx / axisMs : 0;
  const paths = useMemo(() => pathsOf(tokens, scale, playheadMs, ROWS), [tokens, scale, playheadMs]);
  const pick = picked === null ? undefined : tokens[picked];
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- a short cut for the pointer: the tokens below are buttons
    <svg
      className={css["svg"]}
      height={TRACK_HEIGHT}
      role="img"
      aria-label={summary}
      onClick={(event) => {
        const ms = (event.clientX - event.currentTarget.getBoundingClientRect().left - NAMES_PX) / scale;
        const last = tokens.at(-1);
        onPick(last === undefined || ms > last.atMs ? null : tokenAt(tokens, ms));
      }}
    >
      {NAMES.map(([row, name]) => (
        <text key={row} className={css["rowLabel"]} x={0} y={ROWS[row][0] + 12}>
          {name}
        </text>
      ))}
      <g transform={`translate(${NAMES_PX} 0)`}>
        <rect className={css["ground"]} y={ROWS.tab[0]} width={plotPx} height={ROWS.tab[1]} />
        <rect
          className={css["groundLink"]}
          x={0.5}
          y={ROWS.link[0] + 0.5}
          width={Math.max(0, plotPx - 1)}
          height={ROWS.link[1] - 1}
        />
        <rect className={css["groundEdge"]} y={ROWS.edge[0]} width={plotPx} height={ROWS.edge[1]} />
        {TOKEN_PARTS.map((part) => {
          const path = paths.get(part);
          return path === undefined ? null : <path key={part} d={path} fill={`url(#pattern-${part})`} />;
        })}
        {moves.map((move) => (
          <MoveMark key={move.after} move={move} atPx={move.atMs * scale} />
        ))}
        {pick !== undefined && (
          <rect
            className={css["pick"]}
            x={startOf(tokens, pick.index) * scale}
            y={-2}
            width={(pick.atMs - startOf(tokens, pick.index)) * scale}
            height={TRACK_HEIGHT + 4}
          />
        )}
        {playheadMs !== null && (
          <line
            className={css["playhead"]}
            x1={playheadMs * scale}
            x2={playheadMs * scale}
            y1={-4}
            y2={TRACK_HEIGHT + 4}
          />
        )}
      </g>
    </svg>
  );
}

/** Where the cut moved: a line across the rows, and where it went. */
function MoveMark({ move, atPx }: { readonly move: CutMove; readonly atPx: number }) {
  return (
    <g data-testid="move-mark">
      <title>{movedText(move)}</title>
      <line className={css["move"]} x1={atPx} x2={atPx} y1={-5} y2={TRACK_HEIGHT + 3} />
      <text className={css["moveLabel"]} x={atPx + 3} y={-1}>
        {`cut ${move.to}`}
      </text>
    </g>
  );
}
