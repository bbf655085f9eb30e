/** The rotary tables as weights of a graph: both in one piece of external data, cosines first. */
import type { RotaryTables } from "../model/rotary.ts";
import { joined } from "../frames/joined.ts";
import type { Weight } from "./graph.ts";
import { PORTS } from "./ports.ts";

/** The external data's location, beside the shards' hashes. */
export const ROTARY = "rotary";

export function rotaryWeights({ rows, columns }: RotaryTables): { readonly cosine: Weight; readonly sine: Weight } {
  const bytes = 4 * rows * columns;
  const table = (name: string, offset: number): Weight => ({
    kind: "weight",
    name,
    type: "F32",
    shape: [rows, columns],
    location: ROTARY,
    offset,
    bytes,
  });
  return { cosine: table(PORTS.cosine, 0), sine: table(PORTS.sine, bytes) };
}

/** What lies at `ROTARY`. */
export const rotaryBytes = ({ cosine, sine }: RotaryTables): Uint8Array =>
  joined([cosine, sine].map((table) => new Uint8Array(table.buffer, table.byteOffset, table.byteLength)));
