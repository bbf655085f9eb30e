/**
 * What a file is, by its content: names and endings say little of what people drop on a page. Only
 * recognised here, from its first bytes and lines; whoever opens it reads it whole, and says what in it is wrong.
 */
import { isRecord, readJson } from "#core/schema/json.ts";

export type FileKind =
  | { readonly kind: "record" | "results" | "experiment" | "prompts" | "trace-csv" | "mahimahi" }
  /** Bytes and not text: `name` is what they are, as far as it is known. */
  | { readonly kind: "binary"; readonly name: string; readonly zip: boolean }
  | { readonly kind: "unknown"; readonly line: number; readonly begins: string }
  | { readonly kind: "empty" };

export function fileKindOf(bytes: Uint8Array, text: string): FileKind {
  const binary = binaryKind(bytes);
  if (binary !== null) return binary;
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const at = lines.findIndex((line) => line.trim() !== "");
  const first = lines[at]?.trim();
  if (first === undefined) return { kind: "empty" };
  return jsonKind(text, first) ?? traceKind(lines.slice(at), first) ?? { kind: "unknown", line: at + 1, begins: first };
}

/** How files begin that somebody may mistake for one of ours. */
const MAGIC: readonly (readonly [string, string])[] = [
  ["PK\u0003\u0004", "a zip archive"],
  ["PK\u0005\u0006", "an empty zip archive"],
  ["\u001f\u008b", "a gzip archive"],
  ["\u0089PNG", "a PNG picture"],
  ["\u00ff\u00d8\u00ff", "a JPEG picture"],
  ["%PDF", "a PDF document"],
  ["GGUF", "a model in the GGUF format"],
];
const LOOKED_AT = 4096;

function binaryKind(bytes: Uint8Array): FileKind | null {
  const begins = String.fromCharCode(...bytes.subarray(0, 4));
  const known = MAGIC.find(([magic]) => begins.startsWith(magic));
  if (known !== undefined) return { kind: "binary", name: known[1], zip: known[0].startsWith("PK") };
  return bytes.subarray(0, LOOKED_AT).includes(0) ? { kind: "binary", name: "no text", zip: false } : null;
}

const LINE_KINDS: readonly unknown[] = ["experiment", "run", "failed", "skipped", "end"];

function jsonKind(text: string, first: string): FileKind | null {
  if (!/^[[{]/.test(first)) return null;
  const whole = readJson(text);
  const value = "value" in whole ? whole.value : valueIn(first);
  const one: unknown = Array.isArray(value) ? value[0] : value;
  // A line that was cut off says by its beginning what it was.
  if (one === undefined) return /^\{"kind":"(?:experiment|run)"/.test(first) ? { kind: "results" } : null;
  if (!isRecord(one)) return null;
  if (LINE_KINDS.includes(one["kind"])) return { kind: "results" };
  if ("arms" in one || ("sweep" in one && "measures" in one)) return { kind: "experiment" };
  if ("schema" in one && "config" in one) return { kind: "record" };
  return Array.isArray(one["prompts"]) || "prompt" in one ? { kind: "prompts" } : null;
}

function valueIn(line: string): unknown {
  const json = readJson(line);
  return "value" in json ? json.value : undefined;
}

/** A table with a header of ours, or with as many numbers in most of its lines; or whole numbers, one a line. */
function traceKind(lines: readonly string[], first: string): FileKind | null {
  if (/\b(?:time_ms|up_mbps|down_mbps|rtt_ms)\b/.test(first)) return { kind: "trace-csv" };
  if (/^-?\d+$/.test(first)) return { kind: "mahimahi" };
  const columns = first.split(",").length;
  const rows = lines.slice(1).filter((line) => line.trim() !== "");
  const numeric = rows.filter((row) => isNumbers(row, columns));
  return columns > 1 && numeric.length > 0 && numeric.length * 2 >= rows.length ? { kind: "trace-csv" } : null;
}

const isNumbers = (row: string, columns: number): boolean => {
  const cells = row.split(",");
  return cells.length === columns && cells.some((cell) => cell.trim() !== "" && Number.isFinite(Number(cell)));
};
