/** The recorded runs of one request on one time axis, slowed down by the same factor for all. */
import { useElementSize } from "@mantine/hooks";
import type { RunRecord } from "#core/run/record.ts";
import { modeName } from "../../derive/lane-text.ts";
import { wordsBy } from "../../derive/words/told.ts";
import { duration, times } from "../../format/units.ts";
import { AgreementBadge } from "../verdict/badge.tsx";
import { Track } from "../lanes/track.tsx";
import css from "./demo.module.css";

/** The race takes this share of the scene; its end stands still. */
const RACING = 0.75;

export function RaceScene({
  records,
  progress,
  sceneMs,
}: {
  readonly records: readonly RunRecord[];
  readonly progress: number;
  readonly sceneMs: number;
}) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const axisMs = Math.max(1, ...records.map(({ tokens }) => tokens.at(-1)?.atMs ?? 0));
  const ms = Math.min(1, progress / RACING) * axisMs;
  const over = ms >= axisMs;
  const order = over ? records.toSorted((a, b) => endOf(a) - endOf(b)).map(({ config }) => config.mode) : [];
  return (
    <div ref={ref} className={css["race"]}>
      {records.map((record) => (
        <article key={record.config.mode} aria-label={modeName(record.config.mode)}>
          <h2>
            {modeName(record.config.mode)}{" "}
            {over && (
              <em>
                {order.indexOf(record.config.mode) + 1}. after {duration(endOf(record))}
              </em>
            )}{" "}
            <AgreementBadge agreement={record.agreement} mode={record.config.mode} testId="demo-badge" />
          </h2>
          <Track
            tokens={record.tokens}
            moves={record.moves ?? []}
            widthPx={width}
            axisMs={axisMs}
            playheadMs={over ? null : ms}
            picked={null}
            summary={`${modeName(record.config.mode)}: ${record.tokens.length} tokens in ${duration(endOf(record))}`}
            onPick={() => undefined}
          />
          <p className={css["line"]}>{wordsBy(record.tokens, ms)}</p>
        </article>
      ))}
      <p className={css["now"]}>
        {over
          ? "All three said the same. What the split run buys is the edge\u2019s time and memory, not yours."
          : `${duration(ms)} of ${duration(axisMs)}, slowed down ${times((sceneMs * RACING) / axisMs)}`}
      </p>
    </div>
  );
}

const endOf = ({ tokens }: RunRecord): number => tokens.at(-1)?.atMs ?? 0;
