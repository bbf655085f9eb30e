/** Memory for programs of one row, in Node. */
import { RowMemory } from "#core/wasm/row-memory.ts";
import { linearMemory, wasmFunction } from "./web-assembly.ts";

export function nodeRowMemory(): RowMemory {
  const memory = linearMemory(0);
  return new RowMemory(memory, (module) => wasmFunction(module, "row", memory));
}
