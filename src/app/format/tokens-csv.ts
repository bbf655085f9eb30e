/** Token events as CSV: one row a token. */
import { TOKEN_PARTS, type TokenEvent } from "#core/run/record.ts";
import { csvTable } from "#lab/results/csv-table.ts";

/** The spans by hop are for JSON. */
export const TOKEN_COLUMNS: readonly Exclude<keyof TokenEvent, "spans">[] = [
  "index",
  "id",
  "text",
  "atMs",
  ...TOKEN_PARTS,
  "linkMs",
  "addedMs",
  "upBytes",
  "downBytes",
  "positions",
  "round",
  "fate",
];

export const tokensCsv = (tokens: readonly TokenEvent[]): string =>
  csvTable(
    TOKEN_COLUMNS,
    tokens.map((token) => TOKEN_COLUMNS.map((column) => token[column] ?? null)),
  );
