import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { codecNamed } from "#core/codec/registry.ts";
import { unwrap } from "#core/run/failure.ts";
import { wholeModel, type Segment } from "#core/model/architecture.ts";
import { encodeUp } from "#wire/frames.ts";
import { ComputeLane } from "../compute/compute-lane.ts";
import { ModelCompute } from "../compute/model-compute.ts";
import { ReferenceHost } from "../compute/reference.ts";
import { Seats } from "../seat/seats.ts";
import type { Seat } from "../seat/seat.ts";
import { createLog } from "../status/log.ts";
import { createMeters } from "../status/meters.ts";
import { askedBytes, wrongWith } from "./message-check.ts";
import { Sessions } from "./sessions.ts";
import { fakeContinuation, fakeHost, FAKE_ARCHITECTURE, FAKE_MANIFEST } from "../testing/fake-model.ts";
import { edgesOf, gate, generate, hello, PROMPT, TestClient, until } from "../testing/harness.ts";

const edge = edgesOf(afterEach);

function laneOfFake(): ComputeLane {
  return new ComputeLane({
    start: () => ({
      compute: new ModelCompute(
        new Map([
          ["fake", { openHost: async () => fakeHost(), reference: new ReferenceHost(async () => fakeHost(), 50) }],
        ]),
      ),
      died: new Promise(() => {}),
      end: async () => {},
    }),
    limits: { length: 9, ofOneOwner: 9, ofOneOwnerMs: 1000, retryAfterMs: 1, batch: 1, waitMs: Infinity },
    manifests: new Map(),
    onDeath: () => {},
  });
}

/** The fake, whose reference waits to be let in. */
function slowReference(passed: Promise<void>): ModelCompute {
  const host = fakeHost();
  const judging = fakeHost({ beforeStep: () => passed });
  return new ModelCompute(
    new Map([["fake", { openHost: async () => host, reference: new ReferenceHost(async () => judging, 50) }]]),
  );
}

/** Runs the fake's first blocks by hand and sends the rest to the edge, as the device does. */
async function splitTokens(
  client: TestClient,
  cut: number,
  codecName: string,
  count: number,
): Promise<readonly number[]> {
  const codec = unwrap(codecNamed(codecName));
  const device = await fakeHost().open(
    { embedding: true, from: 0, to: cut, head: false },
    { capacity: 64, kvCache: true },
  );
  const ids = [...PROMPT];
  let position = 0;
  for (let n = 0; n < count; n++) {
    const fresh = ids.slice(position);
    const out = await device.step({ kind: "ids", ids: fresh }, position, "all");
    if (out.kind !== "hidden") throw new Error("logits from the device");
    const payload = codec.encode(out.hidden, fresh.length, FAKE_ARCHITECTURE.hidden);
    const answer = await client.ask({
      kind: "activations",
      sequence: n,
      position,
      count: fresh.length,
      want: "last",
      payload,
    });
    if (answer.kind !== "token") throw new Error(JSON.stringify(answer));
    expect(answer.position).toBe(ids.length);
    position = ids.length;
    ids.push(answer.id);
  }
  return ids.slice(PROMPT.length);
}

