/** An edge server on a free loopback port with the fake model, and a client for its session socket. */
import { mkdtemp, writeFile, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { wholeModel } from "#core/model/architecture.ts";
import type { Tokenizer } from "#engine/ports.ts";
import { decodeDown, encodeUp } from "#wire/frames.ts";
import { parseAnswer } from "#wire/hello.ts";
import {
  SUBPROTOCOL,
  WIRE_VERSION,
  type DownMessage,
  type Hello,
  type Refusal,
  type UpMessage,
  type Welcome,
} from "#wire/messages.ts";
import type { Chunk, Compute } from "../compute/compute.ts";
import { ModelCompute } from "../compute/model-compute.ts";
import { ReferenceHost } from "../compute/reference.ts";
import type { ComputeHandle } from "../compute/worker.ts";
import { startEdge, type EdgeLimits, type EdgeParts, type EdgeServer } from "../server.ts";
import { createLog } from "../status/log.ts";
import { fakeHost, FAKE_ARCHITECTURE, FAKE_MANIFEST, type FakeHost } from "./fake-model.ts";

/** A letter a token: `a` is 1; `|` opens a call, `~` an answer. */
const LETTERS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456";
export const fakeTokenizer: Tokenizer = {
  encode: (text) => Array.from(text, (letter) => Math.max(0, LETTERS.indexOf(letter))),
  decode: (ids) => Array.from(ids, (id) => LETTERS[id] ?? "?").join(""),
  prompt: (text) => fakeTokenizer.encode(text),
  conversation: (messages) => messages.flatMap(({ content }) => fakeTokenizer.encode(content)),
};

const LIMITS: EdgeLimits = {
  sessions: 8,
  sessionsPerAddress: 4,
  kvBytes: 1 << 20,
  idleTimeoutMs: 60_000,
  queueLength: 64,
  batch: 64,
  pendingBytes: 64 << 20,
  retryAfterMs: 1_500,
  heartbeatMs: 10_000,
  helloTimeoutMs: 5_000,
  drainMs: 3_000,
};

export interface TestEdge {
  readonly server: EdgeServer;
  readonly host: FakeHost;
  readonly url: string;
  /** Every log line. */
  readonly logs: string[];
  /** Makes the compute die as a crashed worker does. */
  readonly crash: () => void;
}

/** Calls a compute when nobody waits beside and nobody listens. */
export const stepMany = (compute: Compute, chunks: readonly Chunk[]): ReturnType<Compute["stepMany"]> =>
  compute.stepMany(chunks, { waiting: new Int32Array(new SharedArrayBuffer(4)), tell: () => {} });

/** A compute in this thread that can die: what was asked of it and not answered never is. */
function mortalCompute(
  host: FakeHost,
  reference: FakeHost,
): { readonly handle: ComputeHandle; readonly crash: () => void } {
  const compute = new ModelCompute(
    new Map([
      [host.manifest.name, { openHost: async () => host, reference: new ReferenceHost(async () => reference, 50) }],
    ]),
  );
  let crash = (): void => {};
  const died = new Promise<string>((resolve) => {
    crash = () => resolve("crashed on purpose");
  });
  return { handle: { compute, died, end: () => compute.dispose() }, crash };
}

export async function testEdge(
  parts: Partial<Omit<EdgeParts, "limits" | "host">> & {
    readonly limits?: Partial<EdgeLimits>;
    readonly model?: FakeHost;
    readonly tokenizer?: Tokenizer;
  } = {},
): Promise<TestEdge> {
  const host = parts.model ?? fakeHost();
  const logs: string[] = [];
  const page = join(await mkdtemp(join(tmpdir(), "cutlayer-")), "page");
  await mkdir(join(page, "assets"), { recursive: true });
  await writeFile(join(page, "index.html"), "<!doctype html><title>page</title>");
  await writeFile(join(page, "assets/app-abcd1234.js"), `console.log(${"1".repeat(4000)})`);
  await writeFile(join(page, "..", "outside.txt"), "outside");
  let crash = (): void => {};
  const server = await startEdge({
    models: [{ folder: fakeFolder, tokenizer: async () => parts.tokenizer ?? fakeTokenizer }],
    sharedCompute: false,
    startCompute: () => {
      const mortal = mortalCompute(host, fakeHost());
      crash = mortal.crash;
      return mortal.handle;
    },
    plugins: [],
    page,
    port: 0,
    certificate: null,
    allowedOrigins: [],
    allowedHosts: [],
    accessToken: null,
    next: new Map(),
    log: createLog("debug", { write: (line) => void logs.push(line) }),
    ...parts,
    host: "127.0.0.1",
    limits: { ...LIMITS, ...parts.limits },
  });
  return { server, host, url: `http://127.0.0.1:${server.port}`, logs, crash: () => crash() };
}

/** `testEdge` for the tests of a file, whose edges are closed after each. */
export function edgesOf(afterEach: (close: () => Promise<void>) => void): typeof testEdge {
  const started: TestEdge[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map(({ server }) => server.close()));
  });
  return async (parts) => {
    const edge = await testEdge(parts);
    started.push(edge);
    return edge;
  };
}

