/**
 * The bars of the show: a name, a bar and its time each, on one linear axis that the scene chooses,
 * so that lengths compare. On a phone names stand above their bars. Its height is in the stylesheet.
 */
import { useElementSize } from "@mantine/hooks";
import { Bar, ComposedChart, XAxis, YAxis, type BarShapeProps } from "recharts";
import { duration } from "../../format/units.ts";
import { usePhone } from "../../views/phone.ts";
import css from "../charts.module.css";

export interface ShowBar {
  readonly name: string;
  readonly ms: number;
  readonly fill: string;
}

interface Props {
  readonly bars: readonly ShowBar[];
  /** Milliseconds at the end of the axis. */
  readonly most: number;
  /** Width of the names, in letters' sizes. */
  readonly names: number;
}

/** Of a row's height, as `.showBars` has it in letters' sizes. */
const ROW = { wide: 2, phone: 3.2 } as const;
const BAR = 1.45;
/** Behind a bar, for its time. */
const TIME = 6;

export default function ShowBars({ bars, most, names }: Props) {
  const phone = usePhone();
  const { ref, width, height } = useElementSize<HTMLElement>();
  const row = height / Math.max(1, bars.length);
  const letter = row / (phone ? ROW.phone : ROW.wide);
  const left = phone ? 0 : names * letter;
  const said = bars.map(({ name, ms }) => `${name} ${duration(ms)}`).join(", ");
  return (
    <figure ref={ref} className={css["showBars"]} aria-label={said}>
      {width > 0 && height > 0 && (
        <ComposedChart
          layout="vertical"
          width={width}
          height={height}
          margin={{ top: 0, bottom: 0, left, right: TIME * letter }}
          data={[...bars]}
          barSize={BAR * letter}
          accessibilityLayer={false}
        >
          <XAxis type="number" domain={[0, Math.max(most, 1e-9)]} hide />
          <YAxis type="category" dataKey="name" hide />
          <Bar
            dataKey="ms"
            isAnimationActive={false}
            shape={({ x, y, width: long, height: high, index }: BarShapeProps) => {
              const bar = bars[index];
              return bar === undefined ? (
                <g />
              ) : (
                <NamedBar {...{ x, y, bar, letter, phone }} width={long} height={high} />
              );
            }}
          />
        </ComposedChart>
      )}
    </figure>
  );
}

interface NamedBarProps extends Pick<BarShapeProps, "x" | "y" | "width" | "height"> {
  readonly bar: ShowBar;
  readonly letter: number;
  readonly phone: boolean;
}

function NamedBar({ x, y, width, height, bar: { name, ms, fill }, letter, phone }: NamedBarProps) {
  const top = y + (phone ? letter * 0.6 : 0);
  const baseline = top + height / 2 + letter * 0.36;
  return (
    <g>
      <text x={phone ? x : 0} y={phone ? top - letter * 0.35 : baseline} fill="var(--ink)">
        {name}
      </text>
      <rect x={x} y={top} width={Math.max(2, width)} height={height} rx={2} fill={fill} />
      <text x={x + Math.max(2, width) + letter * 0.6} y={baseline} fill="var(--ink)">
        {duration(ms)}
      </text>
    </g>
  );
}
