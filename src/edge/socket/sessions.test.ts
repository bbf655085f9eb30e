import { afterEach, describe, expect, test } from "vitest";
import { fakeContinuation, fakeHost } from "../testing/fake-model.ts";
import { generate, hello, PROMPT, TestClient, edgesOf, until } from "../testing/harness.ts";

const edge = edgesOf(afterEach);

describe("sessions", () => {
  test("are isolated from each other", async () => {
    const { url } = await edge();
    const prompts = [[1, 2], [9, 9, 9], [5], [40, 3, 7, 1]];
    const runs = await Promise.all(
      prompts.map(async (ids) => (await TestClient.open(url)).client.tokens(generate(12, ids))),
    );
    runs.forEach(({ ids }, index) => {
      const expected = fakeContinuation(prompts[index] ?? [], 12);
      expect(ids).toEqual(expected.slice(0, ids.length));
    });
  });

  test("take turns: a long stream or a flood of steps holds nobody up for more than a step each", async () => {
    const { url } = await edge({
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 3)) }),
    });
    const [long, short, flood] = await Promise.all([TestClient.open(url), TestClient.open(url), TestClient.open(url)]);
    let longTokens = 0;
    long.client.socket.on("message", () => longTokens++);
    long.client.send(generate(50));
    for (let sequence = 0; sequence < 30; sequence++) flood.client.send(generate(0, PROMPT, sequence));
    await long.client.next();
    const before = longTokens;
    await short.client.tokens(generate(4));
    // One a step of the short answer, and what was on its way; unfair would be all fifty.
    expect(longTokens - before).toBeLessThanOrEqual(8);
  });

  test("long work goes in chunks: others get their turns between, and what its client has left is not computed", async () => {
    const passes: ("long" | "short")[] = [];
    const { url } = await edge({
      model: fakeHost({
        beforeStep: async (input) => {
          passes.push(input.kind === "ids" && input.ids.length === 30 ? "long" : "short");
          await new Promise((resolve) => setTimeout(resolve, 5));
        },
      }),
    });
    const honest = await TestClient.open(url);
    await honest.client.tokens(generate(5)); // now it is known what a pass takes
    const hostile = await TestClient.open(url, { edgeLoad: 64 });
    for (let sequence = 0; sequence < 5; sequence++)
      hostile.client.send(generate(0, Array<number>(30).fill(1), sequence));
    await until(() => passes.includes("long"));
    const tokens = await honest.client.tokens(generate(30));
    expect(tokens.ids).toEqual(fakeContinuation(PROMPT, 30).slice(0, tokens.ids.length));
    const runs = passes.join(" ").match(/(long ?)+/g) ?? [];
    expect(Math.max(...runs.map((run) => run.split("long").length - 1))).toBeLessThanOrEqual(20); // two chunks of 50 ms
    hostile.client.socket.terminate();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const computed = passes.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(passes.length).toBe(computed);
    expect(passes.filter((pass) => pass === "long").length).toBeLessThan(5 * 64);
  });

  test("a queue that is full says so, and what was queued is still answered", async () => {
    const { url } = await edge({
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 20)) }),
      limits: { queueLength: 2 },
    });
    const { client } = await TestClient.open(url);
    for (let sequence = 1; sequence <= 4; sequence++) client.send(generate(0, PROMPT, sequence));
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await client.nextAnswer());
    expect(answers.map(({ kind, sequence }) => `${kind} ${sequence}`)).toEqual([
      "failure 4",
      "done 1",
      "done 2",
      "done 3",
    ]);
    expect(answers[0]).toMatchObject({ failure: { code: "edge-full", what: "queue" } });
  });

  test("are resumed after a drop, with what they hold", async () => {
    const { url } = await edge();
    const { client, welcome } = await TestClient.open(url);
    const { ids } = await client.tokens(generate(3));
    client.socket.terminate();
    const back = new TestClient(url);
    const again = await back.greet(hello({ resume: { session: welcome.session, position: 7 } }));
    expect(again).toMatchObject({ kind: "welcome", session: welcome.session, position: 7 });
    const rest = await back.tokens({
      kind: "generate",
      sequence: 5,
      position: 7,
      ids: Uint32Array.of(ids[2] ?? 0),
      generate: 2,
    });
    expect([...ids, ...rest.ids]).toEqual(fakeContinuation(PROMPT, 5));
  });

  test("a newer socket takes over from one that is still there", async () => {
    const { url } = await edge({
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 3)) }),
    });
    const { client, welcome } = await TestClient.open(url);
    await client.ask(generate(40));
    const back = new TestClient(url);
    expect(await back.greet(hello({ resume: { session: welcome.session, position: 5 } }))).toMatchObject({
      kind: "welcome",
      session: welcome.session,
    });
    expect((await back.tokens(generate(3, PROMPT, 2))).ids).toEqual(fakeContinuation(PROMPT, 3));
    let last = await client.next();
    while (last.kind === "token") last = await client.next();
    expect(last).toMatchObject({ kind: "refusal", failure: { code: "session-lost" } });
  });

  test("a socket that lost its session to another can do nothing to it any more", async () => {
    const { url } = await edge();
    const { client, welcome } = await TestClient.open(url);
    client.socket.on("close", () => {});
    const back = new TestClient(url);
    await back.greet(hello({ resume: { session: welcome.session, position: 0 } }));
    client.sendBytes(new Uint8Array(3)); // would be bad-frame
    client.send(generate(5));
    expect(await client.next()).toMatchObject({ kind: "refusal", failure: { code: "session-lost" } });
    expect((await back.tokens(generate(3))).ids).toEqual(fakeContinuation(PROMPT, 3));
  });

  test("another segment does not resume them", async () => {
    const { url } = await edge();
    const { client, welcome } = await TestClient.open(url);
    client.socket.terminate();
    const resume = { session: welcome.session, position: 0 };
    expect(
      await new TestClient(url).greet(hello({ resume, segment: { embedding: false, from: 1, to: 4, head: true } })),
    ).toMatchObject({ failure: { code: "session-lost" } });
  });

  test("a clean close frees the seat at once; idle ones go after a while, told why", async () => {
    const { url, host, server } = await edge({ limits: { idleTimeoutMs: 100 } });
    const quick = await TestClient.open(url);
    quick.client.socket.close(1000);
    await until(() => host.openSessions() === 0);
    const idle = await TestClient.open(url);
    const dropped = await TestClient.open(url);
    dropped.client.socket.terminate();
    expect(await idle.client.next()).toMatchObject({ kind: "refusal", failure: { code: "session-lost" } });
    await until(() => host.openSessions() === 0);
    expect(
      await new TestClient(url).greet(hello({ resume: { session: dropped.welcome.session, position: 0 } })),
    ).toMatchObject({ failure: { code: "session-lost" } });
    expect(server.port).toBeGreaterThan(0);
  });

  test("a client that is away gives way to a newcomer, in the end; one that is here does not", async () => {
    const { url, server } = await edge({
      limits: { sessions: 2 },
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 2)) }),
    });
    const here = await TestClient.open(url);
    const away = await TestClient.open(url);
    away.client.socket.terminate();
    await until(() => server.sockets === 1);
    const soon = await new TestClient(url).greet(hello());
    expect(soon).toMatchObject({ kind: "refusal", failure: { code: "edge-full", what: "sessions" } }); // it may come back
    const { retryAfterMs } = (soon as { failure: { retryAfterMs: number } }).failure;
    expect(retryAfterMs).toBeGreaterThan(1_500);
    expect(retryAfterMs).toBeLessThanOrEqual(5_000);
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    // Two want the one place, and giving it back takes its time where the compute is busy: one of them has to wait for that.
    here.client.send(generate(40, PROMPT, 9));
    const both = [new TestClient(url), new TestClient(url)] as const;
    const greeted = await Promise.all(both.map((each) => each.greet(hello())));
    expect(greeted.map(({ kind }) => kind).toSorted()).toEqual(["refusal", "welcome"]);
    const newcomer = { client: both[greeted.findIndex(({ kind }) => kind === "welcome")] ?? both[0] };
    for (let answer = await here.client.nextAnswer(); answer.kind === "token" && answer.finish === "none";)
      answer = await here.client.nextAnswer();
    expect((await newcomer.client.tokens(generate(3))).ids.length).toBe(3);
    const { session } = away.welcome;
    expect(await new TestClient(url).greet(hello({ resume: { session, position: 0 } }))).toMatchObject({
      failure: { code: "session-lost" },
    });
    expect((await here.client.tokens(generate(3))).ids.length).toBe(3);
    expect(await new TestClient(url).greet(hello())).toMatchObject({ kind: "refusal", failure: { code: "edge-full" } });
  });

  test("a newcomer is told a short wait where clients come and go, and a long one where they stay", async () => {
    const { url, server } = await edge({ limits: { sessions: 2 } });
    const waitOf = async (): Promise<number> => {
      const refused = await new TestClient(url).greet(hello());
      return (refused as { failure: { retryAfterMs: number } }).failure.retryAfterMs;
    };
    for (let count = 0; count < 4; count++) {
      const { client } = await TestClient.open(url);
      client.socket.close(1000);
      await until(() => server.sockets === 0);
    }
    await TestClient.open(url);
    await TestClient.open(url);
    expect(await waitOf()).toBe(1_500); // the least that is advised
  });

  test("a half-open socket is noticed and its session kept for a resume", async () => {
    const { url, server } = await edge({ limits: { heartbeatMs: 40 } });
    const { client, welcome } = await TestClient.open(url);
    client.socket.pause(); // never answers a ping again
    await until(() => server.sockets === 0);
    expect((await new TestClient(url).greet(hello({ resume: { session: welcome.session, position: 0 } }))).kind).toBe(
      "welcome",
    );
  });

  test("a crashed compute costs its sessions, not the server", async () => {
    const stuck = fakeHost({ beforeStep: () => new Promise(() => {}) });
    const { url, crash } = await edge({ model: stuck });
    const { client } = await TestClient.open(url);
    client.send(generate(2));
    await new Promise((resolve) => setTimeout(resolve, 30));
    crash();
    const told = await client.next();
    expect(told).toMatchObject({ failure: { code: "session-lost" } });
    await client.closed();
    expect((await new TestClient(url).greet(hello())).kind).toBe("welcome");
    expect((await (await fetch(`${url}/healthz`)).json()) as unknown).toMatchObject({ status: "ok" });
  });
});

