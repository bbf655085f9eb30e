/** A stretch of a token's or a round's time: at which hop it was spent, and for what. `spans.ts` adds them up. */
import { described, number, object, oneOf, optional, whole, type Value } from "../../schema/schema.ts";

/** A token's part without its unit; of a round, both directions of its link are one. */
const spanPart = oneOf(
  "device",
  "encode",
  "uplink",
  "queue",
  "edge",
  "downlink",
  "decode",
  "sample",
  "outage",
  "other",
  "link",
);
export type SpanPart = Value<typeof spanPart>;

export const span = object({
  hop: described(whole(0), "0 is the end device, 1 the first edge server, and so on"),
  part: spanPart,
  ms: number,
  joules: optional(number),
  /** Left out where it was measured. */
  source: optional(oneOf("modelled")),
});
export type Span = Value<typeof span>;
