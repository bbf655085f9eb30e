/** What a tier says of itself: what it computes with, and how much memory a run takes there. Bytes. */
import { flag, nullable, object, oneOf, text, whole, type Value } from "../schema/schema.ts";

const count = whole(0);

export const tierMemory = object({ weightBytes: count, kvBytes: count });
export type TierMemory = Value<typeof tierMemory>;

export const edgeDescription = object({
  version: text,
  runtime: text,
  /** ONNX Runtime's execution provider: cpu or webgpu. */
  provider: text,
  threads: count,
  cores: count,
});
export type EdgeDescription = Value<typeof edgeDescription>;

export const deviceDescription = object({
  runtime: text,
  backend: oneOf("webgpu", "wasm", "cpu", "none"),
  adapter: nullable(text),
  /** The adapter computes on the CPU (SwiftShader, llvmpipe): say so on every chart. */
  software: flag,
  threads: count,
});
export type DeviceDescription = Value<typeof deviceDescription>;