const fakeFolder: EdgeParts["models"][number]["folder"] = {
  path: "nowhere",
  manifest: FAKE_MANIFEST,
  readShard: async (shard) => new Uint8Array(shard.bytes).fill(7),
  readPart: async (_, from, to) => Uint8Array.from({ length: to - from }, (__, index) => from + index),
  file: async (name) => (name === "tokenizer.json" ? "{}" : null),
};

export const hello = (changes: Partial<Hello> = {}): Hello => ({
  kind: "hello",
  wire: WIRE_VERSION,
  build: "test",
  model: FAKE_MANIFEST.name,
  revision: FAKE_MANIFEST.revision,
  segment: wholeModel(FAKE_ARCHITECTURE),
  codec: "f32",
  capacity: 64,
  kvCache: true,
  sampling: { temperature: 0, topK: 0, topP: 1, seed: 1 },
  edgeLoad: 1,
  verify: null,
  draft: null,
  access: null,
  resume: null,
  ...changes,
});

type Arrival = Welcome | Refusal | DownMessage | { readonly kind: "closed"; readonly code: number };

/** The client's side of a session socket: texts and frames in the order they came. */
export class TestClient {
  readonly socket: WebSocket;
  upBytes = 0;
  downBytes = 0;
  readonly #arrived: Arrival[] = [];
  #wake: () => void = () => {};

  constructor(
    url: string,
    {
      protocol = SUBPROTOCOL,
      ...options
    }: {
      readonly origin?: string;
      readonly protocol?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/session`, protocol, options);
    this.socket.on("message", (data: Buffer, isBinary) => {
      this.downBytes += data.byteLength;
      const read = isBinary ? decodeDown(data) : parseAnswer(data.toString());
      if (!read.ok) throw new Error(`unreadable: ${JSON.stringify(read.failure)}`);
      this.#arrive(read.value);
    });
    this.socket.on("close", (code) => this.#arrive({ kind: "closed", code }));
    this.socket.on("error", () => {});
  }

  static async open(
    url: string,
    changes: Partial<Hello> = {},
  ): Promise<{ readonly client: TestClient; readonly welcome: Welcome }> {
    const client = new TestClient(url);
    const answer = await client.greet(hello(changes));
    if (answer.kind !== "welcome") throw new Error(`refused: ${JSON.stringify(answer)}`);
    return { client, welcome: answer };
  }

  async greet(message: Hello): Promise<Welcome | Refusal> {
    const opened = new Promise((resolve) => this.socket.once("open", resolve));
    if (this.socket.readyState !== WebSocket.OPEN) await opened;
    this.sendText(JSON.stringify(message));
    const answer = await this.next();
    if (answer.kind !== "welcome" && answer.kind !== "refusal")
      throw new Error(`a handshake came back as ${answer.kind}`);
    return answer;
  }

  sendText(text: string): void {
    this.upBytes += Buffer.byteLength(text);
    this.socket.send(text);
  }

  send(message: UpMessage): void {
    this.sendBytes(encodeUp(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.upBytes += bytes.byteLength;
    this.socket.send(bytes);
  }

  async ask(message: UpMessage): Promise<DownMessage> {
    this.send(message);
    const answer = await this.next();
    if (answer.kind === "welcome" || answer.kind === "refusal" || answer.kind === "closed")
      throw new Error(`instead of an answer: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Ids of a stream until it ends. */
  async tokens(message: UpMessage): Promise<{ readonly ids: readonly number[]; readonly finish: string }> {
    const ids: number[] = [];
    for (let answer = await this.ask(message); ; answer = await this.nextAnswer()) {
      if (answer.kind !== "token") throw new Error(`in a stream of tokens: ${JSON.stringify(answer)}`);
      ids.push(answer.id);
      if (answer.finish !== "none") return { ids, finish: answer.finish };
    }
  }

  async nextAnswer(): Promise<DownMessage> {
    const next = await this.next();
    if (next.kind === "welcome" || next.kind === "refusal" || next.kind === "closed")
      throw new Error(`instead of an answer: ${JSON.stringify(next)}`);
    return next;
  }

  async next(): Promise<Arrival> {
    for (;;) {
      const first = this.#arrived.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async closed(): Promise<number> {
    for (;;) {
      const next = await this.next();
      if (next.kind === "closed") return next.code;
    }
  }

  #arrive(what: Arrival): void {
    this.#arrived.push(what);
    this.#wake();
  }
}

/** What most tests ask for. */
export const PROMPT: readonly number[] = [3, 1, 4, 1, 5];
export const generate = (count: number, ids: readonly number[] = PROMPT, sequence = 1) =>
  ({ kind: "generate", sequence, position: 0, ids: Uint32Array.from(ids), generate: count }) as const;

export async function until(met: () => boolean): Promise<void> {
  for (let tries = 0; !met(); tries++) {
    if (tries > 200) throw new Error("it did not come about within 2 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One that nobody listens on just now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

/** Something to wait for until it is opened. */
export function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}
