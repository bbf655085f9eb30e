/** One contract, over memory and over Redis: what servers behind one address know together. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HAS_REDIS, startRedis, type RedisProcess } from "../testing/redis-server.ts";
import { nameless, type Commons, type CommonsState } from "./commons.ts";
import { memoryCommons, type Together } from "./memory-commons.ts";
import { redisCommons } from "./redis-commons.ts";

const A = "http://10.0.0.1:8080";
const B = "http://10.0.0.2:8080";
let serial = 0;
const session = (): string => `session-${++serial}`;

/** Two servers that know each other. */
type Pair = () => Promise<readonly [Commons, Commons]>;

function contract(name: string, pair: Pair): void {
  describe(name, () => {
    test("a session is found where it is, from everywhere, until it is given back", async () => {
      const [a, b] = await pair();
      const mine = session();
      expect(await b.elsewhere(mine)).toBeNull();
      expect(await a.take(mine, "10.1.1.1", 4)).toBe(true);
      expect([await a.elsewhere(mine), await b.elsewhere(mine)]).toEqual([null, A]);
      await a.release(mine);
      expect(await b.elsewhere(mine)).toBeNull();
      await Promise.all([a.close(), b.close()]);
    });

    test("an address has its part of the places of all servers together", async () => {
      const [a, b] = await pair();
      const [one, two, three] = [session(), session(), session()];
      expect(await a.take(one, "10.2.2.2", 2)).toBe(true);
      expect(await b.take(two, "10.2.2.2", 2)).toBe(true);
      expect(await a.take(three, "10.2.2.2", 2)).toBe(false);
      expect(await b.elsewhere(three)).toBeNull();
      expect(await a.take(three, "10.3.3.3", 2), "another address").toBe(true);
      expect(await a.take(session(), null, 0), "one that tells nobody apart").toBe(true);
      await b.release(two);
      expect(await a.take(session(), "10.2.2.2", 2)).toBe(true);
      await Promise.all([a.close(), b.close()]);
    });

    test("a server that closes gives back all that it has", async () => {
      const [a, b] = await pair();
      const mine = session();
      await a.take(mine, "10.4.4.4", 1);
      await a.close();
      expect(await b.elsewhere(mine)).toBeNull();
      expect(await b.take(session(), "10.4.4.4", 1)).toBe(true);
      await b.close();
    });
  });
}

contract("in memory", () => {
  const together: Together = new Map();
  return Promise.resolve([memoryCommons(A, together), memoryCommons(B, together)]);
});

// Where there is none, the product needs none either: CI's machine installs it (.ci/run).
describe.skipIf(!HAS_REDIS)("with Debian's redis-server", () => {
  let redis: RedisProcess;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const at = (own: string, more: { leaseMs?: number; onState?: (state: CommonsState) => void } = {}) =>
    redisCommons({ url: redis.url, own, onState: () => undefined, prefix: `t${serial}:`, ...more });

  contract("in Redis", async () => [await at(A), await at(B)]);

  test("every place is a lease that ends by itself, and is renewed as long as its server lives", async () => {
    const [mine, raw] = [session(), new Redis(redis.url)];
    const a = await at(A, { leaseMs: 300 });
    await raw.zadd(`t${serial}:peer:${nameless("10.5.5.5")}`, 1, "a server that died long ago had this one");
    expect(await a.take(mine, "10.5.5.5", 1), "a lease that is over counts no more").toBe(true);
    const [key = ""] = await raw.keys("*session:*");
    expect(key, "nobody who reads Redis learns an id").not.toContain(mine);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const leftMs = await raw.pttl(key);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(300);
    await a.close();
    expect(await raw.keys("*session:*")).toEqual([]);
    raw.disconnect();
  });

  test("without Redis a server decides alone, says so, and names its sessions again when it is back", async () => {
    const states: CommonsState[] = [];
    const a = await at(A, { onState: (state) => states.push(state) });
    const b = await at(B);
    const mine = session();
    await a.take(mine, null, 1);
    await redis.stop();
    expect(await a.take(session(), "10.7.7.7", 1)).toBe(true);
    expect(await b.elsewhere(mine)).toBeNull();
    expect(a.state).toBe("cut-off");
    await redis.start();
    await expect.poll(() => b.elsewhere(mine), { timeout: 15_000 }).toBe(A);
    expect(states).toEqual(["together", "cut-off", "together"]);
    await Promise.all([a.close(), b.close()]);
  }, 30_000);

  test("at the start it has to answer, and is named without its password", async () => {
    const nowhere = redisCommons({ url: "redis://:secret@127.0.0.1:1", own: A, onState: () => undefined });
    await expect(nowhere).rejects.toThrow(/Redis does not answer at 127\.0\.0\.1:1 .*correct --redis/);
    await expect(nowhere).rejects.not.toThrow(/secret/);
  });
});