describe("messages", () => {
  test("edge-only streams the tokens of the model and says why it ends", async () => {
    const { url } = await edge();
    const { client, welcome } = await TestClient.open(url);
    expect(welcome.session).toMatch(/^[0-9a-f]{32}$/);
    expect(await client.tokens(generate(6))).toEqual({ ids: fakeContinuation(PROMPT, 6), finish: "length" });
  });

  test("a stop id ends the stream", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url);
    const prompt = Array.from({ length: 61 }, (_, first) => [first]).find((ids) => fakeContinuation(ids, 1)[0] === 60);
    expect((await client.tokens(generate(9, prompt))).finish).toBe("eos");
  });

  test("the whole context is usable, then the stream ends with it", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url, { capacity: 8 });
    const { ids, finish } = await client.tokens(generate(50));
    expect(finish).toBe("context");
    expect(ids).toEqual(fakeContinuation(PROMPT, 4)); // positions 5..8: the last is chosen with all 8 held
  });

  test("without a KV cache the same tokens come", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url, { kvCache: false });
    expect((await client.tokens(generate(5))).ids).toEqual(fakeContinuation(PROMPT, 5));
  });

  for (const cut of [0, 1, 2, 3, 4]) {
    test(`split at ${cut} gives the uncut model's tokens`, async () => {
      const { url } = await edge();
      const { client } = await TestClient.open(url, { segment: { embedding: false, from: cut, to: 4, head: true } });
      expect(await splitTokens(client, cut, "f32", 5)).toEqual(fakeContinuation(PROMPT, 5));
    });
  }

  test("u-split returns activations of the positions asked for", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url, {
      segment: { embedding: false, from: 1, to: 3, head: false },
      sampling: null,
    });
    const payload = unwrap(codecNamed("f32")).encode(Float32Array.from([1, 1, 0, 0, 2, 1, 0, 0]), 2, 4);
    const all = await client.ask({ kind: "activations", sequence: 1, position: 0, count: 2, want: "all", payload });
    expect(all).toMatchObject({ kind: "activations", position: 0, count: 2 });
    const last = await client.ask({ kind: "activations", sequence: 2, position: 0, count: 2, want: "last", payload });
    expect(last).toMatchObject({ kind: "activations", position: 1, count: 1 });
    if (all.kind !== "activations" || last.kind !== "activations") throw new Error();
    expect(last.payload).toEqual(all.payload.slice(16));
    expect(
      await client.ask({ kind: "activations", sequence: 3, position: 0, count: 2, want: "none", payload }),
    ).toMatchObject({ kind: "done", position: 2 });
  });

  test("check judges with the unsplit graph: agreement, and where it ends", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url);
    const good = [...PROMPT, ...fakeContinuation(PROMPT, 4)];
    const verdicts = await client.ask({ kind: "check", sequence: 1, ids: Uint32Array.from(good), judged: 4 });
    if (verdicts.kind !== "verdicts") throw new Error(JSON.stringify(verdicts));
    expect([...verdicts.ids]).toEqual(fakeContinuation(PROMPT, 4));
    expect([...verdicts.leads]).toEqual([0, 0, 0, 0]);
    expect(verdicts.margins.every((margin) => margin > 0.9)).toBe(true);
    const bad = [...good];
    bad[6] = (good[6] ?? 0) + 1;
    const found = await client.ask({ kind: "check", sequence: 2, ids: Uint32Array.from(bad), judged: 4 });
    if (found.kind !== "verdicts") throw new Error(JSON.stringify(found));
    expect(found.ids[1]).toBe(good[6]);
    expect(found.leads[1]).toBeGreaterThan(0.9);
  });

  test("score gives log-probabilities of the targets", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url, {
      segment: { embedding: false, from: 4, to: 4, head: true },
      sampling: null,
    });
    const payload = unwrap(codecNamed("f32")).encode(Float32Array.from([7, 1, 0, 0, 9, 1, 0, 0]), 2, 4);
    const answer = await client.ask({
      kind: "score",
      sequence: 1,
      position: 0,
      targets: Uint32Array.of(8, 3),
      payload,
    });
    if (answer.kind !== "log-probs") throw new Error(JSON.stringify(answer));
    const logits = (best: number) => Array.from({ length: 61 }, (_, id) => (id === best ? 1 : -id / 1000));
    const expected = (best: number, id: number) =>
      (logits(best)[id] ?? 0) - Math.log(logits(best).reduce((sum, each) => sum + Math.exp(each), 0));
    expect(answer.values[0]).toBeCloseTo(expected(8, 8), 5);
    expect(answer.values[1]).toBeCloseTo(expected(10, 3), 5);
    expect([...answer.favourites]).toEqual([8, 10]);
  });

  test("every reply says how long it queued and computed; edgeLoad repeats the real pass", async () => {
    const passes: number[] = [];
    const { url } = await edge({
      model: fakeHost({
        beforeStep: () => new Promise((resolve) => setTimeout(() => resolve(void passes.push(1)), 5)),
      }),
    });
    const { client } = await TestClient.open(url, { edgeLoad: 3 });
    const token = await client.ask(generate(1));
    if (token.kind !== "token") throw new Error(JSON.stringify(token));
    expect(passes.length).toBe(3);
    expect(token.timing.computeUs).toBeGreaterThan(12_000);
    expect(token.timing.queueUs).toBeGreaterThanOrEqual(0);
  });

  test("bytes are those of the real messages, handshake included", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url);
    await client.tokens(generate(3));
    const pong = await client.ask({ kind: "ping", sequence: 9, payload: new Uint8Array(5) });
    expect(pong).toMatchObject({ kind: "pong", upBytes: client.upBytes, downBytes: client.downBytes });
  });

  test("stop ends a stream and says what is held", async () => {
    const { url } = await edge({
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 5)) }),
    });
    const { client } = await TestClient.open(url);
    await client.ask(generate(40));
    client.send({ kind: "stop", sequence: 1 });
    let last = await client.nextAnswer();
    while (last.kind === "token") last = await client.nextAnswer();
    expect(last.kind).toBe("done");
    if (last.kind !== "done") return;
    expect(last.position).toBeLessThan(30);
    expect((await client.tokens(generate(3, PROMPT, 2))).ids).toEqual(fakeContinuation(PROMPT, 3));
  });
});

