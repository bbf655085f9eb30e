/** Moving the cut as a client sees it on the wire: what it may do, what it costs, and what refuses it. */
import { afterEach, expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { codecNamed } from "#core/codec/registry.ts";
import type { UpMessage } from "#wire/messages.ts";
import { fakeContinuation, fakeHost, FAKE_ARCHITECTURE } from "../testing/fake-model.ts";
import { PROMPT, TestClient, edgesOf } from "../testing/harness.ts";

const edge = edgesOf(afterEach);

const { hidden: WIDTH } = FAKE_ARCHITECTURE;
const ROW_BYTES = 2 * 4 * FAKE_ARCHITECTURE.headSize;
const cutAt = (from: number) => ({ embedding: false, from, to: 4, head: true });
const move = (phase: "prepare" | "commit", from: number, position = 0, to = 4): UpMessage => ({
  kind: "move",
  sequence: 7,
  phase,
  position,
  from,
  to,
});

/** The device's part up to a cut. */
async function smashed(cut: number, ids: readonly number[]): Promise<Uint8Array> {
  const device = await fakeHost().open(
    { embedding: true, from: 0, to: cut, head: false },
    { capacity: 64, kvCache: true },
  );
  const out = await device.step({ kind: "ids", ids }, 0, "all");
  return unwrap(codecNamed("f32")).encode(out.kind === "hidden" ? out.hidden : new Float32Array(), ids.length, WIDTH);
}

/** A session at cut 2 whose cache holds the prompt. */
async function begun(url: string): Promise<TestClient> {
  const { client } = await TestClient.open(url, { segment: cutAt(2) });
  await client.ask({
    kind: "activations",
    sequence: 1,
    position: 0,
    count: PROMPT.length,
    want: "last",
    payload: await smashed(2, PROMPT),
  });
  return client;
}

/** The token behind the prompt and one more, at whatever cut the session is now. */
async function next(client: TestClient, cut: number): Promise<unknown> {
  const ids = [...PROMPT, ...fakeContinuation(PROMPT, 1)];
  const payload = (await smashed(cut, ids)).slice(-4 * WIDTH);
  return client.ask({ kind: "activations", sequence: 9, position: PROMPT.length, count: 1, want: "last", payload });
}

const [, SECOND] = fakeContinuation(PROMPT, 2);

test("blocks come to the edge by their activations, and what was fetched of them is what is carried back", async () => {
  const { url } = await edge();
  const client = await begun(url);
  const fetched = await client.ask({ kind: "fetch", sequence: 2, position: 1, count: 4, from: 2, to: 4 });
  expect(fetched).toMatchObject({ kind: "kv", position: 1, count: 4 });
  await client.ask(move("prepare", 0));
  expect(
    await client.ask({
      kind: "rebuild",
      sequence: 3,
      position: 0,
      count: PROMPT.length,
      payload: await smashed(0, PROMPT),
    }),
  ).toMatchObject({ kind: "done", position: PROMPT.length });
  expect(await client.ask(move("commit", 0, PROMPT.length))).toMatchObject({ kind: "done", position: PROMPT.length });
  expect(await client.ask(move("commit", 0, PROMPT.length))).toMatchObject({ kind: "done" }); // again is no harm
  expect(await next(client, 0)).toMatchObject({ kind: "token", id: SECOND });
  // And away again: the edge lets go of blocks 0 to 2.
  await client.ask(move("prepare", 3));
  await client.ask(move("commit", 3, PROMPT.length));
  expect(await next(client, 3)).toMatchObject({ kind: "token", id: SECOND });
});

test("a move is paid for in room: both segments while it lasts, the new one after it, none when it is refused", async () => {
  const perBlock = 64 * ROW_BYTES;
  const { url } = await edge({ limits: { kvBytes: 7 * perBlock } });
  const reserved = async (): Promise<number> =>
    Number(/^cutlayer_kv_reserved_bytes (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]) / perBlock;
  const client = await begun(url);
  expect(await client.ask(move("prepare", 0))).toMatchObject({
    kind: "failure",
    failure: { code: "edge-full", what: "memory" },
  }); // 2 + 4 and the 2 that join
  expect(await client.ask(move("prepare", 1))).toMatchObject({ kind: "done" });
  expect(await reserved()).toBe(2 + 3 + 1);
  await client.ask(move("prepare", 3));
  expect(await reserved()).toBe(2 + 1);
  await client.ask(move("commit", 3, PROMPT.length));
  expect(await reserved()).toBe(1);
  expect(await next(client, 3)).toMatchObject({ kind: "token", id: SECOND });
});

test("what cannot be moved is refused by its code, and the session goes on", async () => {
  const { url } = await edge();
  const client = await begun(url);
  const refused = async (message: UpMessage, failure: object): Promise<void> =>
    expect(await client.ask(message)).toMatchObject({ kind: "failure", failure });
  await refused(move("commit", 1, 5), { code: "bad-value", key: "move" }); // nothing prepared
  await refused(move("prepare", 2, 0, 3), { code: "bad-value", key: "move" });
  await refused(
    { kind: "kv", sequence: 1, position: 0, count: 1, from: 0, to: 1, payload: new Uint8Array(ROW_BYTES) },
    { code: "bad-value", key: "move" },
  );
  await refused({ kind: "fetch", sequence: 1, position: 0, count: 6, from: 2, to: 3 }, { code: "position-gap" });
  await refused({ kind: "fetch", sequence: 1, position: 0, count: 1, from: 1, to: 3 }, { code: "cut-out-of-range" });
  await client.ask(move("prepare", 0));
  await refused(move("commit", 0, 5), { code: "position-gap" }); // what joins has not come
  await refused(
    { kind: "kv", sequence: 1, position: 3, count: 1, from: 0, to: 1, payload: new Uint8Array(ROW_BYTES) },
    { code: "position-gap" },
  );
  expect(await next(client, 2)).toMatchObject({ kind: "token", id: SECOND });
  const { client: whole } = await TestClient.open(url);
  expect(await whole.ask(move("prepare", 1))).toMatchObject({
    kind: "failure",
    failure: { code: "bad-value", key: "move" },
  });
});

test("keys and values of the wrong size cost their sender the session and nobody else anything", async () => {
  const { url } = await edge();
  const [bad, good] = [await begun(url), await begun(url)];
  await bad.ask(move("prepare", 1));
  bad.send({ kind: "kv", sequence: 3, position: 0, count: 1, from: 1, to: 2, payload: new Uint8Array(ROW_BYTES - 1) });
  expect(await bad.closed()).toBe(1008);
  expect(await next(good, 2)).toMatchObject({ kind: "token", id: SECOND });
});

test("a client that never heard that its move is done comes back with the old cut, and asks again", async () => {
  const { url } = await edge();
  const { client, welcome } = await TestClient.open(url, { segment: cutAt(2) });
  await client.ask({
    kind: "activations",
    sequence: 1,
    position: 0,
    count: PROMPT.length,
    want: "last",
    payload: await smashed(2, PROMPT),
  });
  await client.ask(move("prepare", 3));
  await client.ask(move("commit", 3, PROMPT.length));
  client.socket.terminate();
  const { client: again } = await TestClient.open(url, {
    segment: cutAt(2),
    resume: { session: welcome.session, position: PROMPT.length },
  });
  expect(await again.ask(move("commit", 3, PROMPT.length))).toMatchObject({ kind: "done", position: PROMPT.length });
  expect(await next(again, 3)).toMatchObject({ kind: "token", id: SECOND });
});
