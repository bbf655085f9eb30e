/**
 * That a family, a format, an operator, a scenario and a message are additions: in a copy of the tree the examples get their
 * rows, the compiler finds nothing else to change, and a tiny random model of the new family, in the
 * new format, opens and gives its reference's logits at every cut. What is not whole does not compile.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as Registry from "#core/model/families/registry.ts";
import type * as ConfigFile from "#core/model/read-config.ts";
import type * as Oracle from "#core/reference/reference.ts";
import type * as Host from "#engine/model/model-host.ts";
import type * as Folder from "#node/model/model-folder.ts";
import type * as Runtime from "#node/model/onnx-runtime.ts";
import { ADDITIONS } from "./places.mjs";
import { copyTree, type TreeCopy } from "./tree-copy.ts";

const FAMILIES = "src/core/model/families";
const FORMATS = "src/core/model/formats";
const OPERATORS = "src/core/onnx/operators.ts";
const MESSAGES = "src/core/frames/message-table.ts";
const HANDLERS = "src/edge/socket/client-session.ts";
const SCENARIOS = "src/app/scenarios/table.ts";
const OPERATOR_CASES = "src/core/onnx/operators.test.ts";

const CONFIG = {
  model_type: "parallel",
  hidden_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 3,
  num_key_value_heads: 1,
  intermediate_size: 40,
  vocab_size: 37,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
};

const EXP_CASE = `  Exp: [
    { name: "of zero", operands: [SCALAR], expression: () => [], expected: [{ values: [1], shape: [1] }] },
  ],
`;

let tree: TreeCopy;
beforeAll(async () => {
  tree = await copyTree();
}, 60_000);
afterAll(() => tree.remove());

const SLOW = { timeout: 300_000 }; // the whole tree is compiled

test(
  "what is not whole does not compile: a family without its caches, an operator without a row or a case, a message without a handler",
  SLOW,
  async () => {
    await tree.add(`${FAMILIES}/parallel.ts`, "tools/examples/parallel.ts");
    await tree.insert(`${FAMILIES}/parallel.ts`, "  kv: ", "  // ");
    await tree.insert(OPERATORS, "  readonly Transpose:", "  readonly Exp: NoSettings;\n");
    await tree.insert(
      MESSAGES,
      "] as const;\n\n/** Edge to device. */",
      '  row(0x0d, "forget", up.position, "room"),\n',
    );
    expect(await tree.compile()).toEqual([`${FAMILIES}/parallel.ts`, OPERATOR_CASES, OPERATORS, HANDLERS]);
  },
);

test(
  "a family is its file and one row, a format and a scenario too, an operator one file and its cases, a message a row and its handler: nothing else has to change",
  SLOW,
  async () => {
    for (const { own, edits } of ADDITIONS) {
      for (const { path, example } of own) await tree.add(path, example);
      // What the test before has put in is there already.
      for (const { path, before, text } of edits)
        if (!(await tree.has(path, text))) await tree.insert(path, before, text);
    }
    await tree.insert(OPERATOR_CASES, "  Transpose: [\n", EXP_CASE);
    expect(await tree.compile()).toEqual([]);
    expect(tree.changed()).toEqual([
      SCENARIOS,
      MESSAGES,
      `${FAMILIES}/registry.ts`,
      `${FORMATS}/registry.ts`,
      OPERATOR_CASES,
      OPERATORS,
      HANDLERS,
    ]);
  },
);

test("a model of the new family in the new format opens, and gives its reference's logits at every cut", async () => {
  const folder = join(tree.root, "parallel-tiny");
  const weights = await writeModel(folder);
  const { openModelFolder } = await ofCopy<typeof Folder>("src/runtime/node/model/model-folder.ts");
  const { nodeRuntime } = await ofCopy<typeof Runtime>("src/runtime/node/model/onnx-runtime.ts");
  const { createModelHost } = await ofCopy<typeof Host>("src/engine/model/model-host.ts");
  const { referenceLogits } = await ofCopy<typeof Oracle>("src/core/reference/reference.ts");

  const opened = await openModelFolder(folder);
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const { manifest, readShard } = opened.value;
  expect(manifest.architecture.family).toBe("parallel");
  const ids = [3, 36, 0, 17, 17, 5];
  const expected = referenceLogits(manifest.architecture, weights, ids).flatMap((row) => [...row]);
  const host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), manifest, readShard);
  const options = { capacity: 16, kvCache: true };
  for (let cut = 0; cut <= CONFIG.num_hidden_layers; cut++) {
    const device = await host.open({ embedding: true, from: 0, to: cut, head: false }, options);
    const edge = await host.open({ embedding: false, from: cut, to: CONFIG.num_hidden_layers, head: true }, options);
    const got: number[] = [];
    for (const [position, step] of [
      [0, ids.slice(0, 4)],
      [4, ids.slice(4)],
    ] as const) {
      // a prefill, then two more
      const smashed = await device.step({ kind: "ids", ids: step }, position, "all");
      const answer = smashed.kind === "hidden" ? await edge.step(smashed, position, "all") : smashed;
      if (answer.kind === "logits") got.push(...answer.logits);
    }
    expect(got.length).toBe(expected.length);
    got.forEach((logit, i) => expect(logit, `cut ${cut}`).toBeCloseTo(expected[i] ?? Number.NaN, 3));
    await device.close();
    await edge.close();
  }
  await host.close();
});

const ofCopy = <T>(file: string): Promise<T> =>
  import(/* @vite-ignore */ pathToFileURL(join(tree.root, file)).href) as Promise<T>;

/** Random weights for what the new family asks for, as a folder of the new format. */
async function writeModel(folder: string): Promise<(name: string) => Float64Array> {
  const { readConfig } = await ofCopy<typeof ConfigFile>("src/core/model/read-config.ts");
  const { familyOf } = await ofCopy<typeof Registry>(`${FAMILIES}/registry.ts`);
  const read = readConfig("parallel-tiny", CONFIG);
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  const { embedding, block, norm, head } = familyOf(read.value).tensors(read.value);
  const blocks = Array.from({ length: read.value.blocks }, (_, index) => block(index));
  const specs = [embedding, ...blocks, norm, ...(head === null ? [] : [head])].flatMap((part) => [...part.values()]);
  const numbers = specs.map(({ shape }, tensor) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const scale = shape.length === 1 ? 0.2 : 1.5 / Math.sqrt(shape[1] ?? 1);
    return Float32Array.from(
      { length: size },
      (_, i) => (shape.length === 1 ? 1 : 0) + scale * Math.sin(tensor + 12.9898 * i * i),
    );
  });
  await mkdir(folder);
  const tensors = Object.fromEntries(specs.map(({ name, shape }) => [name, shape]));
  await writeFile(join(folder, "model.json"), JSON.stringify({ config: CONFIG, tensors }));
  await writeFile(join(folder, "model.bin"), Buffer.concat(numbers.map((values) => new Uint8Array(values.buffer))));
  const byName = new Map(specs.map(({ name }, i) => [name, Float64Array.from(numbers[i] ?? [])]));
  return (name) => byName.get(name) ?? new Float64Array();
}