describe("drain", () => {
  test("lets what is under way finish, tells the idle, refuses the new", async () => {
    const { url, server } = await edge({
      model: fakeHost({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 10)) }),
    });
    const busy = await TestClient.open(url);
    const idle = await TestClient.open(url);
    const running = busy.client.tokens(generate(8));
    await new Promise((resolve) => setTimeout(resolve, 25));
    const late = new TestClient(url);
    await new Promise((resolve) => late.socket.once("open", resolve));
    const drained = server.drain();
    expect(await idle.client.next()).toMatchObject({ kind: "refusal", failure: { code: "edge-draining" } });
    expect(await late.greet(hello())).toMatchObject({ kind: "refusal", failure: { code: "edge-draining" } });
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    expect((await running).ids).toEqual(fakeContinuation(PROMPT, 8));
    expect(await busy.client.next()).toMatchObject({ kind: "refusal", failure: { code: "edge-draining" } });
    await drained;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow("fetch failed");
  });

  test("is bounded: a step that never ends does not hold it", async () => {
    const { url, server } = await edge({
      model: fakeHost({ beforeStep: () => new Promise(() => {}) }),
      limits: { drainMs: 100 },
    });
    const { client } = await TestClient.open(url);
    client.send(generate(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const began = performance.now();
    await server.drain();
    expect(performance.now() - began).toBeLessThan(1_500);
  });
});
