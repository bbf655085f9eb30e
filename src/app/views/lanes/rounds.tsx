/**
 * The rounds of a run that drafts: what drafting came to, and each window as it was drafted, flew
 * and was judged, from the first drafted token on. Windows in flight together stand below each other.
 */
import { useMemo, useState } from "react";
import type { RunRecord } from "#core/run/record.ts";
import { factsOf } from "#core/strategies/table.ts";
import { DrawingCursor } from "../../charts/readout/drawing-cursor.tsx";
import {
  barsOf,
  cooperationFigures,
  FATE_NAMES,
  roundFigures,
  roundReadout,
  type RoundBars,
  type RoundMark,
} from "../../derive/rounds.ts";
import { roundTicks } from "#lab/plot/round-ticks.ts";
import { duration } from "../../format/units.ts";
import { Term } from "../term/term.tsx";
import css from "./rounds.module.css";

const ROW_PX = 10;
const AXIS_PX = 22;
/** Of the axis, on the safe side. */
const LETTER_PX = 7.5;
const MOST_ROWS = 60;
const MARK_PX = 6;

export function Rounds({ record, widthPx }: { readonly record: RunRecord; readonly widthPx: number }) {
  const { rounds = [], tokens, totals } = record;
  // The prompt's own round drafts nothing, and may take longer than all others.
  const windows = useMemo(() => rounds.filter(({ drafted }) => drafted.length > 0), [rounds]);
  const bars = useMemo(() => windows.slice(0, MOST_ROWS).map(barsOf), [windows]);
  const { speculation, cooperation } = totals;
  const atEdge = factsOf(record.config.mode).drafts?.where === "edge";
  if (speculation === undefined && cooperation === undefined) return null;
  const figures = [
    ...(speculation === undefined ? [] : roundFigures(speculation, atEdge)),
    ...(cooperation === undefined ? [] : cooperationFigures(cooperation, record.quality)),
  ];
  const fromMs = Math.min(...bars.map(({ draft }) => draft[0]));
  const spanMs = Math.max(...bars.map(({ flight }) => flight[1])) - fromMs;
  const fates = [...new Set([...tokens.flatMap(({ fate }) => fate ?? []), ...windows.flatMap((round) => round.fates)])];
  return (
    <section className={css["rounds"]} aria-label="Rounds of drafting and verifying" data-testid="rounds">
      <dl className={css["figures"]}>
        {figures.map(({ name, term, meaning, value }) => (
          <div key={name}>
            <dt>
              <Term of={term}>{name}</Term>
            </dt>
            <dd>
              {value} <span className={css["meaning"]}>{meaning}</span>
            </dd>
          </div>
        ))}
      </dl>
      {bars.length > 0 && <Windows bars={bars} fromMs={fromMs} spanMs={spanMs} widthPx={widthPx} />}
      {bars.length > 0 && (
        <p className={css["note"]}>
          {atEdge ? AT_EDGE : ON_DEVICE} Behind each, a mark for every token it drafted, and the bonus.
          {windows.length > MOST_ROWS && ` The first ${MOST_ROWS} of ${windows.length} windows.`}
        </p>
      )}
      {record.resolved?.draftLimit !== undefined && (
        <p className={css["note"]}>
          Windows of {record.resolved.draftLimit.tokens} drafted tokens at most: {record.resolved.draftLimit.why}.
        </p>
      )}
      <ul className={css["legend"]} aria-label="What became of tokens">
        {fates.map((fate) => (
          <li key={fate}>
            {isMark(fate) && (
              <svg className={css["key"]} width={9} height={9} aria-hidden>
                <Mark mark={fate} x={4.5} y={4.5} />
              </svg>
            )}
            <span className="fate" data-fate={fate}>
              {fate}
            </span>{" "}
            {FATE_NAMES[fate]}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface WindowsProps {
  readonly bars: readonly RoundBars[];
  readonly fromMs: number;
  readonly spanMs: number;
  readonly widthPx: number;
}

/** One window a row; the one under the pointer or the keys is read out. */
function Windows({ bars, fromMs, spanMs, widthPx }: WindowsProps) {
  const [at, setAt] = useState<number | null>(null);
  const scale = spanMs > 0 ? widthPx / spanMs : 0;
  const chosen = at === null ? undefined : bars[at];
  return (
    <DrawingCursor
      summary={`${bars.length} windows, one a row: drafting, then the flight with judging in its middle`}
      count={bars.length}
      at={at}
      readout={chosen === undefined ? null : roundReadout(chosen)}
      onMove={setAt}
      indexAt={(_, py) => Math.floor(py / ROW_PX)}
      cardAt={{ px: widthPx / 2, py: ((at ?? 0) + 1) * ROW_PX + 6 }}
      testId="windows"
    >
      <svg className={css["svg"]} height={bars.length * ROW_PX + AXIS_PX} aria-hidden>
        {at !== null && <rect className={css["chosen"]} y={at * ROW_PX - 1} width={widthPx} height={ROW_PX} />}
        {bars.map((each, row) => (
          <Bars key={each.index} bars={each} row={row} xOf={(ms) => (ms - fromMs) * scale} widthPx={widthPx} />
        ))}
        <Axis y={bars.length * ROW_PX} fromMs={fromMs} spanMs={spanMs} widthPx={widthPx} />
      </svg>
    </DrawingCursor>
  );
}

const ON_DEVICE =
  "Solid: drafting in this tab. Outlined: on the way and back. Filled inside it: judging at the edge, drawn in the middle of the flight, since one clock cannot tell up from down. Dashed: dropped.";
const AT_EDGE =
  "Outlined: from one round's arrival to the next one's. Filled inside it: drafting and judging at the edge, which wait for no window to cross.";

const isMark = (fate: string): fate is RoundMark =>
  fate === "accepted" || fate === "corrected" || fate === "wasted" || fate === "bonus";

/** What became of one token, by its shape: a dot stood, a cross fell, a ring was in vain, a diamond is the bonus. */
function Mark({ mark, x, y }: { readonly mark: RoundMark; readonly x: number; readonly y: number }) {
  switch (mark) {
    case "accepted":
      return <circle className={css["stood"]} cx={x} cy={y} r={2.2} />;
    case "corrected":
      return <path className={css["fell"]} d={`M${x - 2.2} ${y - 2.2}l4.4 4.4M${x + 2.2} ${y - 2.2}l-4.4 4.4`} />;
    case "wasted":
      return <circle className={css["vain"]} cx={x} cy={y} r={1.9} />;
    case "bonus":
      return <path className={css["bonus"]} d={`M${x} ${y - 3}l3 3l-3 3l-3 -3z`} />;
  }
}

/** Times since the press. */
function Axis({
  y,
  fromMs,
  spanMs,
  widthPx,
}: {
  readonly y: number;
  readonly fromMs: number;
  readonly spanMs: number;
  readonly widthPx: number;
}) {
  const begin = `${duration(fromMs)} after the press`;
  const scale = spanMs > 0 ? widthPx / spanMs : 0;
  const marks = roundTicks(0, spanMs, Math.max(2, Math.floor(widthPx / 120))).filter(
    (ms) => ms * scale > begin.length * LETTER_PX + 40,
  );
  return (
    <g className={css["axis"]} transform={`translate(0 ${y})`}>
      <line x1={0} x2={widthPx} y1={0.5} y2={0.5} />
      <line x1={0.5} x2={0.5} y1={0.5} y2={4.5} />
      <text x={0} y={16}>
        {begin}
      </text>
      {marks.map((ms) => {
        const x = Math.min(ms * scale, widthPx - 0.5);
        return (
          <g key={ms}>
            <line x1={x} x2={x} y1={0.5} y2={4.5} />
            <text x={x} y={16} textAnchor={x > widthPx - 30 ? "end" : "middle"}>
              {`+${duration(ms)}`}
            </text>
          </g>
        );
      })}
    </g>
  );
}

function Bars({
  bars,
  row,
  xOf,
  widthPx,
}: {
  readonly bars: RoundBars;
  readonly row: number;
  readonly xOf: (ms: number) => number;
  readonly widthPx: number;
}) {
  const y = row * ROW_PX;
  // Behind the flight, or in front of the drafting where there is no room behind.
  const marksPx = bars.marks.length * MARK_PX;
  const after = xOf(bars.flight[1]) + MARK_PX;
  const marksX = after + marksPx <= widthPx ? after : Math.max(MARK_PX / 2, xOf(bars.draft[0]) - marksPx);
  const rect = ([from, to]: readonly [number, number], className: string | undefined, inset: number) => (
    <rect
      className={className}
      x={xOf(from)}
      y={y + inset}
      width={Math.max(0.5, xOf(to) - xOf(from))}
      height={ROW_PX - 2 - 2 * inset}
    />
  );
  return (
    <g data-dropped={bars.dropped}>
      {rect(bars.draft, css["draft"], 0)}
      {rect(bars.flight, bars.dropped ? css["dropped"] : css["flight"], 0.5)}
      {bars.judging !== null && rect(bars.judging, css["judging"], 1)}
      {bars.marks.map((mark, at) => (
        <Mark key={at} mark={mark} x={marksX + at * MARK_PX} y={y + (ROW_PX - 2) / 2} />
      ))}
    </g>
  );
}
