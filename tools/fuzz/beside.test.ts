/** `npm run fuzz -- --beside`, in seconds: every assault on an edge in this process, where gaps say nothing. */
import { afterEach, expect, test } from "vitest";
import { FAKE_MANIFEST } from "#edge/testing/fake-model.ts";
import { edgesOf } from "#edge/testing/harness.ts";
import { ASSAULTS, storm } from "./assaults.ts";
import { besideAll, besideFaults, gapMostMs, type Siege } from "./beside.ts";

const edge = edgesOf(afterEach);

test(
  "an honest session is answered exactly beside every known way to hold others up",
  { timeout: 60_000 },
  async () => {
    const { url, logs } = await edge({ limits: { sessions: 32, sessionsPerAddress: 32 } });
    const begin = async (name: string): Promise<() => Promise<number>> => {
      const assault = ASSAULTS.find((each) => each.name === name);
      if (assault === undefined) throw new Error(name);
      const over = new AbortController();
      const field = { url, target: FAKE_MANIFEST, largePath: "/assets/app-abcd1234.js", over: over.signal };
      const playing = storm(assault, field, 4);
      return () => {
        over.abort();
        return playing;
      };
    };
    const names = ASSAULTS.map(({ name }) => name);
    const parts = {
      url,
      target: FAKE_MANIFEST,
      names,
      aloneMs: 30,
      assaultMs: 200,
      settleMs: 20,
      begin,
      stopped: () => false,
    };
    const sieges = await besideAll(parts, () => undefined);
    expect(sieges.map(({ name }) => name)).toEqual(names);
    for (const { name, plays, honest } of sieges) {
      expect(plays, name).toBeGreaterThan(0);
      expect(honest.answers, name).toBeGreaterThan(0);
      expect(honest, name).toMatchObject({ exact: honest.answers, failures: [] });
    }
    expect(logs.filter((line) => line.includes("fault"))).toEqual([]);
  },
);

test("what speaks against an edge is said", () => {
  const well = { answers: 3, exact: 3, failures: [], gaps: 57, gapP50Ms: 1, gapMostMs: 9, firstMostMs: 9 };
  const held: Siege = {
    name: "x",
    plays: 1,
    alone: { ...well, gapP99Ms: 4 },
    honest: { ...well, gapP99Ms: 54 },
    before: 1e8,
    most: 3e8,
  };
  expect(besideFaults(held)).toEqual([]);
  expect([gapMostMs(4), gapMostMs(20)]).toEqual([54, 100]);
  const odd: readonly Partial<Siege>[] = [
    { plays: 0 },
    { honest: { ...well, gapP99Ms: 55 } },
    { honest: { ...well, exact: 2, gapP99Ms: 1 } },
    { most: 4e8 },
    { most: null },
  ];
  for (const one of odd) expect(besideFaults({ ...held, ...one })).toHaveLength(1);
});
