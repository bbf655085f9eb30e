/** The house models against golden values computed with PyTorch (tools/house-models). */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { unwrap } from "#core/run/failure.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import { openModelFolder } from "./model-folder.ts";
import { nodeRuntime } from "./onnx-runtime.ts";

interface GoldenPrompt {
  readonly prompt: string;
  readonly promptIds: number[];
  readonly lastLogitsTop8: [number, number][];
  readonly logProbOfEachPromptToken: number[];
  readonly greedy: number[];
  /** By the blocks in front of the exit. */
  readonly exitsLastLogitsTop8?: Readonly<Record<string, [number, number][]>>;
}

const golden = JSON.parse(await readFile(new URL("golden.json", import.meta.url), "utf8")) as {
  models: Record<string, GoldenPrompt[]>;
};

describe.each(Object.entries(golden.models))("%s", (name, prompts) => {
  let host: CompilingHost;
  beforeAll(async () => {
    const folder = unwrap(
      await openModelFolder(new URL(`../../../../public/models/${name}`, import.meta.url).pathname),
    );
    host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 1 }), folder.manifest, folder.readShard);
  });
  afterAll(() => host.close());

  test.each(prompts)(
    "$prompt",
    async ({ promptIds, lastLogitsTop8, logProbOfEachPromptToken, greedy, exitsLastLogitsTop8 = {} }) => {
      const architecture = host.manifest.architecture;
      const session = await host.open(wholeModel(architecture), { capacity: architecture.context, kvCache: true });
      const prefill = await session.step({ kind: "ids", ids: promptIds }, 0, "all");
      if (prefill.kind !== "logits") throw new Error("a whole model gives logits");
      const rows = promptIds.map((_, i) =>
        prefill.logits.subarray(i * architecture.vocabulary, (i + 1) * architecture.vocabulary),
      );
      const last = rows.at(-1) ?? new Float32Array();
      for (const [id, logit] of lastLogitsTop8) expect(last[id]).toBeCloseTo(logit, 3);
      logProbOfEachPromptToken.forEach((logProb, i) =>
        expect(logProbability(rows[i] ?? last, promptIds[i + 1] ?? 0)).toBeCloseTo(logProb, 3),
      );

      const tokens = [argmax(last)];
      for (let position = promptIds.length; tokens.length < greedy.length; position++) {
        const step = await session.step({ kind: "ids", ids: tokens.slice(-1) }, position, "last");
        tokens.push(argmax(step.kind === "logits" ? step.logits : new Float32Array()));
      }
      expect(tokens).toEqual(greedy);
      await session.close();

      expect((host.manifest.exits ?? []).map(({ depth }) => String(depth))).toEqual(Object.keys(exitsLastLogitsTop8));
      for (const [depth, best] of Object.entries(exitsLastLogitsTop8)) {
        const logits = await throughExit(host, Number(depth), promptIds);
        for (const [id, logit] of best) expect(logits[id]).toBeCloseTo(logit, 3);
      }
    },
  );
});

/** The last position's logits through the trained exit behind `depth` blocks. */
async function throughExit(host: CompilingHost, depth: number, ids: readonly number[]): Promise<Float32Array> {
  const { blocks } = host.manifest.architecture;
  const options = { capacity: 64, kvCache: true };
  const front = await host.open({ embedding: true, from: 0, to: depth, head: false }, options);
  const exit = await host.open({ embedding: false, from: blocks, to: blocks, head: true, exit: depth }, options);
  const hidden = await front.step({ kind: "ids", ids }, 0, "last");
  const logits = hidden.kind === "hidden" ? await exit.step(hidden, 0, "last") : hidden;
  await Promise.all([front.close(), exit.close()]);
  return logits.kind === "logits" ? logits.logits : new Float32Array();
}

const argmax = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

function logProbability(logits: Float32Array, id: number): number {
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return (logits[id] ?? Number.NaN) - largest - Math.log(sum);
}
