/** Of WebAssembly what our kernels take; every host of ours has it, and no type here says so. */
import { MOST_BYTES, RowMemory, WASM_PAGE, type LinearMemory } from "./row-memory.ts";

interface Wasm {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: LinearMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a global that core's types have not
const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };

/** Zeroed, and as much more as it is asked to grow by. */
export const linearMemory = (bytes: number): LinearMemory =>
  new wasm.Memory({ initial: Math.ceil(bytes / WASM_PAGE), maximum: MOST_BYTES / WASM_PAGE });

/** The function that `module` exports by this name, over that memory. */
export const wasmFunction = <F>(module: Uint8Array<ArrayBuffer>, name: string, memory: LinearMemory): F =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever wrote the module says what it exports
  new wasm.Instance(new wasm.Module(module), { env: { memory } }).exports[name] as F;

/** Memory for programs of one row; `tier` is where it is, for whoever reads that there is no room, `operators` those beside the table's. */
export function rowMemory(tier: "device" | "edge", operators: RowMemory["operators"] = {}): RowMemory {
  const memory = linearMemory(0);
  return new RowMemory(memory, (module) => wasmFunction(module, "row", memory), tier, operators);
}
