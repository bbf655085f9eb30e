/**
 * A path of three hops over real sockets: the device's role in this process, an edge server, and a
 * second one behind it. Whatever the cuts, and whatever is lost on the way, under float32 the tokens
 * are those of the uncut model.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PathStop, RunConfig } from "#core/run/config.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { openModelFolder, type ModelFolder } from "#node/model/model-folder.ts";
import { nodeWorld } from "#node/node-world.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { localCompute } from "./compute/local.ts";
import { fakeHost } from "./testing/fake-model.ts";
import { hello, testEdge, TestClient, edgesOf, type TestEdge } from "./testing/harness.ts";

const HOUSE = fileURLToPath(new URL("../../public/models", import.meta.url));
const NAME = "concierge-1m";
const BLOCKS = 4;
let folder: ModelFolder;
let second: TestEdge;
let first: TestEdge;
let engine: Engine;

const channelTo = (url: string) =>
  socketChannel(url, { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice: () => undefined });

function start(port: number, next: readonly string[]): Promise<TestEdge> {
  const compute = localCompute({
    models: [{ name: NAME, path: folder.path }],
    backend: "cpu",
    threads: 1,
    referenceIdleMs: 1000,
  });
  return testEdge({
    port,
    models: [{ folder, tokenizer: () => openTokenizer(folder) }],
    startCompute: () => ({ compute, died: new Promise(() => {}), end: () => compute.dispose() }),
    limits: { kvBytes: 1 << 28 },
    next: new Map(next.map((url) => [url, channelTo(url)])),
  });
}

beforeAll(async () => {
  folder = unwrap(await openModelFolder(`${HOUSE}/${NAME}`));
  second = await start(0, []);
  first = await start(0, [second.url]);
  engine = createEngine(nodeWorld({ models: HOUSE, edge: first.url }));
});
afterAll(async () => {
  await engine.release();
  await first.server.close();
  await second.server.close();
});

async function restartSecond(): Promise<void> {
  const { port } = second.server;
  await second.server.close();
  second = await start(port, []);
}

type Changes = Omit<Partial<RunConfig>, "prompt"> & { readonly prompt?: string | undefined };

const run = (changes: Changes, onToken: (index: number) => void = () => {}): Promise<RunRecord> =>
  engine.run(
    unwrap(parseConfig({ model: NAME, prompt: "Play some jazz in the living room.", maxTokens: 16, ...changes })),
    {},
    (event) => void (event.kind === "token" && onToken(event.token.index)),
    new Cancellation(),
  );

const pathOf = (
  cut: number,
  second_: number,
  codecs: readonly [string, string] = ["f32", "f32"],
): readonly PathStop[] => [
  { to: cut },
  { to: second_, codec: codecs[0] },
  { to: BLOCKS, endpoint: second.url, codec: codecs[1] },
];

describe("three hops", () => {
  let expected: RunRecord;
  beforeAll(async () => {
    expected = await run({ mode: "edge-only" });
  });
  test("are compared with a run that is exact", () => {
    expect(expected.agreement).toMatchObject({ kind: "checked", exact: true });
  });

  test.each([
    [0, 1],
    [1, 2],
    [1, 3],
    [2, 4],
  ])(
    "blocks up to %i here, up to %i at the first edge, the others at the second: the same tokens",
    async (cut, end) => {
      const record = await run({ mode: "split", path: pathOf(cut, end) });
      expect(record.finish).toEqual(expected.finish);
      expect(record.tokenIds).toEqual(expected.tokenIds);
      expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
    },
  );

  test("without a cache too", async () => {
    const record = await run({ mode: "split", path: pathOf(1, 2), kvCache: false, maxTokens: 4 });
    expect(record.tokenIds).toEqual(expected.tokenIds.slice(0, 4));
  });

  test("each way has a codec of its own: float16 goes through, and its bytes are halved", async () => {
    const exact = await run({ mode: "split", path: pathOf(1, 2, ["f32", "f32"]) });
    const half = await run({ mode: "split", path: pathOf(1, 2, ["f16", "f32"]) });
    const behind = await run({ mode: "split", path: pathOf(1, 2, ["f32", "f16"]) });
    for (const record of [half, behind]) expect(record.finish.kind).toMatch(/eos|length/);
    const upBytes = (record: RunRecord) => record.tokens[1]?.upBytes ?? 0;
    const { hidden } = folder.manifest.architecture;
    expect(upBytes(exact) - upBytes(half)).toBe(2 * hidden);
    expect(upBytes(behind)).toBe(upBytes(exact));
  });

  test("the second edge killed and restarted in the middle: it is filled again, and no token changes", async () => {
    let restarted = Promise.resolve();
    const record = await run({ mode: "split", path: pathOf(1, 2) }, (index) => {
      if (index === 4) restarted = restartSecond();
    });
    await restarted;
    expect(record.finish).toEqual(expected.finish);
    expect(record.tokenIds).toEqual(expected.tokenIds);
    expect(record.tokens.slice(1).map(({ positions }) => positions)).toEqual(record.tokens.slice(1).map(() => 1)); // the device replayed nothing
  });

  test("sockets cut between the edges and in front of them: both come back", async () => {
    const record = await run({ mode: "split", path: pathOf(1, 2) }, (index) => {
      if (index === 3) second.server.dropSockets();
      if (index === 6) first.server.dropSockets();
    });
    expect(record.finish).toEqual(expected.finish);
    expect(record.tokenIds).toEqual(expected.tokenIds);
  });

  test("a second turn rewinds every hop to what both turns share", async () => {
    const path = pathOf(1, 3);
    const turn = (content: string): Changes => ({
      prompt: undefined,
      messages: [
        { role: "user", content: "Play some jazz in the living room." },
        { role: "assistant", content: "Which room?" },
        { role: "user", content },
      ],
      maxTokens: 8,
    });
    await run({ ...turn("The kitchen, please."), mode: "split", path });
    const again = await run({ ...turn("The bedroom, and softly."), mode: "split", path });
    expect(again.resolved?.reusedPositions).toBeGreaterThan(4);
    const whole = await run({ ...turn("The bedroom, and softly."), mode: "edge-only" });
    expect(again.tokenIds).toEqual(whole.tokenIds);
  });

  test("the times of every hop are there, and add up to each token's interval", async () => {
    const { tokens } = await run({ mode: "split", path: pathOf(1, 2) });
    let before = 0;
    for (const token of tokens) {
      const { deviceMs, encodeMs, uplinkMs, queueMs, edgeMs, downlinkMs, decodeMs, sampleMs, otherMs, atMs } = token;
      const total = deviceMs + encodeMs + uplinkMs + queueMs + edgeMs + downlinkMs + decodeMs + sampleMs + otherMs;
      expect(new Set(token.spans.map(({ hop }) => hop))).toEqual(new Set([0, 1, 2]));
      expect(token.spans.find(({ hop, part }) => hop === 2 && part === "edge")?.ms).toBeGreaterThan(0);
      expect(Math.abs(total - (atMs - before))).toBeLessThanOrEqual(0.01 * (atMs - before));
      before = atMs;
    }
  });

  test("an edge connects only to what its owner allowed, whoever asks", async () => {
    const record = await run({
      mode: "split",
      path: [{ to: 1 }, { to: 2 }, { to: BLOCKS, endpoint: first.url }],
    });
    expect(record.finish).toEqual({
      kind: "failed",
      failure: { code: "next-refused", endpoint: first.url, flag: "--next" },
    });
  });

  test("a second edge that is gone for good is named", { timeout: 60_000 }, async () => {
    const lone = await start(0, []);
    const front = await start(0, [lone.url]);
    const own = createEngine(nodeWorld({ models: HOUSE, edge: front.url }));
    await lone.server.close();
    const record = await own.run(
      unwrap(
        parseConfig({
          model: NAME,
          mode: "split",
          prompt: "Play some jazz.",
          maxTokens: 2,
          path: [{ to: 1 }, { to: 2 }, { to: BLOCKS, endpoint: lone.url }],
        }),
      ),
      {},
      () => {},
      new Cancellation(),
    );
    expect(record.finish).toMatchObject({ kind: "failed", failure: { code: "edge-unreachable" } });
    await own.release();
    await front.server.close();
  });
});

describe("a chain's handshake", () => {
  const edge = edgesOf((close) => afterAll(close));

  test("segments that do not follow one another are refused, and leave no seat taken", async () => {
    const last = await edge();
    const { url, host } = await edge({ model: fakeHost(), next: new Map([[last.url, channelTo(last.url)]]) });
    const segment = { embedding: false, from: 1, to: 2, head: false };
    const refused = await new TestClient(url).greet(
      hello({
        segment,
        onward: [{ endpoint: last.url, segment: { ...segment, from: 3, to: 4, head: true }, codec: "f32" }],
      }),
    );
    expect(refused).toMatchObject({ kind: "refusal", failure: { code: "bad-value", key: "onward" } });
    expect(host.openSessions()).toBe(0);
  });
});
