/** What a piece does to one row: with its first half, and without, where a segment begins behind that. */
import type { Architecture } from "#core/model/architecture.ts";
import { pieceRow, type Piece } from "#core/onnx/piece-graph.ts";
import type { SegmentWeights } from "#core/onnx/segment-graph.ts";
import type { RowMemory } from "#core/wasm/row-memory.ts";
import { rowProgram, type RowProgram, type WeightBytes } from "#core/wasm/row-program.ts";

export interface PieceSource {
  readonly architecture: Architecture;
  readonly weights: SegmentWeights;
  readonly rotary: Parameters<typeof pieceRow>[2];
  readonly piece: Omit<Piece, "before">;
}

export class PieceRows {
  readonly #memory: RowMemory;
  readonly #source: PieceSource;
  readonly #whole: RowProgram | null;
  #begun: RowProgram | null = null;

  /** Throws Failed: out-of-memory. */
  constructor(memory: RowMemory, source: PieceSource, bytes: WeightBytes) {
    this.#memory = memory;
    this.#source = source;
    this.#whole = this.#program(true, bytes);
  }

  /** What of the memory it reads. */
  get keys(): readonly string[] {
    return this.#whole?.keys ?? [];
  }

  /** Null where an operator cannot be had for one row. */
  program(before: boolean): RowProgram | null {
    if (before || this.#whole === null) return this.#whole;
    this.#begun ??= this.#program(false, NO_BYTES);
    return this.#begun;
  }

  close(): void {
    for (const program of [this.#whole, this.#begun]) program?.close();
  }

  #program(before: boolean, bytes: WeightBytes): RowProgram | null {
    const { architecture, weights, rotary, piece } = this.#source;
    return rowProgram(this.#memory, pieceRow(architecture, weights, rotary, { ...piece, before }), bytes);
  }
}

/** The second half's weights are in the memory with those of the whole. */
const NO_BYTES: WeightBytes = new Map();
