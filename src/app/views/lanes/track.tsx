/**
 * One run on the common time axis, a row per place where time goes: this tab, the link, the edge.
 * Nine paths however many tokens; the token under the pointer or the keys is read out, and clicking
 * picks it.
 */
import { useMemo, useState } from "react";
import { TOKEN_PARTS, type CutMove, type TokenEvent } from "#core/run/record.ts";
import { DrawingCursor } from "../../charts/readout/drawing-cursor.tsx";
import { tokenReadout } from "../../charts/readout/token-readout.ts";
import { movedText } from "../../derive/move-text.ts";
import { arrivedBy, pathsOf, startOf, tokenAt } from "../../derive/timeline.ts";
import css from "./lanes.module.css";
import { partFill } from "../../derive/part-fill.ts";

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
  /** The token that a chart of the run points at. */
  readonly pointed?: number | null;
  readonly summary: string;
  readonly onPick: (index: number | null) => void;
  /** Hears which token is read out here. */
  readonly onPoint?: (index: number | null) => void;
}

export function Track(props: Props) {
  const { tokens, moves, widthPx, axisMs, playheadMs, picked, pointed = null, summary, onPick, onPoint } = props;
  const [at, setAt] = useState<number | null>(null);
  const plotPx = Math.max(0, widthPx - NAMES_PX);
  const scale = axisMs > 0 ? plotPx / axisMs : 0;
  const paths = useMemo(() => pathsOf(tokens, scale, playheadMs, ROWS), [tokens, scale, playheadMs]);
  const pick = picked === null ? undefined : tokens[picked];
  const arrived = arrivedBy(tokens, playheadMs);
  const marked = tokens[at ?? pointed ?? -1];
  const move = (index: number | null): void => {
    if (index === at) return;
    setAt(index);
    onPoint?.(index);
  };
  const indexAt = (px: number): number | null => {
    const ms = (px - NAMES_PX) / scale;
    const last = tokens.at(-1);
    return last === undefined || px < NAMES_PX || ms > last.atMs ? null : tokenAt(tokens, ms);
  };
  const middleOf = (index: number): number =>
    NAMES_PX + ((startOf(tokens, index) + (tokens[index]?.atMs ?? 0)) / 2) * scale;
  return (
    <DrawingCursor
      summary={summary}
      count={arrived}
      at={at}
      readout={at === null || at >= arrived ? null : tokenReadout(tokens, at + 1, TOKEN_PARTS)}
      onMove={move}
      onPick={onPick}
      indexAt={indexAt}
      cardAt={{ px: middleOf(at ?? 0) }}
      testId="track"
    >
      <svg className={css["svg"]} height={TRACK_HEIGHT} aria-hidden>
        {NAMES.map(([row, name]) => (
          <text key={row} className={css["rowLabel"]} x={0} y={ROWS[row][0] + 12}>
            {name}
          </text>
        ))}
        <g transform={`translate(${NAMES_PX} 0)`}>
          <Grounds plotPx={plotPx} />
          {TOKEN_PARTS.map((part) => {
            const path = paths.get(part);
            return path === undefined ? null : <path key={part} d={path} fill={partFill(part)} />;
          })}
          {moves.map((move) => (
            <MoveMark key={move.after} move={move} atPx={move.atMs * scale} />
          ))}
          {marked !== undefined && <TokenFrame tokens={tokens} token={marked} scale={scale} look="pointed" />}
          {pick !== undefined && <TokenFrame tokens={tokens} token={pick} scale={scale} look="pick" />}
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
    </DrawingCursor>
  );
}

const Grounds = ({ plotPx }: { readonly plotPx: number }) => (
  <>
    <rect className={css["ground"]} y={ROWS.tab[0]} width={plotPx} height={ROWS.tab[1]} />
    <rect
      className={css["groundLink"]}
      x={0.5}
      y={ROWS.link[0] + 0.5}
      width={Math.max(0, plotPx - 1)}
      height={ROWS.link[1] - 1}
    />
    <rect className={css["groundEdge"]} y={ROWS.edge[0]} width={plotPx} height={ROWS.edge[1]} />
  </>
);

interface FrameProps {
  readonly tokens: readonly TokenEvent[];
  readonly token: TokenEvent;
  readonly scale: number;
  readonly look: "pointed" | "pick";
}

/** Around all rows of one token. */
function TokenFrame({ tokens, token, scale, look }: FrameProps) {
  const from = startOf(tokens, token.index);
  const width = Math.max(look === "pointed" ? 2 : 0, (token.atMs - from) * scale);
  return <rect className={css[look]} x={from * scale} y={-2} width={width} height={TRACK_HEIGHT + 4} />;
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
