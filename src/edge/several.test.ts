/**
 * Several servers behind one address: a client that comes back through another is brought to its session,
 * and where that server is gone its session goes on at the other, exact.
 */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { nodeWorld } from "#node/node-world.ts";
import { memoryCommons, type Together } from "./commons/memory-commons.ts";
import { balanceOver, type Balancer } from "./testing/balancer.ts";
import { buildEdge } from "./testing/build-edge.ts";
import { startProcess, type EdgeProcess } from "./testing/edge-process.ts";
import { fakeContinuation, fakeHost } from "./testing/fake-model.ts";
import { edgesOf, freePort, generate, hello, PROMPT, TestClient, until, type TestEdge } from "./testing/harness.ts";
import { HAS_REDIS, startRedis, type RedisProcess } from "./testing/redis-server.ts";

const edge = edgesOf(afterEach);

describe("two that know each other", () => {
  async function two(): Promise<readonly [TestEdge, TestEdge]> {
    const together: Together = new Map();
    const start = async (): Promise<TestEdge> => {
      const port = await freePort();
      return edge({ port, commons: memoryCommons(`http://127.0.0.1:${port}`, together), model: fakeHost() });
    };
    return [await start(), await start()];
  }
  const back = (session: string, position: number) => hello({ resume: { session, position } });

  test("a session goes on where it is, through the other", async () => {
    const [a, b] = await two();
    const { client, welcome } = await TestClient.open(a.url);
    await client.tokens(generate(3));
    client.socket.terminate();
    const again = new TestClient(b.url);
    expect(await again.greet(back(welcome.session, 0))).toMatchObject({ kind: "welcome", session: welcome.session });
    const { ids } = await again.tokens(generate(12, PROMPT, 2));
    expect(ids).toEqual(fakeContinuation(PROMPT, 12).slice(0, ids.length));
    expect([a.host.openSessions(), b.host.openSessions()]).toEqual([1, 0]);
    again.socket.close(1000);
    await until(() => a.host.openSessions() === 0);
  });

  test("one that is nowhere is lost, whichever is asked", async () => {
    const [a, b] = await two();
    const { client, welcome } = await TestClient.open(a.url);
    client.socket.close(1000);
    await until(() => a.host.openSessions() === 0);
    expect(await new TestClient(b.url).greet(back(welcome.session, 0))).toMatchObject({
      kind: "refusal",
      failure: { code: "session-lost" },
    });
  });

  test("where the one that had it is gone it is lost at once, and its socket breaks so that its client comes back", async () => {
    const [a, b] = await two();
    const { client, welcome } = await TestClient.open(a.url);
    client.socket.terminate();
    const through = new TestClient(b.url);
    await through.greet(back(welcome.session, 0));
    a.server.dropSockets();
    expect(await through.closed()).toBe(1006);
    await a.server.close();
    expect(await new TestClient(b.url).greet(back(welcome.session, 0))).toMatchObject({
      failure: { code: "session-lost" },
    });
  });

  test("an address has its places on both together", async () => {
    const places: Together = new Map();
    const commons = memoryCommons("http://127.0.0.1:1", places);
    for (const n of [1, 2, 3, 4]) await commons.take(`other-${n}`, "192.0.2.7", 4);
    expect(await memoryCommons("http://127.0.0.1:2", places).take("one more", "192.0.2.7", 4)).toBe(false);
  });
});

const HOUSE = fileURLToPath(new URL("../../public/models", import.meta.url));

// CI's machine has it (.ci/run); the product and its other tests need none.
describe.skipIf(!HAS_REDIS)("two processes with Redis", () => {
  let built: string;
  let redis: RedisProcess;
  let servers: EdgeProcess[] = [];
  let front: Balancer;
  let engine: Engine;
  beforeAll(async () => {
    built = await buildEdge();
    redis = await startRedis();
  }, 60_000);
  afterAll(async () => {
    await redis.stop();
    await rm(built, { recursive: true });
  });
  afterEach(async () => {
    await engine.release();
    await front.close();
    for (const { child } of servers) child.kill("SIGKILL");
    servers = [];
  });

  async function start(): Promise<void> {
    const words = ["--redis", redis.url, "--model", `${HOUSE}/concierge-1m`];
    const ports = [await freePort(), await freePort()];
    servers = await Promise.all(ports.map((port) => startProcess(built, "--port", String(port), ...words)));
    front = await balanceOver(ports);
    engine = createEngine(nodeWorld({ models: HOUSE, edge: front.url }));
  }

  const PROMPTS = ["Play some jazz in the living room.", "Find me a museum in Berkeley.", "Book a table for two."];

  const run = (prompt: string, mode: "split" | "device-only", onToken: () => void): Promise<RunRecord> =>
    engine.run(
      unwrap(parseConfig({ model: "concierge-1m", mode, cut: 2, codec: "f32", prompt, maxTokens: 40, edgeLoad: 8 })),
      { check: false, reconnectMs: 20_000 },
      (event) => void (event.kind === "token" && onToken()),
      new Cancellation(),
    );

  test.each(["SIGKILL", "SIGTERM"] as const)(
    "one that gets %s under load: every answer is the uncut model's",
    async (signal) => {
      await start();
      const whole: RunRecord[] = [];
      for (const prompt of PROMPTS) whole.push(await run(prompt, "device-only", () => undefined));
      let tokens = 0;
      const hurt = servers[0]?.child;
      // Sessions go to the two in turn; the first has half of them when it goes.
      const running = [0, 1, 2, 3, 4, 5].map((n) =>
        run(PROMPTS[n % PROMPTS.length] ?? "", "split", () => {
          if (++tokens === 30) hurt?.kill(signal);
        }),
      );
      const records = await Promise.all(running);
      expect(tokens).toBeGreaterThan(30);
      for (const [n, record] of records.entries()) {
        expect(record.finish.kind, JSON.stringify(record.finish)).not.toBe("failed");
        expect(record.tokenIds).toEqual(whole[n % PROMPTS.length]?.tokenIds);
      }
      const away = records.filter(({ outages = [] }) => outages.length > 0).length;
      expect(away, "it was somebody's server").toBeGreaterThanOrEqual(1);
      expect(away, "and not everybody's").toBeLessThan(records.length);
    },
    60_000,
  );
});
