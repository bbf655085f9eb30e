/** Of WebAssembly what our kernels take: Node's types leave it out. */
import { MOST_BYTES, WASM_PAGE, type LinearMemory } from "#core/wasm/row-memory.ts";

interface Wasm {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: LinearMemory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}
const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };

/** Zeroed, and as much more as it is asked to grow by. */
export const linearMemory = (bytes: number): LinearMemory =>
  new wasm.Memory({ initial: Math.ceil(bytes / WASM_PAGE), maximum: MOST_BYTES / WASM_PAGE });

/** The function that `module` exports by this name, over that memory. */
export const wasmFunction = <F>(module: Uint8Array<ArrayBuffer>, name: string, memory: LinearMemory): F =>
  new wasm.Instance(new wasm.Module(module), { env: { memory } }).exports[name] as F;
