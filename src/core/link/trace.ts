/**
 * A recorded link, replayed: conditions that hold from one row to the next, over again from the
 * start when it ends. Read from CSV with the header `time_ms,up_mbps,down_mbps,rtt_ms` in any
 * order, `jitter_ms` and `loss` optional, rows at even times. A trace is evidence: a row that is
 * missing, out of order or impossible is refused, never repaired.
 */
import { ok, refuse, type Result } from "../run/failure.ts";
import { unfitFigure } from "./figure-bounds.ts";
import type { Conditions, LinkProfile } from "./link-model.ts";

export interface TraceRow {
  readonly timeMs: number;
  /** 0 is an outage: nothing gets through. */
  readonly uplinkMbps: number;
  readonly downlinkMbps: number;
  readonly rttMs: number;
  readonly jitterMs: number;
  readonly loss: number;
}

export interface LinkTrace {
  readonly name: string;
  readonly stepMs: number;
  readonly rows: readonly TraceRow[];
}

const COLUMNS = {
  time_ms: "timeMs",
  up_mbps: "uplinkMbps",
  down_mbps: "downlinkMbps",
  rtt_ms: "rttMs",
  jitter_ms: "jitterMs",
  loss: "loss",
} as const;
const NEEDED = ["time_ms", "up_mbps", "down_mbps", "rtt_ms"];
type Column = keyof typeof COLUMNS;

/** More than this share of a step off its place is a gap. */
const EVEN_WITHIN = 0.1;

export function parseTrace(name: string, csv: string): Result<LinkTrace> {
  const bad = (line: number, what: string): Result<never> =>
    refuse({ code: "bad-value", key: `trace:${name}`, value: `line ${line}`, expected: what });
  const [header = "", ...lines] = csv.trim().split(/\r?\n/);
  const columns = header.split(",").map((column) => column.trim());
  const strange = columns.find((column) => !isColumn(column));
  if (strange !== undefined)
    return bad(1, `columns ${Object.keys(COLUMNS).join(", ")}, not ${JSON.stringify(strange)}`);
  const missing = NEEDED.find((column) => !columns.includes(column));
  if (missing !== undefined) return bad(1, `a column ${missing}`);
  if (new Set(columns).size !== columns.length) return bad(1, "each column once");
  const rows: TraceRow[] = [];
  for (const [index, line] of lines.entries()) {
    const row = readRow(columns.filter(isColumn), line);
    if (typeof row === "string") return bad(index + 2, row);
    rows.push(row);
  }
  const stepMs = (rows[1]?.timeMs ?? 0) - (rows[0]?.timeMs ?? 0);
  if (rows.length < 2) return bad(lines.length + 1, "at least two rows");
  const uneven = rows.findIndex(
    (row, index) =>
      !(Math.abs(row.timeMs - (rows[0]?.timeMs ?? 0) - index * stepMs) <= EVEN_WITHIN * stepMs) || stepMs <= 0,
  );
  if (uneven >= 0)
    return bad(uneven + 2, stepMs <= 0 ? "times that go forward" : `a row every ${stepMs} ms, without gaps`);
  for (const way of ["uplinkMbps", "downlinkMbps"] as const)
    if (rows.every((row) => row[way] === 0)) return bad(2, `a ${way} that is not 0 throughout`);
  return ok({ name, stepMs, rows });
}

const isColumn = (column: string): column is Column => Object.hasOwn(COLUMNS, column);

function readRow(columns: readonly Column[], line: string): TraceRow | string {
  const cells = line.split(",").map((cell) => cell.trim());
  if (cells.length !== columns.length) return `${columns.length} cells, not ${cells.length}`;
  const row = { timeMs: 0, uplinkMbps: 0, downlinkMbps: 0, rttMs: 0, jitterMs: 0, loss: 0 };
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    const value = Number(cell);
    const name = COLUMNS[column];
    const wanted = name === "timeMs" ? unfitTime(value) : unfitFigure(name, value);
    if (cell === "" || wanted !== null) return `${column} as ${wanted ?? "a number"}, not ${JSON.stringify(cell)}`;
    row[name] = value;
  }
  return row;
}

const unfitTime = (ms: number): string | null => (Number.isFinite(ms) && ms >= 0 ? null : "a number from 0");

/** The trace from its first row on, starting at `startMs` of the caller's clock and repeating. */
export function traceProfile(trace: LinkTrace, startMs = 0): LinkProfile {
  const lengthMs = trace.rows.length * trace.stepMs;
  return (atMs): Conditions => {
    const sinceMs = atMs - startMs;
    const step = Math.floor(sinceMs / trace.stepMs + 1e-6); // the end of a step belongs to the next, rounding or not
    const row = trace.rows[((step % trace.rows.length) + trace.rows.length) % trace.rows.length];
    if (row === undefined) throw new RangeError(`Trace ${trace.name} of ${lengthMs} ms has no row at ${sinceMs} ms`);
    return {
      bitsPerMs: { up: row.uplinkMbps * 1000, down: row.downlinkMbps * 1000 },
      rttMs: row.rttMs,
      jitterMs: row.jitterMs,
      loss: row.loss,
      untilMs: startMs + (step + 1) * trace.stepMs,
    };
  };
}
