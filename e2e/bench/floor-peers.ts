/**
 * The floor against other people's runtimes, on the same weights in float32, one thread each, token
 * for token: the edge's own compute time against llama.cpp in Node, and device-only on wasm against
 * llama.cpp in the browser. Their float16 is printed beside. Arms take turns within each round.
 */
import type { Page } from "@playwright/test";
import { wholeModel } from "#core/model/architecture.ts";
import { BUILD } from "#core/run/build.ts";
import { unwrap } from "#core/run/failure.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import type { EdgeSession } from "#engine/ports.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { WIRE_VERSION, type Hello } from "#wire/messages.ts";
import type { WllamaResult } from "../harness/wllama.ts";
import { mid, run } from "./page-run.ts";
import type { LlamaSequence, Peers } from "./peers.ts";
import type { Finding } from "./report.ts";

export interface PeerBench {
  readonly peers: Peers;
  readonly model: string;
  /** The model's folder. */
  readonly path: string;
  readonly rounds: number;
  readonly note: (name: string, value: number) => number;
}

const REQUEST = "Find me an Italian restaurant in San Jose, please.";
const TOKENS = 40;

/** Of one arm in one round: ms a token, the first left out, and what it said. */
interface Decoded {
  readonly stepMs: readonly number[];
  readonly ids: readonly number[];
}

/** Arms in a changing order, each once a round and once before, to warm up. */
async function inTurns<T>(
  rounds: number,
  arms: Readonly<Record<string, () => Promise<T>>>,
  each: (round: number, results: Readonly<Record<string, T>>) => void,
): Promise<void> {
  const names = Object.keys(arms);
  for (let round = -1; round < rounds; round++) {
    const results: Record<string, T> = {};
    const turn = Math.max(0, round) % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const arm = arms[name];
      if (arm !== undefined) results[name] = await arm();
    }
    if (round >= 0) each(round, results);
  }
}

export async function edgeAgainstLlama(bench: PeerBench, edgeUrl: string): Promise<readonly Finding[]> {
  const { rounds, note } = bench;
  const folder = unwrap(await openModelFolder(bench.path));
  const prompt = (await openTokenizer(folder)).conversation([
    { role: "user", content: REQUEST },
    { role: "assistant", content: "" },
  ]);
  const session = await openEdge(edgeUrl, folder);
  const sequences = { f32: await llamaSequence(bench.peers, "f32"), f16: await llamaSequence(bench.peers, "f16") };
  const arms = {
    ours: () => edgeDecode(session, prompt),
    f32: () => llamaDecode(sequences.f32, prompt),
    f16: () => llamaDecode(sequences.f16, prompt),
  };
  const ratios: number[] = [];
  await inTurns(rounds, arms, (_round, { ours, f32, f16 }) => {
    if (ours === undefined || f32 === undefined || f16 === undefined) return;
    sameTokens("llama.cpp in float32", ours.ids, f32.ids);
    const mine = note("the edge's own compute a token", mid(ours.stepMs));
    ratios.push(note("llama.cpp in Node, float32, a token", mid(f32.stepMs)) / mine);
    note("llama.cpp in Node, float16, a token", mid(f16.stepMs));
  });
  await session.close();
  return [
    {
      name: "edge-against-llama",
      what: "the edge's decoding, its own compute a token, against llama.cpp in float32",
      unit: "x",
      samples: ratios,
      limit: { kind: "at least", value: 1 },
    },
  ];
}

/** Greedy tokens must be the same as far as both go: what differs is not the same computation. */
function sameTokens(who: string, ours: readonly number[], theirs: readonly number[]): void {
  const length = Math.min(ours.length, theirs.length);
  const differs = ours.slice(0, length).findIndex((id, place) => id !== theirs[place]);
  if (length < 8 || differs >= 0)
    throw new Error(`${who} says something else at token ${differs}: ${theirs.join(" ")} for ${ours.join(" ")}`);
}

async function openEdge(url: string, { manifest }: ModelFolder): Promise<EdgeSession> {
  const hello: Hello = {
    kind: "hello",
    wire: WIRE_VERSION,
    build: BUILD.id,
    model: manifest.name,
    revision: manifest.revision,
    segment: wholeModel(manifest.architecture),
    codec: "f32",
    capacity: manifest.architecture.context,
    kvCache: true,
    sampling: { temperature: 0, topK: 0, topP: 1, seed: 0 },
    edgeLoad: 1,
    verify: null,
    draft: null,
    access: null,
    resume: null,
  };
  const link = socketChannel(url, {
    connect: connectNodeSocket,
    clock: nodeClock,
    timer: nodeTimer,
    onNotice: () => undefined,
  });
  return link.open(hello);
}

