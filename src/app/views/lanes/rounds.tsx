/**
 * The rounds of a run that drafts: what drafting came to, and each window as it was drafted, flew
 * and was judged, on the run's own time axis. Windows in flight together stand below each other.
 */
import { useMemo } from "react";
import type { RunRecord } from "#core/run/record.ts";
import { barsOf, cooperationFigures, FATE_NAMES, roundFigures, type RoundBars } from "../../derive/rounds.ts";
import css from "./rounds.module.css";

const ROW_PX = 7;
const MOST_ROWS = 60;

export function Rounds({ record, widthPx }: { readonly record: RunRecord; readonly widthPx: number }) {
  const { rounds = [], tokens, totals } = record;
  const bars = useMemo(() => rounds.slice(0, MOST_ROWS).map(barsOf), [rounds]);
  const { speculation, cooperation } = totals;
  if (speculation === undefined && cooperation === undefined) return null;
  const figures = [...(speculation === undefined ? [] : roundFigures(speculation)), ...(cooperation === undefined ? [] : cooperationFigures(cooperation, record.quality))];
  const endMs = Math.max(tokens.at(-1)?.atMs ?? 0, ...bars.map(({ flight }) => flight[1]));
  const fates = [...new Set(tokens.flatMap(({ fate }) => fate ?? []))];
  return (
    <section className={css["rounds"]} aria-label="Rounds of drafting and verifying" data-testid="rounds">
      <dl className={css["figures"]}>
        {figures.map(({ name, meaning, value }) => (
          <div key={name} title={meaning}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {bars.length > 0 && (
        <svg className={css["svg"]} height={bars.length * ROW_PX} role="img" aria-label={`${bars.length} rounds, one a row: drafting, then the flight with judging in its middle`}>
          {endMs > 0 && bars.map((each, row) => <Bars key={each.index} bars={each} row={row} scale={widthPx / endMs} />)}
        </svg>
      )}
      {bars.length > 0 && (
        <p className={css["note"]}>
          Solid: drafting in this tab. Outlined: on the way and back. Dark: judging at the edge, drawn in the middle of the flight, since one clock cannot tell up from down. Dashed: dropped.
          {rounds.length > MOST_ROWS && ` The first ${MOST_ROWS} of ${rounds.length} rounds.`}
        </p>
      )}
      <ul className={css["legend"]} aria-label="What became of tokens">
        {fates.map((fate) => (
          <li key={fate}>
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

function Bars({ bars, row, scale }: { readonly bars: RoundBars; readonly row: number; readonly scale: number }) {
  const y = row * ROW_PX;
  const rect = ([from, to]: readonly [number, number], className: string | undefined, inset: number) => (
    <rect className={className} x={from * scale} y={y + inset} width={Math.max(0.5, (to - from) * scale)} height={ROW_PX - 1 - 2 * inset} />
  );
  return (
    <g data-dropped={bars.dropped}>
      <title>{bars.label}</title>
      {rect(bars.draft, css["draft"], 0)}
      {rect(bars.flight, bars.dropped ? css["dropped"] : css["flight"], 0.5)}
      {bars.judging !== null && rect(bars.judging, css["judging"], 1)}
    </g>
  );
}
