/** What was measured of the link and what was added to it, apart; and one message each way, byte by byte. */
import { useMemo } from "react";
import type { RecordedFrame } from "#core/run/record/demo-recording.ts";
import { describeHeader } from "#core/frames/header-fields.ts";
import { median } from "#core/measure/summary.ts";
import type { RunRecord } from "#core/run/record.ts";
import { size } from "../../format/units.ts";
import css from "./demo.module.css";
import { SceneBars } from "./scene-bars.tsx";

export function LinkScene({
  record,
  frames,
}: {
  readonly record: RunRecord | undefined;
  readonly frames: readonly RecordedFrame[];
}) {
  if (record === undefined) return <p>No recorded run.</p>;
  const decode = record.tokens.slice(1);
  const added = median(decode.map(({ addedMs }) => addedMs)) ?? 0;
  const whole = median(decode.map(({ linkMs }) => linkMs)) ?? 0;
  const measured = Math.max(0, whole - added);
  return (
    <>
      <SceneBars
        bars={[
          { name: "measured: this machine to itself", ms: measured, fill: "var(--ink)" },
          {
            name: `added on purpose, to stand for ${record.resolved?.link.name ?? "the link"}`,
            ms: added,
            fill: "var(--part-uplink)",
          },
        ]}
        most={Math.max(measured, added)}
        names={20}
      />
      <p className={css["now"]}>Round trip of a token, medians of {decode.length}. The server counts the bytes too.</p>
      {frames.map((frame) => (
        <Frame key={frame.direction} frame={frame} />
      ))}
    </>
  );
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (two) => Number.parseInt(two, 16));

/** The header's fields told apart, the payload's first bytes behind them. */
function Frame({ frame }: { readonly frame: RecordedFrame }) {
  const bytes = useMemo(() => bytesOf(frame.head), [frame.head]);
  const header = describeHeader(bytes);
  if (header === null) return null;
  const payload = Array.from(bytes.subarray(header.bytes), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return (
    <figure className={css["frame"]}>
      <figcaption>
        {frame.direction === "up" ? "Up: an activation" : "Down: a token"}, {size(frame.bytes)}, as a listener on the
        wire saw it
      </figcaption>
      <p className={css["hex"]}>
        {header.fields.map(({ name, hex, meaning }) => (
          <span key={name} title={meaning}>
            {hex} <small>{name}</small>
          </span>
        ))}
        {payload !== "" && (
          <span data-payload>
            {payload}
            {frame.bytes > bytes.byteLength ? " \u2026" : ""} <small>payload</small>
          </span>
        )}
      </p>
    </figure>
  );
}
