/**
 * `npm run bench:batching`: tokens a second of an edge server by how many clients decode at once, with steps sharing
 * passes and with `--batch 1`, which computes each alone; and windows a second that they verify. Two edges of the same
 * build, real sockets, one arm after the other in every round. Beside them what batching could give at most here: a
 * pass over sixteen positions of one session against one over a single one. Every client has a prompt of its own, so
 * lengths differ, and its tokens must be those of the arm without batching.
 *
 * --clients 1,2,...  --rounds N (5)  --tokens N (24)  --port N (8190)  --write (docs/benchmarks/batching.*)  --anyway
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wholeModel } from "#core/model/architecture.ts";
import { quantile } from "#core/measure/summary.ts";
import { BUILD } from "#core/run/build.ts";
import { unwrap } from "#core/run/failure.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import type { EdgeSession, SegmentSession } from "#engine/ports.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { WIRE_VERSION } from "#wire/messages.ts";
import { requireQuiet } from "./busy.ts";
import { startEdge, type EdgeProcess } from "#tools/edge-process.ts";
import { readFlags } from "#tools/read-flags.ts";

const { values } = readFlags({
  options: {
    clients: { type: "string", default: "1,2,4,8,16,32,64,128" },
    rounds: { type: "string", default: "5" },
    tokens: { type: "string", default: "24" },
    port: { type: "string", default: "8190" },
    write: { type: "boolean", default: false },
    anyway: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("../..", import.meta.url));
const counts = values.clients.split(",").map(Number);
const [rounds, tokens, port] = [Number(values.rounds), Number(values.tokens), Number(values.port)];
const MODEL = "concierge-10m";
/** Drafted tokens of a window, and windows that each client asks for in a row. */
const [DRAFTED, WINDOWS] = [4, 4];
const JUDGED_AT_ONCE = 16;
const ARMS = { alone: "1", batched: "64" } as const;
type Arm = keyof typeof ARMS;
const armNames: readonly Arm[] = ["alone", "batched"];

/** One client, its prompt computed but for the last id: every question begins there again. */
interface Client {
  readonly session: EdgeSession;
  readonly prompt: readonly number[];
}

interface Side {
  readonly edge: EdgeProcess;
  readonly decoding: readonly Client[];
  readonly judging: readonly Client[];
}

async function openSide(
  arm: Arm,
  offset: number,
  folder: ModelFolder,
  prompts: readonly (readonly number[])[],
): Promise<Side> {
  const limits = ["--max-sessions", "512", "--max-sessions-per-address", "512", "--queue", "1024"];
  const model = ["--model", `public/models/${MODEL}`, "--threads", "1", "--log-level", "warn"];
  const edge = await startEdge(port + offset, [...model, ...limits, "--batch", ARMS[arm]]);
  const link = socketChannel(edge.url, {
    connect: connectNodeSocket,
    clock: nodeClock,
    timer: nodeTimer,
    onNotice: () => undefined,
  });
  const { architecture, revision } = folder.manifest;
  const open = async (prompt: readonly number[], verify: string | null): Promise<Client> => {
    const session = await link.open({
      kind: "hello",
      wire: WIRE_VERSION,
      build: BUILD.id,
      model: MODEL,
      revision,
      segment: wholeModel(architecture),
      codec: "f32",
      capacity: architecture.context,
      kvCache: true,
      sampling: { temperature: 0, topK: 0, topP: 1, seed: 1 },
      edgeLoad: 1,
      verify,
      draft: null,
      access: null,
      resume: null,
    });
    await session.ask({ kind: "generate", position: 0, ids: Uint32Array.from(prompt.slice(0, -1)), generate: 0 });
    return { session, prompt };
  };
  const decoding: Client[] = [];
  for (const prompt of prompts) decoding.push(await open(prompt, null));
  const judging: Client[] = [];
  for (const prompt of prompts.slice(0, JUDGED_AT_ONCE)) judging.push(await open(prompt, "greedy"));
  return { edge, decoding, judging };
}

const last = (prompt: readonly number[]): number => prompt.at(-1) ?? 0;

async function decode({ session, prompt }: Client): Promise<readonly number[]> {
  const said: number[] = [];
  const position = prompt.length - 1;
  for await (const { message } of session.stream({
    kind: "generate",
    position,
    ids: Uint32Array.of(last(prompt)),
    generate: tokens,
  }))
    if (message.kind === "token") said.push(message.id);
  return said;
}

