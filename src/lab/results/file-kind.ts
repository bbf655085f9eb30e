/**
 * What a file is, by its content: names and endings say little of what people drop on a page. Only
 * recognised here, from its first bytes and lines; whoever opens it reads it whole, and says what in it is wrong.
 */
import { isRecord, readJson } from "#core/schema/json.ts";

export type FileKind =
  | { readonly kind: "record" | "results" | "experiment" | "prompts" | "trace-csv" | "mahimahi" }
  /** Bytes and not text: `name` is what they are, as far as it is known. */
  | { readonly kind: "binary"; readonly name: string; readonly holds: Holds }
  /** JSON that is nothing of ours: the keys of its first object, or the type of the value that it is. */
  | { readonly kind: "json"; readonly of: string }
  /** It begins as JSON and cannot be read as such, whole or line by line. */
  | { readonly kind: "broken-json"; readonly why: string }
  | { readonly kind: "unknown"; readonly line: number; readonly begins: string }
  | { readonly kind: "empty" };

/** What can be done with bytes: unpack them, serve them as a model, or nothing here. */
export type Holds = "files" | "model" | null;

/** Bytes of a file's beginning that tell text from anything else. */
export const LOOKED_AT = 4096;

export const isText = (begins: Uint8Array): boolean => binaryKind(begins) === null;

/** @param begins The file's first `LOOKED_AT` bytes, or more. @param text All of it, where it is text. */
export function fileKindOf(begins: Uint8Array, text: string): FileKind {
  const binary = binaryKind(begins);
  if (binary !== null) return binary;
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const at = lines.findIndex((line) => line.trim() !== "");
  const first = lines[at]?.trim();
  if (first === undefined) return { kind: "empty" };
  return jsonKind(text, first) ?? traceKind(lines.slice(at), first) ?? { kind: "unknown", line: at + 1, begins: first };
}

/** How files begin that somebody may mistake for one of ours. */
const MAGIC: readonly (readonly [string, string, Holds])[] = [
  ["PK\u0003\u0004", "a zip archive", "files"],
  ["PK\u0005\u0006", "an empty zip archive", null],
  ["\u001f\u008b", "a gzip archive", "files"],
  ["\u0089PNG", "a PNG picture", null],
  ["\u00ff\u00d8\u00ff", "a JPEG picture", null],
  ["%PDF", "a PDF document", null],
  ["GGUF", "a model in the GGUF format", "model"],
];
/** A safetensors file: eight bytes of a length, then the head that is so long. */
const SAFETENSORS = /^[^]{2}[^]\0{5}\{"/;
function binaryKind(bytes: Uint8Array): FileKind | null {
  const begins = String.fromCharCode(...bytes.subarray(0, 10));
  const known = MAGIC.find(([magic]) => begins.startsWith(magic));
  if (known !== undefined) return { kind: "binary", name: known[1], holds: known[2] };
  if (SAFETENSORS.test(begins)) return { kind: "binary", name: "a model's weights (safetensors)", holds: "model" };
  return bytes.subarray(0, LOOKED_AT).includes(0) ? { kind: "binary", name: "no text", holds: null } : null;
}

const LINE_KINDS: readonly unknown[] = ["experiment", "run", "failed", "skipped", "end"];

function jsonKind(text: string, first: string): FileKind | null {
  if (!/^[[{]/.test(first)) return null;
  const whole = readJson(text);
  const value = "value" in whole ? whole.value : valueIn(first);
  const one: unknown = Array.isArray(value) ? value[0] : value;
  // A line that was cut off says by its beginning what it was.
  if (Array.isArray(value) && value.length === 0) return { kind: "json", of: "an empty list" };
  if (one === undefined)
    return /^\{"kind":"(?:experiment|run)"/.test(first)
      ? { kind: "results" }
      : { kind: "broken-json", why: "why" in whole ? whole.why : "not JSON" };
  if (!isRecord(one)) return { kind: "json", of: one === null ? "null" : `a ${typeof one}` };
  if (LINE_KINDS.includes(one["kind"])) return { kind: "results" };
  const kind = documentKind(one);
  return kind === null ? { kind: "json", of: keysOf(one) } : { kind };
}

function documentKind(one: Readonly<Record<string, unknown>>): "experiment" | "record" | "prompts" | null {
  if ("arms" in one || ("sweep" in one && "measures" in one)) return "experiment";
  if ("schema" in one && "config" in one) return "record";
  return Array.isArray(one["prompts"]) || "prompt" in one ? "prompts" : null;
}

function keysOf(one: object): string {
  const keys = Object.keys(one);
  const named = keys.slice(0, SHOWN_KEYS).map((key) => JSON.stringify(key.slice(0, SHOWN_LETTERS)));
  return keys.length === 0 ? "an empty object" : `an object with ${named.join(", ")}`;
}

const SHOWN_KEYS = 4;
const SHOWN_LETTERS = 24;

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