describe("what is refused", () => {
  const segment = (changes: Partial<Segment>): { segment: Segment } => ({
    segment: { embedding: false, from: 1, to: 4, head: true, ...changes },
  });
  test.each([
    ["unknown-model", { model: "other" }],
    ["manifest-mismatch", { revision: "0".repeat(64) }],
    ["protocol-mismatch", { wire: 99 }],
    ["cut-out-of-range", segment({ from: 5, to: 5 })],
    ["cut-out-of-range", segment({ to: 99 })],
    ["cut-out-of-range", segment({ embedding: true })],
    ["cut-out-of-range", segment({ to: 3 })],
    ["empty-middle", segment({ from: 2, to: 2, head: false })],
    ["prompt-too-long", { capacity: 65 }],
    ["bad-value", { edgeLoad: 65 }],
    ["bad-value", { verify: "hope" }],
    ["unknown-model", { verify: "coupled", draft: { model: "nobody", revision: "0".repeat(64), length: 4 } }],
    ["session-lost", { resume: { session: "0".repeat(32), position: 1 } }],
    ["bad-frame", { segment: { embedding: false, from: -1, to: 4, head: true } }],
  ] as const)("%s", async (code, changes) => {
    const { url } = await edge();
    const client = new TestClient(url);
    expect(await client.greet(hello(changes))).toMatchObject({ kind: "refusal", failure: { code } });
    await client.closed();
  });

  test("an unknown codec", async () => {
    const { url } = await edge();
    expect((await new TestClient(url).greet(hello({ codec: "mp3" }))).kind).toBe("refusal");
  });

  test("access-denied without the token, a seat with it", async () => {
    const { url } = await edge({ accessToken: "open sesame" });
    for (const access of [null, "open"])
      expect(await new TestClient(url).greet(hello({ access }))).toMatchObject({ failure: { code: "access-denied" } });
    expect((await new TestClient(url).greet(hello({ access: "open sesame" }))).kind).toBe("welcome");
  });

  test("a foreign origin is told so; an allowed one and our own are let in", async () => {
    const { url } = await edge({ allowedOrigins: ["https://lab.example"] });
    const foreign = new TestClient(url, { origin: "https://evil.example" });
    expect(await foreign.next()).toMatchObject({ kind: "refusal", failure: { code: "access-denied" } });
    await foreign.closed();
    for (const origin of ["https://lab.example", url])
      expect((await new TestClient(url, { origin }).greet(hello())).kind).toBe("welcome");
  });

  test("another subprotocol is told protocol-mismatch", async () => {
    const { url } = await edge();
    const client = new TestClient(url, { protocol: "cutlayer.v0" });
    expect(await client.next()).toMatchObject({ kind: "refusal", failure: { code: "protocol-mismatch" } });
  });

  test("too many sessions, too much memory", async () => {
    const { url, host } = await edge({ limits: { sessions: 2 } });
    const first = await TestClient.open(url);
    await TestClient.open(url);
    const refusal = await new TestClient(url).greet(hello());
    expect(refusal).toMatchObject({ failure: { code: "edge-full", what: "sessions" } });
    // Both are here: the wait that is told is until the first of them has been silent for too long.
    const { retryAfterMs } = (refusal as { failure: { retryAfterMs: number } }).failure;
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    first.client.socket.close();
    await until(() => host.openSessions() === 1);
    expect((await new TestClient(url).greet(hello())).kind).toBe("welcome");

    const small = await edge({ limits: { kvBytes: 3 * 64 * 32 } }); // the whole model at full capacity takes four blocks' worth
    expect(await new TestClient(small.url).greet(hello())).toMatchObject({
      failure: { code: "edge-full", what: "memory" },
    });
    expect((await new TestClient(small.url).greet(hello({ capacity: 48 }))).kind).toBe("welcome");
  });

  test("more than one session may have under way", async () => {
    const held = gate();
    const { url } = await edge({
      model: fakeHost({ beforeStep: () => held.passed }),
      limits: { pendingBytes: 1 << 20 },
    });
    const { client } = await TestClient.open(url, { segment: { embedding: false, from: 1, to: 4, head: true } });
    const parcel = (sequence: number) =>
      ({ kind: "kv", sequence, position: 0, count: 1, from: 1, to: 2, payload: new Uint8Array(600 << 10) }) as const;
    client.send({ kind: "activations", sequence: 1, position: 0, count: 1, want: "last", payload: new Uint8Array(16) });
    client.send(parcel(2));
    expect(await client.ask(parcel(3))).toMatchObject({
      kind: "failure",
      sequence: 3,
      failure: { code: "edge-full", what: "queue", limit: 1 << 20 },
    });
    held.open();
    expect([await client.nextAnswer(), await client.nextAnswer()]).toMatchObject([
      { kind: "token", sequence: 1 },
      { sequence: 2 },
    ]);
    expect(await client.ask(parcel(4))).toMatchObject({ failure: { code: "bad-value" } }); // nothing is under way: it may ask
  });

  test("one address on the network has a part of the seats", async () => {
    const seats = new Seats(
      new Map([
        [
          "fake",
          {
            manifest: FAKE_MANIFEST,
            lane: laneOfFake(),
          },
        ],
      ]),
      { sessions: 9, sessionsPerAddress: 2, kvBytes: 1 << 20, retryAfterMs: 1 },
      createMeters(),
    );
    const take = (peer: string | null) =>
      seats.take(
        {
          model: "fake",
          segment: wholeModel(FAKE_ARCHITECTURE),
          codec: "f32",
          capacity: 8,
          kvCache: true,
          sampling: null,
          verify: null,
          draft: null,
          edgeLoad: 1,
        },
        peer,
      );
    const first = await take("192.0.2.1");
    expect((await take("192.0.2.1")).ok).toBe(true);
    expect(await take("192.0.2.1")).toMatchObject({ failure: { code: "edge-full", what: "sessions", limit: 2 } });
    for (const peer of ["192.0.2.2", null, null, null]) expect((await take(peer)).ok).toBe(true);
    if (first.ok) await first.value.release();
    expect((await take("192.0.2.1")).ok).toBe(true);
  });

  test("wrong resumes of one address are slowed down after a burst, a right one too; others and this machine are not", async () => {
    const meters = createMeters();
    const seats = new Seats(
      new Map([["fake", { manifest: FAKE_MANIFEST, lane: laneOfFake() }]]),
      { sessions: 9, sessionsPerAddress: 9, kvBytes: 1 << 20, retryAfterMs: 1 },
      meters,
    );
    const rules = {
      idleTimeoutMs: 60_000,
      maxMessageBytes: 1 << 20,
      pendingBytes: 1 << 20,
      retryAfterMs: 1,
      wrongResumes: 3,
      nextHopMs: 1_000,
      accessToken: null,
    };
    const sessions = new Sessions(seats, rules, new Map(), meters, createLog("error"));
    const begun = await sessions.admit(hello(), "192.0.2.1");
    if (!begun.ok || begun.value.elsewhere !== undefined) throw new Error(JSON.stringify(begun));
    const right = begun.value.welcome.session;
    const resumed = async (session: string, peer: string | null): Promise<string> => {
      const admitted = await sessions.admit(hello({ resume: { session, position: 0 } }), peer);
      return admitted.ok ? "ok" : admitted.failure.code;
    };
    const wrong = "0".repeat(32);
    expect(await resumed(right, "192.0.2.1")).toBe("ok"); // being right costs nothing
    const codes = [];
    for (let count = 0; count < 5; count++) codes.push(await resumed(wrong, "192.0.2.1"));
    expect(codes).toEqual(["session-lost", "session-lost", "session-lost", "edge-full", "edge-full"]);
    expect(await resumed(right, "192.0.2.1")).toBe("edge-full");
    expect(await resumed(wrong, "192.0.2.2")).toBe("session-lost");
    for (let count = 0; count < 9; count++) expect(await resumed(wrong, null)).toBe("session-lost");
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await resumed(right, "192.0.2.1")).toBe("ok");
    await sessions.close();
  });

  test("a reference that judges a text reserves for its keys and values as long as it judges", async () => {
    const gateOfModel = gate();
    const { url } = await edge({
      limits: { kvBytes: 2 * 4 * 8 * 32 }, // two whole models of eight positions
      startCompute: () => ({
        compute: slowReference(gateOfModel.passed),
        died: new Promise(() => {}),
        end: async () => {},
      }),
    });
    const { client } = await TestClient.open(url, { capacity: 8 });
    const check = (sequence: number, length: number) =>
      ({ kind: "check", sequence, ids: Uint32Array.from({ length }, (_, at) => at), judged: 1 }) as const;
    expect(await client.ask(check(1, 9))).toMatchObject({ failure: { code: "edge-full", what: "memory" } });
    client.send(check(2, 8)); // takes what is left
    expect(await client.ask(check(3, 2))).toMatchObject({ failure: { code: "edge-full", what: "memory" } });
    gateOfModel.open();
    expect(await client.nextAnswer()).toMatchObject({ kind: "verdicts", sequence: 2 });
    expect(await client.ask(check(4, 8))).toMatchObject({ kind: "verdicts" });
  });

  test("a window's scores have a bound in bytes, and so has what is scored at once", async () => {
    const manifest = { ...FAKE_MANIFEST, architecture: { ...FAKE_ARCHITECTURE, vocabulary: 1 << 20, context: 64 } };
    const seat = (kvCache: boolean, segment = wholeModel(FAKE_ARCHITECTURE)) =>
      ({
        manifest,
        settings: { codec: "f32", verify: "coupled", sampling: hello().sampling },
        spec: { segment, capacity: 64, kvCache, draft: null },
      }) as unknown as Seat;
    const verify = (drafted: number) =>
      ({
        kind: "verify",
        sequence: 1,
        position: 0,
        ids: new Uint32Array(drafted + 1),
        drafted,
        follows: false,
        payload: new Uint8Array(0),
      }) as const;
    // 4 MB a position: eight of them are 32 MB.
    expect(wrongWith(verify(7), seat(true))).toBeNull();
    expect(wrongWith(verify(8), seat(true))).toMatchObject({ code: "bad-value", key: "draftLength" });
    expect(askedBytes(verify(7), seat(true))).toBe(32 << 20);
    const score = (count: number) =>
      ({
        kind: "score",
        sequence: 1,
        position: 0,
        targets: new Uint32Array(count),
        payload: new Uint8Array(count * 16),
      }) as const;
    const cut = (kvCache: boolean) => seat(kvCache, { embedding: false, from: 1, to: 4, head: true });
    expect(wrongWith(score(8), cut(false))).toBeNull();
    expect(wrongWith(score(9), cut(false))).toMatchObject({ code: "bad-value", key: "score" });
    expect(wrongWith(score(9), cut(true))).toBeNull(); // in stretches there
  });

  test("messages that do not fit are answered with a code, and the session goes on", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url, { capacity: 16 });
    expect(await client.ask({ ...generate(1), position: 3 })).toMatchObject({
      kind: "failure",
      failure: { code: "position-gap", position: 3, held: 0 },
    });
    expect(
      await client.ask(
        generate(
          1,
          Array.from({ length: 17 }, () => 1),
        ),
      ),
    ).toMatchObject({ kind: "failure", failure: { code: "prompt-too-long", capacity: 16 } });
    expect(
      await client.ask({
        kind: "activations",
        sequence: 1,
        position: 0,
        count: 1,
        want: "last",
        payload: new Uint8Array(16),
      }),
    ).toMatchObject({ kind: "failure", failure: { code: "bad-value" } });
    expect((await client.tokens(generate(2))).ids).toEqual(fakeContinuation(PROMPT, 2));
    expect(
      await client.ask({
        ...generate(
          1,
          Array.from({ length: 12 }, () => 1),
        ),
        position: 6,
      }),
    ).toMatchObject({ kind: "failure", failure: { code: "context-full", capacity: 16 } });
  });
});

