/** The baseline graph, fed as transformers.js feeds it, generates what the segments generate. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { baselineGraph } from "#core/onnx/baseline-graph.ts";
import { rotaryTables } from "#core/model/rotary.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { readTinyShard, TINY, tinyModel } from "#engine/testing/tiny-model.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

test("the baseline graph gives the segments' logits, prefill and decode", async () => {
  const model = tinyModel();
  const { rows, columns, cosine, sine } = rotaryTables(TINY);
  const table = (name: string) => ({
    kind: "weight" as const,
    name,
    type: "F32" as const,
    shape: [rows, columns],
    location: name,
    offset: 0,
    bytes: 4 * rows * columns,
  });
  const bytes = (values: Float32Array) => new Uint8Array(values.buffer);
  const externalData = [...model.shards]
    .map(([path, data]) => ({ path, data }))
    .concat([
      { path: "cosine", data: bytes(cosine) },
      { path: "sine", data: bytes(sine) },
    ]);
  const session = await InferenceSession.create(
    baselineGraph(model.manifest, { cosine: table("cosine"), sine: table("sine") }),
    { externalData },
  );

  const host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), model.manifest, readTinyShard(model));
  const segment = await host.open(wholeModel(TINY), { capacity: 16, kvCache: true });

  const int64 = (values: number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  let past: Record<string, Tensor> = Object.fromEntries(
    Array.from({ length: TINY.blocks }, (_, i) =>
      ["key", "value"].map(
        (part) =>
          [
            `past_key_values.${i}.${part}`,
            new Tensor("float32", new Float32Array(), [1, TINY.kvHeads, 0, TINY.headSize]),
          ] as const,
      ),
    ).flat(),
  );
  let position = 0;
  for (const ids of [[5, 9, 12], [40], [41]]) {
    const outputs = await session.run({
      input_ids: int64(ids),
      attention_mask: int64(Array.from({ length: position + ids.length }, () => 1)),
      ...past,
    });
    past = Object.fromEntries(
      Object.entries(outputs).flatMap(([name, tensor]) =>
        name === "logits" ? [] : [[name.replace("present", "past_key_values"), tensor]],
      ),
    );
    const expected = await segment.step({ kind: "ids", ids }, position, "last");
    if (expected.kind !== "logits") throw new Error("a whole model gives logits");
    const got = outputs["logits"]?.data as Float32Array;
    expected.logits.forEach((logit, i) => expect(got[i]).toBeCloseTo(logit, 3));
    position += ids.length;
  }
  await segment.close();
  await host.close();
  await session.release();
});
