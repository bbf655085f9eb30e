/** The hello that a client of this repository's own would send: a session over the whole model, which samples at the edge. */
import { wholeModel } from "#core/model/architecture.ts";
import { WIRE_VERSION, type Hello } from "#wire/messages.ts";
import type { Target } from "./episodes.ts";

export const plainHello = ({ name, revision, architecture }: Target, others: Partial<Hello> = {}): Hello => ({
  kind: "hello",
  wire: WIRE_VERSION,
  build: "fuzz",
  model: name,
  revision,
  segment: wholeModel(architecture),
  codec: "f32",
  capacity: Math.min(64, architecture.context),
  kvCache: true,
  sampling: { temperature: 0.7, topK: 0, topP: 1, seed: 5 },
  edgeLoad: 1,
  verify: null,
  draft: null,
  access: null,
  resume: null,
  ...others,
});
