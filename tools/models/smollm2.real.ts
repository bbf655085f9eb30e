/**
 * SmolLM2-135M-Instruct from its GGUF file against transformers on the same decoded weights (`npm run test:real`,
 * after `npm run fetch-model -- smollm2-135m`): the tokens of its prompts, log-probabilities at every fifth cut,
 * greedy answers of two sessions and of whole strategies. Not part of `npm test`: it takes minutes and 1.5 GB.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wholeModel } from "#core/model/architecture.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine } from "#engine/engine.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { createModelHost, type CompilingHost } from "#engine/model/model-host.ts";
import { LoopbackEdge } from "#engine/testing/loopback-edge.ts";
import { testConfig } from "#engine/testing/test-world.ts";
import { unwrap } from "#core/run/failure.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { nodeWorld } from "#node/node-world.ts";
import { REAL_MODELS } from "./real-models.ts";

interface GoldenToken {
  readonly id: number;
  readonly logProb: number;
  /** To the second best. */
  readonly margin: number;
}
interface Golden {
  readonly cases: readonly {
    readonly prompt: string;
    readonly promptIds: readonly number[];
    readonly tokens: readonly GoldenToken[];
  }[];
}

const FILE = fileURLToPath(new URL(`../../.cache/models/${REAL_MODELS["smollm2-135m"]?.file ?? ""}`, import.meta.url));
const { cases } = JSON.parse(readFileSync(new URL("smollm2.golden.json", import.meta.url), "utf8")) as Golden;
/** Under it another kernel may choose the other token. */
const NEAR_TIE = 1e-4;
const LOG_PROB_TOLERANCE = 1e-3;

let folder: ModelFolder;
let host: CompilingHost;

beforeAll(async () => {
  if (!existsSync(FILE)) throw new Error("the model is not there: npm run fetch-model -- smollm2-135m");
  folder = unwrap(await openModelFolder(FILE));
  const readShard: ModelFolder["readShard"] = (shard) => folder.readShard(shard);
  host = createModelHost(await nodeRuntime({ backend: "cpu", threads: 0 }), folder.manifest, readShard);
}, 120_000);
afterAll(() => host.close());

test("its prompts come to the same tokens through template and tokenizer", async () => {
  const tokenizer = await openTokenizer(folder);
  for (const { prompt, promptIds } of cases)
    expect(tokenizer.conversation([{ role: "user", content: prompt }])).toEqual(promptIds);
});

const CUTS = [0, 5, 10, 15, 20, 25, 30];

test.each(CUTS)(
  "cut at %d of 30, every token of every answer has transformers' log-probability",
  async (cut) => {
    let [largest, nearTies, tokens] = [0, 0, 0];
    for (const { promptIds, tokens: answer } of cases) {
      const ids = [...promptIds, ...answer.slice(0, -1).map(({ id }) => id)];
      const rows = await withCut(cut, ids.length, (step) => step(ids, 0, "all"));
      answer.forEach(({ id, logProb, margin }, index) => {
        const row = rows[promptIds.length - 1 + index] ?? new Float32Array();
        largest = Math.max(largest, Math.abs(logProbOf(row, id) - logProb));
        tokens++;
        if (argmax(row) === id) return;
        expect(margin, `token ${index} of an answer`).toBeLessThan(NEAR_TIE);
        nearTies++;
      });
    }
    console.log(
      `cut ${cut}: ${tokens} tokens, largest difference ${largest.toExponential(1)} nats, ${nearTies} near ties`,
    );
    expect(largest).toBeLessThan(LOG_PROB_TOLERANCE);
  },
  600_000,
);

test.each([10, 25])(
  "cut at %d of 30, greedy answers are transformers', token by token",
  async (cut) => {
    let nearTies = 0;
    for (const { promptIds, tokens: answer } of cases) {
      const found = await greedy(cut, promptIds, answer.length);
      const first = found.findIndex((id, index) => id !== answer[index]?.id);
      if (first < 0) continue;
      expect(answer[first]?.margin, `token ${first}`).toBeLessThan(NEAR_TIE);
      nearTies++;
    }
    console.log(
      `cut ${cut}: ${cases.length - nearTies} of ${cases.length} answers the same, ${nearTies} parted at a near tie`,
    );
  },
  900_000,
);

describe("as runs", () => {
  test("device-only, edge-only, split and u-split give one text", async () => {
    const edge = new LoopbackEdge(host, nodeClock);
    const engine = createEngine({
      ...nodeWorld({ models: dirname(FILE), edge: "" }),
      openLink: (_url, onNotice) =>
        Promise.resolve(
          socketChannel("http://edge.test", { connect: edge.connect, clock: nodeClock, timer: nodeTimer, onNotice }),
        ),
    });
    for (const { prompt, tokens } of cases.slice(0, 3)) {
      const wanted = tokens.slice(0, 24).map(({ id }) => id);
      for (const arm of [
        { mode: "edge-only" },
        { mode: "device-only" },
        { mode: "split", cut: 10 },
        { mode: "u-split", cut: 10, tail: 5 },
      ] as const) {
        const config = testConfig({ ...arm, model: basename(FILE), prompt, maxTokens: 24 });
        const record = await engine.run(config, { check: false }, () => undefined, new Cancellation());
        expect({ ...arm, finish: record.finish.kind }).toEqual({
          ...arm,
          finish: wanted.length < 24 ? "eos" : "length",
        });
        expect(record.tokenIds).toEqual(wanted);
      }
    }
    await engine.release();
  }, 600_000);
});

type Step = (ids: readonly number[], position: number, want: "all" | "last") => Promise<Float32Array[]>;

/** Blocks up to the cut in one session, the others in another. */
async function withCut<T>(cut: number, capacity: number, body: (step: Step) => Promise<T>): Promise<T> {
  const options = { capacity, kvCache: true };
  const { vocabulary } = folder.manifest.architecture;
  const whole = wholeModel(folder.manifest.architecture);
  const device = await host.open({ ...whole, to: cut, head: false }, options);
  const edge = await host.open({ ...whole, embedding: false, from: cut }, options);
  const result = await body(async (ids, position, want) => {
    const between = await device.step({ kind: "ids", ids }, position, "all");
    if (between.kind !== "hidden") throw new Error("a device's part gives hidden states");
    const output = await edge.step(between, position, want);
    if (output.kind !== "logits") throw new Error("a segment with a head gives logits");
    const { logits, positions } = output;
    return Array.from({ length: positions }, (_, i) => logits.slice(i * vocabulary, (i + 1) * vocabulary));
  });
  await device.close();
  await edge.close();
  return result;
}

const greedy = (cut: number, promptIds: readonly number[], count: number): Promise<number[]> =>
  withCut(cut, promptIds.length + count, async (step) => {
    const found: number[] = [];
    for (let ids = promptIds, position = 0; found.length < count; position += ids.length, ids = found.slice(-1)) {
      const [row] = await step(ids, position, "last");
      found.push(argmax(row ?? expect.fail("no logits")));
    }
    return found;
  });

const argmax = (row: Float32Array): number =>
  row.reduce((best, value, id) => (value > (row[best] ?? 0) ? id : best), 0);

function logProbOf(row: Float32Array, id: number): number {
  const most = row.reduce((largest, value) => Math.max(largest, value), -Infinity);
  const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
  return (row[id] ?? 0) - most - Math.log(sum);
}
