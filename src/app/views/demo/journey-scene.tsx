/** One token's way, slowed down until the eye can follow it: the strip above, its time below. */
import { useElementSize } from "@mantine/hooks";
import type { RunRecord } from "#core/run/record.ts";
import { momentAt, PART_MEANINGS, PART_NAMES, startOf } from "../../derive/timeline.ts";
import { duration } from "../../format/units.ts";
import { Track } from "../lanes/track.tsx";
import css from "./demo.module.css";
import { DemoStrip } from "./demo-strip.tsx";

/** Not the first token, which carries the whole prompt and is not typical: a word of the request that comes back, where there is one. */
function followedIn(record: RunRecord | undefined): number {
  const { prompt = "" } = record?.config ?? {};
  const word = (text: string): boolean => /\p{L}{3}/u.test(text) && prompt.includes(text.trim());
  return record?.tokens.find(({ index, text }) => index > 0 && word(text))?.index ?? 1;
}

/** The scene opens and ends still. */
const FROM = 0.06;
const TO = 0.9;

export function JourneyScene({
  record,
  progress,
}: {
  readonly record: RunRecord | undefined;
  readonly progress: number;
}) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const followed = followedIn(record);
  const token = record?.tokens[followed];
  if (record === undefined || token === undefined) return <p>No recorded run.</p>;
  const startMs = startOf(record.tokens, followed);
  const lengthMs = token.atMs - startMs;
  const alone = [{ ...token, index: 0, atMs: lengthMs }];
  const ms = Math.min(1, Math.max(0, (progress - FROM) / (TO - FROM))) * lengthMs;
  const moment = momentAt(alone, ms);
  const arrived = ms >= lengthMs;
  return (
    <>
      <DemoStrip
        blocks={record.resolved?.blocks ?? 12}
        cut={record.resolved?.cut ?? 0}
        moment={moment}
        upBytes={token.upBytes}
        downBytes={token.downBytes}
      />
      <p className={css["now"]}>
        {arrived || moment === null
          ? `One token in ${duration(lengthMs)}`
          : `${PART_NAMES[moment.span.part]}: ${PART_MEANINGS[moment.span.part]}, ${duration(moment.span.toMs - moment.span.fromMs)}`}
      </p>
      <div ref={ref} className={css["track"]}>
        <Track
          tokens={alone}
          moves={[]}
          widthPx={width}
          axisMs={lengthMs}
          playheadMs={ms}
          picked={null}
          summary={`One token: ${duration(lengthMs)}, ${duration(token.linkMs)} of it on the link`}
          onPick={() => undefined}
        />
      </div>
      <p className={css["text"]}>
        <q>{record.config.prompt}</q> <span>{"\u2026"}</span>
        <mark data-arrived={arrived}>{arrived ? token.text : "\u2026"}</mark>
      </p>
    </>
  );
}
