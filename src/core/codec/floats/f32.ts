/** float32 as it is: four bytes a value, nothing lost. */
import { ok } from "../../run/failure.ts";
import type { Codec } from "../codec.ts";
import { checkBytes, requireValues } from "../lengths.ts";

export const f32: Codec = {
  name: "f32",
  summary: "32-bit floats, exact",
  exact: true,
  bytesPerPosition: (width) => width * 4,
  errorBound: () => 0,
  encode(values, count, width) {
    requireValues(values, count, width);
    return new Uint8Array(new Float32Array(values).buffer);
  },
  decode(bytes, count, width) {
    return checkBytes(bytes, count * width * 4, "f32") ?? ok(new Float32Array(bytes.slice().buffer));
  },
};