async function judge({ session, prompt }: Client): Promise<void> {
  const ids = Uint32Array.from([last(prompt), ...prompt.slice(0, DRAFTED)]);
  const question = {
    kind: "verify",
    position: prompt.length - 1,
    ids,
    drafted: DRAFTED,
    follows: false,
    payload: new Uint8Array(0),
  } as const;
  for (let window = 0; window < WINDOWS; window++) await session.ask(question);
}

interface Timed<T> {
  readonly ms: number;
  readonly given: T;
}

async function timed<T>(body: () => Promise<T>): Promise<Timed<T>> {
  const startMs = performance.now();
  const given = await body();
  return { ms: performance.now() - startMs, given };
}

/** Steps that shared a pass, on average over steps since the figures `before`. */
async function batchFigures({ url }: EdgeProcess): Promise<{ readonly sum: number; readonly count: number }> {
  const text = await (await fetch(`${url}metrics`)).text();
  const figure = (name: string): number =>
    Number(new RegExp(`cutlayer_batch_steps_${name} (\\S+)`).exec(text)?.[1] ?? 0);
  return { sum: figure("sum"), count: figure("count") };
}

/** By arm and clients: a figure a round. */
class Figures {
  readonly #of = new Map<string, number[]>();

  add(name: string, value: number): void {
    this.#of.set(name, [...(this.#of.get(name) ?? []), value]);
  }

  of(name: string): readonly number[] {
    return this.#of.get(name) ?? [];
  }

  /** Everything so far was a warm-up. */
  forget(): void {
    this.#of.clear();
  }

  get all(): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries(this.#of);
  }

  median(name: string): number {
    return quantile(this.of(name), 0.5) ?? Number.NaN;
  }

  /** Of two figures' ratio round by round: median, quartiles. */
  ratio(one: string, other: string): readonly [number, number, number] {
    const below = this.of(other);
    const ratios = this.of(one).map((value, round) => value / (below[round] ?? Number.NaN));
    const at = (share: number): number => quantile(ratios, share) ?? Number.NaN;
    return [at(0.5), at(0.25), at(0.75)];
  }
}

const figures = new Figures();
let differing = 0;
let compared = 0;

async function decodeRound(sides: Readonly<Record<Arm, Side>>, clients: number): Promise<void> {
  const texts = new Map<Arm, readonly (readonly number[])[]>();
  for (const arm of armNames) {
    const { edge, decoding } = sides[arm];
    const before = await batchFigures(edge);
    const { ms, given } = await timed(() => Promise.all(decoding.slice(0, clients).map(decode)));
    const after = await batchFigures(edge);
    texts.set(arm, given);
    figures.add(`${arm} ${clients}`, (1000 * given.flat().length) / ms);
    figures.add(`${arm} ${clients} batch`, (after.sum - before.sum) / (after.count - before.count));
  }
  for (const [index, ids] of (texts.get("batched") ?? []).entries()) {
    compared++;
    if (String(ids) !== String(texts.get("alone")?.[index])) differing++;
  }
}

async function judgeRound(sides: Readonly<Record<Arm, Side>>, clients: number): Promise<void> {
  for (const arm of armNames) {
    const { ms } = await timed(() => Promise.all(sides[arm].judging.slice(0, clients).map(judge)));
    figures.add(`${arm} judges ${clients}`, (1000 * clients * WINDOWS) / ms);
  }
}

/** Sessions in this process: what the edge computes with, and the whole model as one graph. */
interface Local {
  readonly pieces: SegmentSession;
  readonly whole: SegmentSession;
}

async function openLocal(folder: ModelFolder, grain: "piece" | "segment"): Promise<SegmentSession> {
  const runtime = await nodeRuntime({ backend: "cpu", threads: 1, grain });
  const host = createModelHost(runtime, folder.manifest, (shard) => folder.readShard(shard));
  const session = await host.open(wholeModel(folder.manifest.architecture), { capacity: 128, kvCache: true });
  await session.step({ kind: "ids", ids: Array.from({ length: 60 }, (_, i) => i + 1) }, 0, "none");
  return session;
}

/** Positions a second in passes over one and over sixteen. */
async function boundRound({ pieces, whole }: Local, prompt: readonly number[]): Promise<void> {
  const passes = { "bound 1": [pieces, 1], "bound 16": [pieces, 16], "whole 1": [whole, 1] } as const;
  for (const [name, [session, rows]] of Object.entries(passes)) {
    const step = { kind: "ids", ids: prompt.slice(0, rows) } as const;
    const { ms } = await timed(async () => {
      for (let pass = 0; pass < 12; pass++) await session.step(step, 40, "all");
    });
    figures.add(name, (12_000 * rows) / ms);
  }
}

