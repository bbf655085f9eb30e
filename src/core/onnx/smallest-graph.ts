/** x + x on one number: a graph only to hold a graphics device with, which goes with the last session on it. */
import { encodeModel, input } from "./graph.ts";
import { add } from "./operators.ts";

export function smallestGraph(): Uint8Array {
  const x = input("x", "F32", [1]);
  return encodeModel("keep alive", [{ name: "y", value: add(x, x), type: "F32", shape: [1] }]);
}
