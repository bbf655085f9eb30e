/**
 * What programs for one row share: a WebAssembly memory with packed matrices and other weights, each once whoever reads
 * it, and rows in between, which the next program may use again, since they run one after the other. Addresses are of
 * bytes.
 */
import { fail } from "../run/failure.ts";
import type { PackedForm, PackedMatrix } from "./matrix-vector.ts";
import type { RowOperator } from "./row-operators.ts";

/** A WebAssembly memory, of which this is all that is needed; `grow` throws where there is no room. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export const WASM_PAGE = 65_536;
/** What one memory can have: addresses have 32 bits. */
export const MOST_BYTES = 2 ** 32 - WASM_PAGE;
/** Of weights as they are stored: some become wider. */
export const MOST_ROW_WEIGHTS = 0.75 * MOST_BYTES;
const FLOAT = 4;
/** Of the vectors that kernels read. */
const ALIGNMENT = 16;

/** A program's function, for a token's id and its position. */
export type RowFunction = (id: number, position: number) => void;

interface Shared {
  readonly key: string;
  readonly address: number;
  readonly bytes: number;
  readonly form: PackedForm;
  users: number;
}

export class RowMemory {
  /** The function that a module over this memory exports as `row`. */
  readonly link: (module: Uint8Array<ArrayBuffer>) => RowFunction;
  /** Those that stand for several of a graph's, by the name that `Operation.alone` gives them. */
  readonly operators: Readonly<Record<string, RowOperator>>;
  readonly #memory: LinearMemory;
  readonly #tier: "device" | "edge";
  #floats: Float32Array | null = null;
  #end = 0;
  readonly #shared = new Map<string, Shared>();
  /** Given back, by their bytes. */
  readonly #free = new Map<number, number[]>();
  readonly #between = new Map<number, number[]>();

  constructor(
    memory: LinearMemory,
    link: RowMemory["link"],
    tier: "device" | "edge",
    operators: RowMemory["operators"] = {},
  ) {
    this.operators = operators;
    this.#memory = memory;
    this.#tier = tier;
    this.link = link;
  }

  /** All of the memory as numbers; asked for anew after it has grown. */
  get floats(): Float32Array {
    if (this.#floats?.buffer !== this.#memory.buffer) this.#floats = new Float32Array(this.#memory.buffer);
    return this.#floats;
  }

  /** Bytes of what is shared: a test counts them back to zero. */
  get heldBytes(): number {
    return [...this.#shared.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of what is shared under these keys, each once. */
  bytesOf(keys: Iterable<string>): number {
    return [...new Set(keys)].reduce((sum, key) => sum + (this.#shared.get(key)?.bytes ?? 0), 0);
  }

  /** What is known as `key`, made where nobody has it yet; every call is answered by one of `release`. Throws Failed: out-of-memory. */
  share(key: string, make: () => PackedMatrix): { readonly address: number; readonly form: PackedForm } {
    const known = this.#shared.get(key) ?? this.#made(key, make());
    known.users++;
    return known;
  }

  release(key: string): void {
    const shared = this.#shared.get(key);
    if (shared === undefined || --shared.users > 0) return;
    this.#shared.delete(key);
    this.#free.set(shared.bytes, [...(this.#free.get(shared.bytes) ?? []), shared.address]);
  }

  /** The address of a program's row of so many numbers, the `index`th of this width that it asks for. */
  between(width: number, index: number): number {
    const rows = this.#between.get(width) ?? [];
    this.#between.set(width, rows);
    return (rows[index] ??= this.#take(width * FLOAT));
  }

  #made(key: string, { data, form }: PackedMatrix): Shared {
    const bytes = Math.ceil(data.length / ALIGNMENT) * ALIGNMENT;
    const address = this.#free.get(bytes)?.pop() ?? this.#take(bytes);
    new Uint8Array(this.#memory.buffer).set(data, address);
    const shared = { key, address, bytes, form, users: 0 };
    this.#shared.set(key, shared);
    return shared;
  }

  #take(bytes: number): number {
    const address = this.#end;
    const end = address + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = end - this.#memory.buffer.byteLength;
    try {
      if (missing > 0) this.#memory.grow(Math.ceil(missing / WASM_PAGE));
    } catch {
      return fail({ code: "out-of-memory", tier: this.#tier, what: "weights for steps of one row", bytes });
    }
    this.#end = end;
    return address;
  }
}