async function edgeDecode(session: EdgeSession, prompt: readonly number[]): Promise<Decoded> {
  const ids: number[] = [];
  const stepMs: number[] = [];
  const question = { kind: "generate", position: 0, ids: Uint32Array.from(prompt), generate: TOKENS } as const;
  for await (const { message, exchange } of session.stream(question)) {
    if (message.kind !== "token") throw new Error(`the edge answered with ${message.kind}`);
    ids.push(message.id);
    stepMs.push(exchange.computeMs);
  }
  return { ids, stepMs: stepMs.slice(1) };
}

async function llamaSequence(peers: Peers, precision: "f32" | "f16"): Promise<LlamaSequence> {
  const llama = await (await peers.llama()).getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: 1 });
  const model = await llama.loadModel({ modelPath: peers.gguf(precision) });
  return (await model.createContext({ contextSize: 512, threads: 1, batchSize: 512 })).getSequence();
}

async function llamaDecode(sequence: LlamaSequence, prompt: readonly number[]): Promise<Decoded> {
  await sequence.clearHistory();
  const ids: number[] = [];
  const stepMs: number[] = [];
  let sinceMs = performance.now();
  for await (const id of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    const nowMs = performance.now();
    stepMs.push(nowMs - sinceMs);
    sinceMs = nowMs;
    ids.push(id);
    if (ids.length === TOKENS) break;
  }
  return { ids, stepMs: stepMs.slice(1) };
}

/** `harness` is a page that reaches the peers' folder below its own root. */
export async function tabAgainstWllama(bench: PeerBench, lab: Page, harness: Page): Promise<readonly Finding[]> {
  const { rounds, note, model, path } = bench;
  const folder = unwrap(await openModelFolder(path));
  const tokenizer = await openTokenizer(folder);
  const prompt = tokenizer.conversation([
    { role: "user", content: REQUEST },
    { role: "assistant", content: "" },
  ]);
  const ours = async (): Promise<WllamaResult> => {
    const config = { mode: "device-only", model, backend: "wasm", threads: 1, codec: "f32", temperature: 0 } as const;
    const { tokens, tokenIds } = await run(lab, { ...config, promptIds: prompt, maxTokens: TOKENS });
    const stepMs = tokens.slice(1).map(({ atMs }, place) => atMs - (tokens[place]?.atMs ?? 0));
    return { stepMs, text: tokenizer.decode(tokenIds) };
  };
  const theirs = (precision: "f32" | "f16") => async (): Promise<WllamaResult> => {
    const request = {
      model: `/.cache/peers/${model}-${precision}.gguf`,
      prompt: tokenizer.decode(prompt),
      tokens: TOKENS,
    };
    await harness.bringToFront();
    const result = await harness.evaluate((asked) => window.harness?.wllama(asked), request);
    if (result === undefined) throw new Error("the harness is gone");
    return result;
  };
  const ratios: number[] = [];
  await inTurns(rounds, { ours, f32: theirs("f32"), f16: theirs("f16") }, (_round, results) => {
    const { ours: mine, f32, f16 } = results;
    if (mine === undefined || f32 === undefined || f16 === undefined) return;
    sameText(mine.text, f32.text);
    const tpot = note("device-only beside wllama: TPOT", mid(mine.stepMs));
    ratios.push(note("wllama, float32: TPOT", mid(f32.stepMs)) / tpot);
    note("wllama, float16: TPOT", mid(f16.stepMs));
  });
  return [
    {
      name: "tab-against-wllama",
      what: "device-only on wasm against wllama in float32",
      unit: "x",
      samples: ratios,
      limit: { kind: "at least", value: 1.2 },
    },
  ];
}

/** It gives text, and none for control tokens. */
function sameText(ours: string, theirs: string): void {
  const plain = (text: string): string => text.replaceAll(/<\|[^|]*\|>/g, "").trim();
  const length = Math.min(plain(ours).length, plain(theirs).length);
  if (length < 8 || plain(ours).slice(0, length) !== plain(theirs).slice(0, length))
    throw new Error(`wllama says something else: ${theirs} for ${ours}`);
}
