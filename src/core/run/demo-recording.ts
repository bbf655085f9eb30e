/**
 * What the show for a stand plays: real runs at several cuts, one that was sabotaged on purpose,
 * and the first bytes of two frames as a listener on the wire saw them. Written by
 * `npm run record:demo`, read by the page.
 */
import type { Result } from "./failure.ts";
import { list, object, oneOf, readWith, text, unfit, whole, type Reader } from "./json-reader.ts";
import { readRunRecord } from "./read-record.ts";
import type { RunRecord } from "./record.ts";

export const DEMO_SCHEMA = 1;

/** One message between tab and edge, counted outside both. */
export interface RecordedFrame {
  readonly direction: "up" | "down";
  /** Of the whole message. */
  readonly bytes: number;
  /** Its first bytes, two hexadecimal digits each. */
  readonly head: string;
}

export interface DemoRecording {
  readonly schema: typeof DEMO_SCHEMA;
  /** In words, as whoever recorded it gave it. */
  readonly machine: string;
  /** What limits its figures; empty where nothing does. */
  readonly note: string;
  /** One run a cut, from few blocks on the device to many. */
  readonly cuts: readonly RunRecord[];
  /** A run with one activation corrupted on the way, and where. */
  readonly broken: RunRecord;
  readonly brokenAtToken: number;
  readonly frames: readonly RecordedFrame[];
}

const record: Reader<RunRecord> = (value, path) => readRunRecord(value) ?? unfit(path, value, "a run record");
const frame: Reader<RecordedFrame> = object({ direction: oneOf("up", "down"), bytes: whole(0), head: text });

const demo: Reader<DemoRecording> = object({
  schema: oneOf(DEMO_SCHEMA),
  machine: text,
  note: text,
  cuts: list(record),
  broken: record,
  brokenAtToken: whole(0),
  frames: list(frame),
});

export const readDemo = (value: unknown): Result<DemoRecording> => readWith(demo, value, "demo");
