import { afterEach, expect, test } from "vitest";
import { edgeStatus, type EdgeStatus } from "#core/run/edge-status.ts";
import { unwrap } from "#core/run/failure.ts";
import { readWith } from "#core/schema/read.ts";
import { hello, TestClient, testEdge } from "../testing/harness.ts";
import { StatusBoard, type SeatFacts } from "./board.ts";
import { Tally } from "./tally.ts";

const LIMITS = { clientsMost: 8, waitingMost: 64, batchMost: 16, kvBytesMost: 1000 };
const seat = (number: number, tokens: number): SeatFacts => ({
  id: `secret-${number}`,
  number,
  model: "m",
  from: 4,
  to: 12,
  kvBytes: 100,
  tokens,
  edgeLoad: 1,
});

let board: StatusBoard | null = null;
afterEach(() => board?.close());

function boardOf(clients: () => readonly SeatFacts[], tally = new Tally()): StatusBoard {
  board = new StatusBoard(
    {
      clients,
      away: () => new Set(["secret-2"]),
      waiting: () => 3,
      models: () => [{ name: "m", blocks: 12, weightBytes: 5, clients: 1 }],
      refusals: () => Promise.resolve([{ code: "edge-full", count: 2 }]),
      draining: () => false,
      limits: LIMITS,
    },
    tally,
    0,
  );
  return board;
}

/** As a page reads it. */
async function read(asked: StatusBoard): Promise<EdgeStatus> {
  return unwrap(readWith(edgeStatus, JSON.parse((await asked.answer(7000)) ?? "null")));
}

test("counts and rates, and nothing that names a client", async () => {
  let tokens = 0;
  const asked = boardOf(() => [seat(1, tokens), seat(2, 0)]);
  asked.sample();
  for (let second = 0; second < 7; second++) {
    tokens += 20;
    asked.sample();
  }
  const status = await read(asked);
  expect(status.clients).toMatchObject([
    { number: 1, tokens: 140, tokensPerSecond: 20, here: true },
    { number: 2, tokensPerSecond: 0, here: false },
  ]);
  expect(status).toMatchObject({ upMs: 7000, kvBytes: 200, refusals: [{ code: "edge-full", count: 2 }], ...LIMITS });
  expect(JSON.stringify(status)).not.toContain("secret");
});

test("a client that came in this second has no rate yet", async () => {
  const status = await read(boardOf(() => [seat(1, 9)]));
  expect(status.clients[0]?.tokensPerSecond).toBeNull();
  expect(status.recent.clients).toEqual([]);
});

test("what steps came to is of the second that it was in, and two minutes are kept", async () => {
  const tally = new Tally();
  const asked = boardOf(() => [], tally);
  for (const batch of [1, 4, 4]) tally.noteStep(batch);
  tally.noteTokens(30);
  asked.sample();
  asked.sample();
  const { recent } = await read(asked);
  expect(recent).toEqual({
    everyMs: 1000,
    clients: [0, 0],
    waiting: [3, 3],
    batch: [3, null],
    batchMost: [4, null],
    tokensPerSecond: [30, 0],
  });
  for (let second = 0; second < 200; second++) asked.sample();
  expect((await read(asked)).recent.waiting).toHaveLength(120);
});

test("one status is made a second, however many ask; the more ask, the longer they are told to wait, and past a bound they are sent away", async () => {
  let made = 0;
  const asked = boardOf(() => {
    made += 1;
    return [];
  });
  const viewers = 100;
  for (let second = 0; second < 12; second++) {
    asked.sample();
    const before = made;
    const { refreshMs } = await read(asked);
    const answers = Array.from({ length: Math.round((viewers * 1000) / refreshMs) }, () => asked.answer(0));
    expect(made - before).toBe(1);
    expect(answers.filter((answer) => answer !== null).length).toBeLessThanOrEqual(60);
  }
  expect((await read(asked)).refreshMs).toBeGreaterThanOrEqual(5000);
  for (let second = 0; second < 3; second++) asked.sample();
  expect((await read(asked)).refreshMs).toBe(1000); // they have left
});

test("the server's own: a client that decodes is there while it is there, with its tokens", async () => {
  const edge = await testEdge();
  try {
    const look = async (): Promise<EdgeStatus> => {
      await new Promise((resolve) => setTimeout(resolve, 1050)); // a second's status stands for all of it
      return unwrap(readWith(edgeStatus, await (await fetch(`${edge.url}/status.json`)).json()));
    };
    expect((await look()).clients).toEqual([]);
    const { client, welcome } = await TestClient.open(edge.url, {});
    await client.tokens({ kind: "generate", sequence: 1, position: 0, ids: Uint32Array.of(1, 2), generate: 5 });
    const during = await look();
    expect(during.clients).toMatchObject([{ number: 1, model: "fake", tokens: 5, here: true }]);
    expect(during.kvBytes).toBeGreaterThan(0);
    expect(during.recent.tokensPerSecond.reduce((sum, each) => sum + each, 0)).toBe(5);
    expect(during.models).toMatchObject([{ name: "fake", clients: 1 }]);
    expect(JSON.stringify(during)).not.toContain(welcome.session.slice(0, 8));
    await new TestClient(edge.url).greet(hello({ model: "none" }));
    client.socket.terminate();
    const after = await look();
    expect(after.clients.every(({ here }) => !here)).toBe(true);
    expect(after.refusals).toContainEqual({ code: "unknown-model", count: 1 });
  } finally {
    await edge.server.close();
  }
});
