/**
 * Steps of many sessions in one pass over the weights. The rows of all steps go through the model's pieces together:
 * prompts, single tokens and drafted windows side by side, each row at its own position. Only attention, which stands
 * between the pieces, sees whose row is whose. Segments may differ: at each piece those take part that run it.
 * Source: Yu et al. 2022 (Orca), section 3.2: selective batching.
 */
import type { Architecture } from "#core/model/architecture.ts";
import type { Piece } from "#core/onnx/piece-graph.ts";
import { PORTS } from "#core/onnx/ports.ts";
import type { RowProgram } from "#core/wasm/row-program.ts";
import type { HostTensor, PagedAttention, PagedKv, Program } from "../ports.ts";

/** A piece of a segment, compiled. */
export interface PieceRun {
  readonly piece: Piece;
  readonly program: Program;
  /** What does the same to one row; null where nothing does. */
  readonly alone: RowProgram | null;
}

export interface PieceStep {
  readonly runs: readonly PieceRun[];
  /** Null without blocks. */
  readonly kv: PagedKv | null;
  /** Of the first block. */
  readonly from: number;
  /** Null where the segment begins with hidden states: [count]. */
  readonly ids: Int32Array | null;
  readonly position: number;
  readonly count: number;
  /** Of the rows, those whose logits are wanted. */
  readonly wanted: readonly number[];
  /** What goes from piece to piece. At first the hidden states that came in, at last those that leave, or the logits. */
  hidden: Rows;
  attended: Rows;
  logits: Rows;
}

/** Rows of an array that others may share: `count` numbers from `from` on. */
export interface Rows {
  readonly data: Float32Array;
  readonly from: number;
  readonly count: number;
}

export const NO_ROWS: Rows = { data: new Float32Array(0), from: 0, count: 0 };

/** Computes all of them. No session is among them twice. */
export async function runTogether(
  a: Architecture,
  attention: PagedAttention,
  steps: readonly PieceStep[],
): Promise<void> {
  for (let index = 0; index <= a.blocks; index++)
    for (const group of groupsAt(index, a, steps)) await runGroup(a, attention, group);
}

interface Group {
  readonly run: PieceRun;
  readonly steps: PieceStep[];
}

