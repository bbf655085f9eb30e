/** The bounded part of `npm run fuzz`: a few thousand frames and the whole corpus on an edge in this process, in seconds. */
import { afterEach, expect, test } from "vitest";
import { UP_ROWS } from "#core/frames/message-table.ts";
import { decodeUp, encodeUp } from "#wire/frames.ts";
import { FAKE_MANIFEST } from "#edge/testing/fake-model.ts";
import { edgesOf } from "#edge/testing/harness.ts";
import { edgeFigures } from "../load/edge-figures.ts";
import { campaign, faultsOf } from "./campaign.ts";
import { Chance } from "./chance.ts";
import { episodeOf } from "./episodes.ts";
import { HOSTILE, treatAll } from "./hostile-http.ts";
import { messageOf } from "./messages.ts";

const edge = edgesOf(afterEach);
const FRAMES = 2_500;

test.each([1, 2])("hostile frames of seed %i cost nobody but who sent them", { timeout: 30_000 }, async (seed) => {
  const { url, host, logs } = await edge({ limits: { sessions: 64, kvBytes: 1 << 24, idleTimeoutMs: 300 } });
  const figures = await campaign({
    url,
    target: FAKE_MANIFEST,
    seed,
    frames: FRAMES,
    only: null,
    from: 0,
    parallel: 6,
    aloneMs: 50,
    stopped: () => false,
    progress: () => undefined,
  });
  expect(faultsOf(figures), logs.filter((line) => line.includes("fault")).join("")).toEqual([]);
  expect(figures.frames).toBeGreaterThanOrEqual(FRAMES);
  expect(host.openSessions()).toBeLessThanOrEqual(1); // the honest one, until its goodbye is heard
  // It was an attack: sessions were ended, and others went on.
  expect(figures.ended["bad-frame"]).toBeGreaterThan(50);
  expect(figures.ended["went on"]).toBeGreaterThan(10);
});

test("hostile HTTP gets a refusal or an end, and the next one is answered", { timeout: 30_000 }, async () => {
  const { url, server, logs } = await edge();
  expect(await treatAll(server.port, 16)).toEqual([]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await edgeFigures(url, null), logs.filter((line) => line.includes("fault")).join("")).toMatchObject({
    faults: 0,
  });
  expect(new Set(HOSTILE.map(({ name }) => name)).size).toBe(HOSTILE.length);
});

test("an episode is its seed and number", () => {
  const of = (seed: number, number: number): string => JSON.stringify(episodeOf(seed, number, FAKE_MANIFEST));
  expect(of(3, 7)).toBe(of(3, 7));
  expect(of(3, 7)).not.toBe(of(3, 8));
  expect(of(3, 7)).not.toBe(of(4, 7));
});

test("messages of every kind are made, and are read back as they were", () => {
  const chance = new Chance(1, 1);
  const facts = {
    vocabulary: 61,
    hidden: 4,
    blocks: 4,
    kvBytes: 32,
    capacity: 48,
    from: 1,
    to: 4,
    embedding: false,
    evidenceBytes: 4,
  };
  const kinds = new Set<string>();
  for (let count = 0; count < 3_000; count++) {
    const message = messageOf(chance, count % 2 === 0 ? facts : null);
    kinds.add(message.kind);
    expect(decodeUp(encodeUp(message))).toMatchObject({ ok: true, value: { kind: message.kind } });
  }
  expect([...kinds].sort()).toEqual(UP_ROWS.map(({ kind }) => kind).sort());
});

test("a campaign says so where an edge does not keep its side", () => {
  const well = { answers: 3, exact: 3, failures: [], gaps: 57, gapP50Ms: 1, gapP99Ms: 2, gapMostMs: 3, firstMostMs: 9 };
  const figures = { residentBytes: 1e8, kvReservedBytes: 10, sessions: 1, batchedSteps: 0, batchSum: 0, faults: 0 };
  const good = {
    seed: 1,
    from: 0,
    episodes: 1,
    frames: 1,
    seconds: 1,
    ended: {},
    mutations: {},
    answers: {},
    findings: [],
    honest: { alone: well, beside: well },
    edge: { before: figures, after: figures },
  };
  expect(faultsOf(good)).toEqual([]);
  const after = { ...figures, sessions: 2, kvReservedBytes: 11, faults: 1, residentBytes: 1e9 };
  expect(faultsOf({ ...good, edge: { before: figures, after } })).toHaveLength(4);
  expect(faultsOf({ ...good, edge: null })).toHaveLength(1);
  expect(faultsOf({ ...good, findings: [{ episode: 4, what: "it hung" }] })).toEqual(["episode 4: it hung"]);
  expect(faultsOf({ ...good, honest: { alone: well, beside: { ...well, exact: 2 } } })).toHaveLength(1);
});
