/**
 * `npm run bench:precision`: one model at the edge in several precisions of its weights: bytes, what a process of its
 * own has resident, time of a prompt and of each token behind it, and how far scores are from float32's. Rounds go over
 * all precisions in turn; each is a process of its own, on one thread.
 *
 * --model PATH (public/models/concierge-10m), --precisions f32,q8,q4 (f32,stored), --rounds N (7), --tokens N (64),
 * --prompt N (64)
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { wholeModel } from "#core/model/architecture.ts";
import { PRECISIONS, type WeightPrecision } from "#core/model/precision.ts";
import { quantile } from "#core/measure/summary.ts";
import { unwrap } from "#core/run/failure.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import type { SegmentSession } from "#engine/ports.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import { readFlags } from "./read-flags.ts";

const { values } = readFlags({
  options: {
    model: { type: "string", default: "public/models/concierge-10m" },
    precisions: { type: "string", default: "f32,stored" },
    rounds: { type: "string", default: "7" },
    tokens: { type: "string", default: "64" },
    prompt: { type: "string", default: "64" },
    /** Of a process that serves rounds. */
    serve: { type: "string" },
  },
});
const [rounds, tokens, promptLength] = [Number(values.rounds), Number(values.tokens), Number(values.prompt)];

/** What a process tells when it is asked for a round. */
interface Round {
  readonly promptMs: number;
  readonly tokenMs: number;
}
interface Loaded {
  readonly storedBytes: number;
  readonly heldBytes: number;
  readonly residentBytes: number;
  readonly parameters: number;
  /** Scores of the text's last positions. */
  readonly scores: readonly (readonly number[])[];
}

/** The same for all: ids without meaning, which every vocabulary has. */
const textOf = (vocabulary: number): readonly number[] =>
  Array.from({ length: promptLength + tokens }, (_, i) => (7919 * i + 31 * i * i) % vocabulary);

const SCORED = 32;

async function serve(precision: WeightPrecision): Promise<void> {
  const before = process.memoryUsage().rss;
  const folder = unwrap(await openModelFolder(values.model, precision));
  const { manifest } = folder;
  const runtime = await nodeRuntime({ backend: "cpu", threads: 1, blocks: precision !== "f32" });
  const host = createModelHost(runtime, manifest, (shard) => folder.readShard(shard));
  const text = textOf(manifest.architecture.vocabulary);
  const session = await host.open(wholeModel(manifest.architecture), { capacity: text.length, kvCache: true });
  const shards = [
    manifest.embedding,
    ...manifest.blocks,
    manifest.norm,
    ...(manifest.head === null ? [] : [manifest.head]),
  ];
  const scores = await scoresOf(session, text, manifest.architecture.vocabulary);
  await round(session, text);
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const loaded: Loaded = {
    storedBytes: shards.reduce((sum, { bytes }) => sum + bytes, 0),
    heldBytes: host.memory().weightBytes,
    residentBytes: process.memoryUsage().rss - before,
    parameters: manifest.parameters,
    scores,
  };
  process.send?.(loaded);
  process.on("message", () => void round(session, text).then((result) => process.send?.(result)));
}

async function round(session: SegmentSession, text: readonly number[]): Promise<Round> {
  session.rewind(0);
  const began = performance.now();
  await session.step({ kind: "ids", ids: text.slice(0, promptLength) }, 0, "last");
  const prompted = performance.now();
  for (let at = promptLength; at < text.length; at++)
    await session.step({ kind: "ids", ids: text.slice(at, at + 1) }, at, "last");
  return { promptMs: prompted - began, tokenMs: (performance.now() - prompted) / tokens };
}

async function scoresOf(session: SegmentSession, text: readonly number[], width: number): Promise<number[][]> {
  const output = await session.step({ kind: "ids", ids: text.slice(0, promptLength) }, 0, "all");
  if (output.kind !== "logits") throw new Error("the whole model gives logits");
  const rows = Math.min(SCORED, promptLength);
  return Array.from({ length: rows }, (_, i) => {
    const from = (promptLength - rows + i) * width;
    return [...output.logits.subarray(from, from + width)];
  });
}

/** Mean over rows of Σ p log(p / q), in nats. */
function divergence(reference: readonly (readonly number[])[], other: readonly (readonly number[])[]): number {
  const each = reference.map((row, i) => {
    const [p, q] = [logSoftmax(row), logSoftmax(other[i] ?? [])];
    return p.reduce((sum, log, at) => sum + Math.exp(log) * (log - (q[at] ?? Number.NaN)), 0);
  });
  return each.reduce((sum, value) => sum + value, 0) / each.length;
}

function logSoftmax(row: readonly number[]): readonly number[] {
  const most = row.reduce((one, other) => Math.max(one, other), -Infinity);
  const sum = Math.log(row.reduce((all, value) => all + Math.exp(value - most), 0)) + most;
  return row.map((value) => value - sum);
}

const answer = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as T));
    child.once("exit", (code) => reject(new Error(`a process ended with ${code}`)));
  });

async function compare(): Promise<void> {
  const names = values.precisions.split(",").map((name) => precisionOf(name));
  const arms = [];
  for (const name of names) {
    const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), "--serve", name], {
      execArgv: ["--expose-gc"],
    });
    arms.push({ name, child, loaded: await answer<Loaded>(child), rounds: [] as Round[] });
  }
  for (let count = 0; count < rounds; count++)
    for (const arm of arms) {
      arm.child.send("round");
      arm.rounds.push(await answer<Round>(arm.child));
    }
  for (const { child } of arms) child.kill();
  const [first] = arms;
  const middle = (numbers: readonly number[]): string =>
    [0.5, 0.25, 0.75].map((share) => (quantile(numbers, share) ?? Number.NaN).toFixed(2)).join(" / ");
  console.log(`${values.model}: prompt ${promptLength}, ${tokens} tokens, n = ${rounds}; median / quartiles`);
  for (const { name, loaded, rounds: own } of arms) {
    const { storedBytes, heldBytes, residentBytes, parameters, scores } = loaded;
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    const times = (key: keyof Round): string =>
      `${middle(own.map((each) => each[key]))} ms, ${middle(own.map((each, i) => each[key] / (first?.rounds[i]?.[key] ?? Number.NaN)))} of ${first?.name}`;
    console.log(name);
    console.log(`  shards   ${megabytes(storedBytes)}, ${(storedBytes / parameters).toFixed(2)} bytes a weight`);
    console.log(`  held     ${megabytes(heldBytes)}, ${(heldBytes / parameters).toFixed(2)} bytes a weight`);
    console.log(`  resident ${megabytes(residentBytes)} above the process before it was opened`);
    console.log(`  prompt   ${times("promptMs")}`);
    console.log(`  token    ${times("tokenMs")}`);
    if (first !== undefined)
      console.log(`  KL to ${first.name}: ${divergence(first.loaded.scores, scores).toExponential(2)} nats`);
  }
}

const precisionOf = (name: string): WeightPrecision =>
  PRECISIONS.find((each) => each === name) ?? fail(`--precisions takes ${PRECISIONS.join(", ")}, not "${name}".`);

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

if (values.serve === undefined) await compare();
else await serve(precisionOf(values.serve));