describe("a hostile socket", () => {
  test("may not say much before it has a session", async () => {
    const { url } = await edge();
    const client = new TestClient(url);
    await new Promise((resolve) => client.socket.once("open", resolve));
    client.sendText(JSON.stringify(hello({ build: "x".repeat(70_000) })));
    expect(await client.closed()).toBe(1006);
  });

  test("is told once why it is refused, whatever else it sends", async () => {
    const { url } = await edge();
    const client = new TestClient(url);
    await new Promise((resolve) => client.socket.once("open", resolve));
    for (let sent = 0; sent < 20; sent++) client.sendText("no hello");
    await client.closed();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics.match(/^cutlayer_refusals_total\{.*$/gm)).toEqual(['cutlayer_refusals_total{code="bad-frame"} 1']);
  });

  test("under a stranger's name is refused, as rebinding would come", async () => {
    const { url } = await edge();
    const client = new TestClient(url, { origin: "http://evil.example", headers: { host: "evil.example" } });
    expect(await client.next()).toMatchObject({
      kind: "refusal",
      failure: { code: "access-denied", why: expect.stringContaining("--allow-host evil.example") },
    });
  });

  test("that upgrades elsewhere and stays half open does not keep the server from closing", async () => {
    const { server } = await edge();
    const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.write("GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 404 /);
    await server.close();
    socket.destroy();
  });
});

describe("what a step names", () => {
  test("an adapter or a version that the session has not is refused by its name, and costs the session nothing", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url);
    expect(await client.ask({ ...generate(2), adapter: 3 })).toMatchObject({
      kind: "failure",
      failure: { code: "bad-value", key: "adapter", value: "3" },
    });
    expect(await client.ask({ ...generate(2), version: 1 })).toMatchObject({
      kind: "failure",
      failure: { code: "bad-value", key: "version", value: "1" },
    });
    expect((await client.tokens(generate(4))).ids).toEqual(fakeContinuation(PROMPT, 4));
  });

  test("a session that the socket has not opened ends the one that it has", async () => {
    const { url } = await edge();
    const { client } = await TestClient.open(url);
    client.send({ ...generate(2), session: 1 });
    expect(await client.next()).toMatchObject({ kind: "refusal", failure: { code: "bad-frame", offset: 4 } });
  });
});

