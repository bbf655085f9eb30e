/** The frame inspector: a real header decoded field by field, and both ends' byte counts. */
import { useState } from "react";
import { describeHeader } from "#core/frames/header-fields.ts";
import type { FrameTrace } from "#core/run/worker-api.ts";
import { duration, size } from "../../format/units.ts";
import { useFocus } from "../model.ts";
import css from "./panels.module.css";

export function FramePanel() {
  const lane = useFocus();
  const frames = lane?.frames ?? [];
  const [chosen, setChosen] = useState<number | null>(null);
  // The handshake comes first and has no header: what is shown at first is the largest frame that has one.
  const telling = frames.reduce<FrameTrace | undefined>(
    (best, each) =>
      each.payloadBytes > (best?.payloadBytes ?? 0) && describeHeader(each.header) !== null ? each : best,
    undefined,
  );
  const frame = chosen === null ? (telling ?? frames[0]) : frames[Math.min(chosen, frames.length - 1)];
  if (frame === undefined)
    return <p>No frames yet. Run a split or edge-only request over the link; recorded runs keep none.</p>;
  return (
    <div className={css["body"]} data-testid="frames">
      <Counts frames={frames} />
      <div className={css["frames"]}>
        <ol className={css["frameList"]} aria-label="Frames in order">
          {frames.map((each, index) => (
            <li key={index}>
              <button
                type="button"
                className={css["frameRow"]}
                aria-pressed={each === frame}
                onClick={() => setChosen(index)}
              >
                <span>{duration(each.atMs)}</span>
                <span>{each.direction}</span>
                <span>{describeHeader(each.header)?.kind ?? "text"}</span>
                <span>{size(each.bytes)}</span>
              </button>
            </li>
          ))}
        </ol>
        <Header frame={frame} />
      </div>
    </div>
  );
}

function Counts({ frames }: { readonly frames: readonly FrameTrace[] }) {
  const sum = (direction: "up" | "down"): number =>
    frames.reduce((total, frame) => total + (frame.direction === direction ? frame.bytes : 0), 0);
  const edge = frames.findLast((frame) => frame.edgeCount !== null)?.edgeCount ?? null;
  return (
    <table className={css["table"]}>
      <thead>
        <tr>
          <th scope="col">Counted by</th>
          <th scope="col">up</th>
          <th scope="col">down</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">This tab, frames listed</th>
          <td>{size(sum("up"))}</td>
          <td>{size(sum("down"))}</td>
        </tr>
        <tr>
          <th scope="row">The edge, at its last report</th>
          <td>{edge === null ? "not reported yet" : size(edge.upBytes)}</td>
          <td>{edge === null ? "" : size(edge.downBytes)}</td>
        </tr>
      </tbody>
    </table>
  );
}

function Header({ frame }: { readonly frame: FrameTrace }) {
  const header = describeHeader(frame.header);
  if (header === null) return <p>{size(frame.bytes)} of text: the handshake has no binary header.</p>;
  return (
    <div>
      <table className={css["table"]}>
        <caption className="hidden-visually">Header, {frame.header.byteLength} bytes, little-endian</caption>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Field</th>
            <th scope="col">Bytes</th>
            <th scope="col">Means</th>
          </tr>
        </thead>
        <tbody>
          {header.fields.map((field) => (
            <tr key={field.offset}>
              <td>{field.offset}</td>
              <th scope="row">{field.name}</th>
              <td className={css["hex"]}>{field.hex}</td>
              <td>{field.meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={css["note"]}>Then {size(frame.payloadBytes)} of payload.</p>
    </div>
  );
}