/** Those that run a piece, by what of it they run; for nobody who wants no logits is there a head. */
function groupsAt(index: number, a: Architecture, steps: readonly PieceStep[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const step of steps) {
    const run = step.runs.find(({ piece }) => piece.index === index);
    if (run === undefined || (isHead(run.piece, a) && step.wanted.length === 0)) continue;
    const key = `${run.piece.before} ${run.piece.after}`;
    const group = groups.get(key) ?? { run, steps: [] };
    group.steps.push(step);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const isHead = ({ index, after }: Piece, a: Architecture): boolean => after && index === a.blocks;

async function runGroup(a: Architecture, attention: PagedAttention, group: Group): Promise<void> {
  const { piece } = group.run;
  const { steps } = group;
  const { output, projections, logits } = rowsAlone(a, group) ?? (await rowsTogether(a, group));
  if (logits !== undefined) spread(logits, steps, "logits", ({ wanted }) => wanted.length * a.vocabulary);
  if (output !== undefined) spread(output, steps, "hidden", ({ count }) => count * a.hidden);
  if (projections === undefined) return;
  const sequences = steps.map(({ kv, from, position, count }) => {
    if (kv === null) throw new Error("a segment with blocks has a cache");
    return { kv, place: piece.index - from, position, count, window: a.windows?.[piece.index] ?? null };
  });
  const attended = await attention.attend(sequences, projections);
  spread(attended, steps, "attended", ({ count }) => count * a.heads * a.headSize);
}

/** What a piece gives, by the name of its port. */
type Given = Readonly<Partial<Record<"output" | "projections" | "logits", Float32Array>>>;

/** Two rows one after the other take less time than together, three take more (measured: `npm run bench:batching`). */
const MOST_ALONE = 2;

/** Null where they are more, or have no program. Arrays are the program's own where it is one row, but for what a step ends with. */
function rowsAlone(a: Architecture, { run, steps }: Group): Given | null {
  const { piece, alone } = run;
  const rows = steps.flatMap((step) =>
    (isHead(piece, a) ? step.wanted : rowsOf(step)).map((row) => ({
      id: step.ids?.[row] ?? 0,
      position: step.position + row,
      hidden: rowOf(step.hidden, row, a.hidden),
      attended: rowOf(step.attended, row, a.heads * a.headSize),
      last: run === step.runs.at(-1),
    })),
  );
  const [first] = rows;
  if (alone === null || first === undefined || rows.length > MOST_ALONE) return null;
  if (rows.length === 1 && !first.last) return alone.run(first);
  const given: { [port: string]: Float32Array } = {};
  for (const [nth, row] of rows.entries())
    for (const [port, values] of Object.entries(alone.run(row)))
      (given[port] ??= new Float32Array(rows.length * values.length)).set(values, nth * values.length);
  return given;
}

const rowsOf = ({ count }: PieceStep): readonly number[] => Array.from({ length: count }, (_, row) => row);

/** A row's own numbers; none where a step has none. */
const rowOf = ({ data, from, count }: Rows, row: number, width: number): Float32Array =>
  data.subarray(from + row * width, from + Math.min(count, (row + 1) * width));

async function rowsTogether(a: Architecture, { run: { piece, program }, steps }: Group): Promise<Given> {
  const names = isHead(piece, a)
    ? [PORTS.logits]
    : [...(piece.before ? [PORTS.output] : []), ...(piece.after ? [PORTS.projections] : [])];
  const results = await program.run(inputsOf(a, piece, steps), names, null);
  return Object.fromEntries(names.map((name) => [name, floats(results[name])]));
}

function inputsOf(a: Architecture, piece: Piece, steps: readonly PieceStep[]): Readonly<Record<string, HostTensor>> {
  const { index, before, after } = piece;
  const embeds = index === 0 && before;
  const inputs: Record<string, HostTensor> = {
    [PORTS.before]: { type: "bool", data: Uint8Array.of(before ? 1 : 0), dims: [] },
    [PORTS.hidden]: matrix(embeds ? NOTHING : gathered(steps, "hidden"), a.hidden),
  };
  if (index === 0) {
    inputs[PORTS.ids] = int32(embeds ? joined(steps.map(({ ids }) => ids ?? [])) : []);
    inputs[PORTS.positions] = int32(embeds ? positionsOf(steps) : []);
  } else inputs[PORTS.attended] = matrix(before ? gathered(steps, "attended") : NOTHING, a.heads * a.headSize);
  if (isHead(piece, a)) {
    const wanted = wantedRows(steps);
    inputs[PORTS.wanted] = { type: "int32", data: Int32Array.from(wanted), dims: [wanted.length] };
  } else if (after) {
    const positions = positionsOf(steps);
    inputs[PORTS.rowPositions] = {
      type: "int64",
      data: BigInt64Array.from(positions, BigInt),
      dims: [positions.length, 1],
    };
  }
  return inputs;
}

const joined = (parts: readonly ArrayLike<number>[]): readonly number[] => parts.flatMap((part) => Array.from(part));

/** Of each row. */
const positionsOf = (steps: readonly PieceStep[]): readonly number[] =>
  steps.flatMap((step) => rowsOf(step).map((row) => step.position + row));

/** Places in the batch of the rows whose logits are wanted. */
function wantedRows(steps: readonly PieceStep[]): readonly number[] {
  let first = 0;
  return steps.flatMap(({ count, wanted }) => {
    const places = wanted.map((row) => first + row);
    first += count;
    return places;
  });
}

/** One behind the other: as they are where they are an array's whole rows already. */
function gathered(steps: readonly PieceStep[], which: "hidden" | "attended"): Float32Array {
  const rows = steps.map((step) => step[which]);
  const length = rows.reduce((sum, { count }) => sum + count, 0);
  const data = rows[0]?.data ?? NOTHING;
  let at = 0;
  if (
    data.length === length &&
    rows.every((each) => each.data === data && each.from === (at += each.count) - each.count)
  )
    return data;
  const all = new Float32Array(length);
  at = 0;
  for (const { data: source, from, count } of rows) {
    all.set(source.subarray(from, from + count), at);
    at += count;
  }
  return all;
}

/** The opposite: each step's own rows of what the group's run gave. */
function spread(
  data: Float32Array,
  steps: readonly PieceStep[],
  which: "hidden" | "attended" | "logits",
  numbersOf: (step: PieceStep) => number,
): void {
  let from = 0;
  for (const step of steps) {
    const count = numbersOf(step);
    step[which] = { data, from, count };
    from += count;
  }
}

const NOTHING = new Float32Array(0);
/** [rows, 1] */
const int32 = (values: readonly number[]): HostTensor => ({
  type: "int32",
  data: Int32Array.from(values),
  dims: [values.length, 1],
});
/** [rows, 1, width] */
const matrix = (data: Float32Array, width: number): HostTensor => ({
  type: "float32",
  data,
  dims: [data.length / width, 1, width],
});

function floats(tensor: HostTensor | undefined): Float32Array {
  if (tensor?.type !== "float32") throw new Error("the program gave no such output");
  return tensor.data;
}
