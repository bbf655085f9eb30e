/**
 * What the show for a stand plays: real runs at several cuts, one that was sabotaged on purpose,
 * and the first bytes of two frames as a listener on the wire saw them. Written by
 * `npm run record:demo`, read by the page.
 */
import { list, object, oneOf, text, whole, type Value } from "../../schema/schema.ts";
import { readWith } from "../../schema/read.ts";
import type { Result } from "../failure.ts";
import { anyRunRecord } from "./read-record.ts";

export const DEMO_SCHEMA = 1;

/** One message between tab and edge, counted outside both. */
const frame = object({
  direction: oneOf("up", "down"),
  /** Of the whole message. */
  bytes: whole(0),
  /** Its first bytes, two hexadecimal digits each. */
  head: text,
});
export type RecordedFrame = Value<typeof frame>;

const demo = object({
  schema: oneOf(DEMO_SCHEMA),
  /** In words, as whoever recorded it gave it. */
  machine: text,
  /** What limits its figures; empty where nothing does. */
  note: text,
  /** One run a cut, from few blocks on the device to many. */
  cuts: list(anyRunRecord),
  /** A run with one activation corrupted on the way, and where. */
  broken: anyRunRecord,
  brokenAtToken: whole(0),
  frames: list(frame),
});
export type DemoRecording = Value<typeof demo>;

export const readDemo = (value: unknown): Result<DemoRecording> => readWith(demo, value, "demo");
