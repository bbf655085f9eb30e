/** Token events as CSV (RFC 4180): one row a token, every number as it was measured. */
import type { TokenEvent } from "#core/run/record.ts";

/** The spans by hop are for JSON. */
export const TOKEN_COLUMNS: readonly Exclude<keyof TokenEvent, "spans">[] = [
  "index",
  "id",
  "text",
  "atMs",
  "deviceMs",
  "encodeMs",
  "uplinkMs",
  "queueMs",
  "edgeMs",
  "downlinkMs",
  "decodeMs",
  "sampleMs",
  "outageMs",
  "otherMs",
  "linkMs",
  "addedMs",
  "upBytes",
  "downBytes",
  "positions",
  "round",
  "fate",
];

const cell = (value: string | number): string =>
  typeof value === "string" && /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value);

export function tokensCsv(tokens: readonly TokenEvent[]): string {
  return (
    [
      TOKEN_COLUMNS.join(","),
      ...tokens.map((token) => TOKEN_COLUMNS.map((column) => cell(token[column] ?? "")).join(",")),
    ].join("\r\n") + "\r\n"
  );
}