describe("garbage", () => {
  test("costs its sender the session and nobody else anything", { timeout: 60_000 }, async () => {
    const { url, host } = await edge({ limits: { sessions: 1000 } });
    const bystander = await TestClient.open(url);
    const refusals: string[] = [];
    const valid = encodeUp(generate(3));
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      // A real frame with one byte changed, or cut short.
      fc
        .tuple(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }))
        .map(([at, by]) => valid.map((byte, index) => (index === at ? byte ^ by : byte))),
      fc.nat(valid.length - 1).map((length) => valid.slice(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        const { client } = await TestClient.open(url);
        client.sendBytes(bytes);
        // Whatever it was, there is an answer: frames, or a refusal and the end.
        const answer = await client.next();
        expect(["token", "done", "pong", "failure", "refusal", "verdicts"]).toContain(answer.kind);
        refusals.push(...(answer.kind === "refusal" ? [answer.failure.code] : []));
        client.socket.terminate();
        client.socket.once("close", () => {});
      }),
      { numRuns: 60 },
    );
    expect(refusals.length).toBeGreaterThan(20);
    expect(new Set(refusals)).toEqual(new Set(["bad-frame"]));
    expect((await bystander.client.tokens(generate(4))).ids).toEqual(fakeContinuation(PROMPT, 4));
    expect(host.openSessions()).toBeGreaterThan(0);
  });

  test("at the WebSocket layer and before the hello", async () => {
    const { url } = await edge({ limits: { helloTimeoutMs: 50 } });
    const binaryFirst = new TestClient(url);
    await new Promise((resolve) => binaryFirst.socket.once("open", resolve));
    binaryFirst.sendBytes(new Uint8Array(8));
    expect(await binaryFirst.next()).toMatchObject({ kind: "refusal", failure: { code: "bad-frame" } });
    const silent = new TestClient(url);
    expect(await silent.next()).toMatchObject({ kind: "refusal", failure: { code: "bad-frame" } });
    const { client, welcome } = await TestClient.open(url);
    client.sendBytes(new Uint8Array(welcome.maxMessageBytes + 1));
    expect(await client.closed()).toBeGreaterThan(1000);
    const { client: next } = await TestClient.open(url);
    next.sendText("text after the hello");
    expect(await next.next()).toMatchObject({ kind: "refusal", failure: { code: "bad-frame" } });
  });
});
