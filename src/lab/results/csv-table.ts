/** Rows as CSV (RFC 4180), every number as it was measured; null is an empty cell. */
export type Cell = string | number | null;

const quoted = (cell: Cell): string => {
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvTable = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  `${[columns, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