async function main(): Promise<void> {
  const busy = await requireQuiet(values.anyway);
  const folder = unwrap(await openModelFolder(join(root, "public/models", MODEL)));
  const tokenizer = await openTokenizer(folder);
  const most = Math.max(...counts, JUDGED_AT_ONCE);
  const prompts = Array.from({ length: most }, (_, i) =>
    tokenizer.conversation([
      { role: "user", content: `Find me a restaurant for ${i + 1}, please.${" Really.".repeat(i % 24)}` },
    ]),
  );
  const local = { pieces: await openLocal(folder, "piece"), whole: await openLocal(folder, "segment") };
  const sides = {
    alone: await openSide("alone", 0, folder, prompts),
    batched: await openSide("batched", 1, folder, prompts),
  };
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const clients of counts) await decodeRound(sides, clients);
      for (const clients of [1, JUDGED_AT_ONCE]) await judgeRound(sides, clients);
      await boundRound(local, prompts[0] ?? []);
      if (round === 0) figures.forget(); // it warmed up
    }
  } finally {
    for (const arm of armNames) await sides[arm].edge.stop("SIGKILL");
  }
  await report(busy);
}

const shown = (value: number, digits = 0): string => value.toFixed(digits);
const shownRatio = ([median, low, high]: readonly [number, number, number]): string =>
  `${shown(median, 2)} (${shown(low, 2)} to ${shown(high, 2)})`;

async function report(busy: number): Promise<void> {
  const rows = counts.map((clients) => [
    clients,
    shown(figures.median(`alone ${clients}`)),
    shown(figures.median(`batched ${clients}`)),
    shownRatio(figures.ratio(`batched ${clients}`, `alone ${clients}`)),
    shownRatio(figures.ratio(`batched ${clients}`, "alone 1")),
    shown(figures.median(`batched ${clients} batch`), 1),
  ]);
  const judged = [1, JUDGED_AT_ONCE].map((clients) => [
    clients,
    shown(figures.median(`alone judges ${clients}`)),
    shown(figures.median(`batched judges ${clients}`)),
    shownRatio(figures.ratio(`batched judges ${clients}`, `alone judges ${clients}`)),
    shownRatio(figures.ratio(`batched judges ${clients}`, "alone judges 1")),
  ]);
  const line = (cells: readonly unknown[]): string => `| ${cells.join(" | ")} |`;
  const text = [
    "# Batching at the edge",
    "",
    `\`npm run bench:batching\`: ${MODEL}, edges with one compute thread, ${tokens} tokens a client, n = ${rounds} rounds of interleaved arms after one that is not counted; medians, quartiles in brackets. ${cpus().length} cores of ${cpus()[0]?.model.trim() ?? "an unknown processor"}, the clients among them; ${shown(busy * 100)}% of the machine busy with other things before it began. ${new Date().toISOString().slice(0, 10)}, commit ${BUILD.commit}.`,
    "",
    "| clients | tokens/s, each alone | tokens/s, batched | batched over alone | over one client alone | mean batch |",
    "|---|---|---|---|---|---|",
    ...rows.map(line),
    "",
    `Of ${compared} answers ${differing} differ from those of the arm without batching. In one process beside them: sixteen positions of one session in a pass give ${shownRatio(figures.ratio("bound 16", "bound 1"))} times the positions a second of one in a pass, which is about what sharing can give at most; and the whole model as one graph ${shownRatio(figures.ratio("whole 1", "bound 1"))} times those that the edge's row programs give a session alone.`,
    "",
    `Windows of ${DRAFTED} drafted tokens and the one before them, verified:`,
    "",
    "| clients | windows/s, each alone | windows/s, batched | batched over alone | over one client alone |",
    "|---|---|---|---|---|",
    ...judged.map(line),
    "",
  ].join("\n");
  console.log(text);
  if (!values.write) return;
  await writeFile(join(root, "docs/benchmarks/batching.md"), text);
  await writeFile(join(root, "docs/benchmarks/batching.json"), `${JSON.stringify(figures.all, null, 1)}\n`);
}

try {
  await main();
} catch (thrown) {
  console.error(thrown);
  process.exitCode = 1;
}
