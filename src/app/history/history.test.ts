import { expect, test, vi } from "vitest";
import { fail, unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { RunConfig } from "#core/run/config.ts";
import { readFileSync } from "node:fs";
import { recordOf } from "../testing/scripted-device.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { History } from "./history.ts";
import { Keeper } from "./keeper.ts";
import { memoryShelf } from "./memory-shelf.ts";
import type { RunShelf } from "./shelf.ts";

const LIMITS = { runs: 4, bytes: 1e6 };

const record = (config: Partial<RunConfig> = {}) =>
  recordOf(
    unwrap(parseConfig({ prompt: "Where is the museum?", ...config })),
    tokensOf([{ deviceMs: 1 }, { edgeMs: 2 }]),
  );

function opened(kept: RunShelf = memoryShelf(LIMITS), began = 0) {
  let at = began;
  const tell = vi.fn();
  const keeper = new Keeper({ kept, passing: memoryShelf(LIMITS), now: () => ++at, newId: () => `r${at}`, tell });
  const history = new History(keeper);
  const titles = () =>
    history.store.getState().rows.map(({ key, run }) => `${key.id} ${run.ok ? run.value.said : "?"}`);
  return { history, keeper, kept, tell, titles, facts: () => history.store.getState() };
}

const broken = (): RunShelf => {
  const no = () => Promise.reject(failed());
  const failed = () => {
    try {
      return fail({ code: "history-unavailable", reason: "denied", what: "no" });
    } catch (thrown) {
      return thrown as Error;
    }
  };
  return { keys: no, read: no, add: no, remove: no, keeping: no, setKeeping: no };
};

test("runs are listed when somebody looks, the newest first, those of earlier visits too", async () => {
  const kept = memoryShelf(LIMITS);
  const earlier = opened(kept);
  await earlier.keeper.keep(record({ prompt: "Of yesterday?" }));
  const { history, keeper, facts, titles } = opened(kept, 10);
  await keeper.keep(record());
  await history.read();
  expect(facts().state).toBe("ready");
  expect(titles()).toEqual(["r11 Where is the museum?", "r1 Of yesterday?"]);
  expect(facts().rows.map(({ mine }) => mine)).toEqual([true, false]);
});

test("a run that is over while the list is open stands at its head, and other tabs are told", async () => {
  const { history, keeper, titles, tell } = opened();
  await history.read();
  await keeper.keep(record());
  await keeper.keep(record({ prompt: "And the zoo?" }));
  await history.read();
  expect(titles()).toEqual(["r2 And the zoo?", "r1 Where is the museum?"]);
  expect(tell).toHaveBeenCalledTimes(2);
});

test("two are compared, a third takes the place of the first, and a deleted one leaves", async () => {
  const { history, keeper, facts } = opened();
  for (const cut of [2, 4, 6]) await keeper.keep(record({ cut }));
  await history.read();
  await history.choose("r1");
  expect(facts().pair).toBeNull();
  await history.choose("r2");
  expect(facts().pair?.map(({ config }) => config.cut)).toEqual([2, 4]);
  await history.choose("r3");
  expect(facts().chosen).toEqual(["r2", "r3"]);
  expect(facts().pair?.map(({ config }) => config.cut)).toEqual([4, 6]);
  await history.remove(["r2"]);
  expect(facts()).toMatchObject({ chosen: ["r3"], pair: null });
  await history.choose("r3");
  expect(facts().chosen).toEqual([]);
});

test("what cannot be read is a row that says why, is not compared, and can be deleted", async () => {
  const kept = memoryShelf(LIMITS);
  await kept.add({ atMs: 1, id: "torn", bytes: 3 }, '{"schema":');
  await kept.add({ atMs: 2, id: "later", bytes: 3 }, JSON.stringify({ ...record(), schema: 99 }));
  const { history, facts } = opened(kept);
  await history.read();
  expect(facts().rows.map(({ run }) => (run.ok ? "read" : run.failure.code))).toEqual(["bad-value", "bad-value"]);
  await history.choose("torn");
  expect(facts().chosen).toEqual([]);
  await history.remove(["torn", "later"]);
  expect(facts().rows).toEqual([]);
});

test("a record of an earlier schema is upgraded when it is read", async () => {
  const kept = memoryShelf(LIMITS);
  const first = readFileSync(new URL("../../core/run/record/testing/record-schema-1.json", import.meta.url), "utf8");
  await kept.add({ atMs: 1, id: "old", bytes: first.length }, first);
  const { history, facts } = opened(kept);
  await history.read();
  expect(facts().rows[0]?.run.ok).toBe(true);
  expect(unwrap(await history.record("old")).upgradedFrom).toBe(1);
});

test("where the browser keeps nothing a run stays in this tab, and the reason is there", async () => {
  const { history, keeper, facts } = opened(broken());
  await keeper.keep(record());
  await history.read();
  expect(facts().failure).toEqual({ code: "history-unavailable", reason: "denied", what: "no" });
  expect(facts().rows).toMatchObject([{ mine: true, passing: true, run: { ok: true } }]);
  expect((await history.record("r1")).ok).toBe(true);
  await history.clear();
  expect(facts().rows).toEqual([]);
});

test("what somebody chose not to keep is in this tab alone", async () => {
  const { history, keeper, facts, kept } = opened();
  await history.setKeeping(false);
  expect(facts().keeping).toBe(false);
  await keeper.keep(record());
  await history.read();
  expect(facts().rows).toMatchObject([{ passing: true }]);
  expect(facts().failure).toBeNull();
  expect(await kept.keys()).toEqual([]);
  await history.setKeeping(true);
  await keeper.keep(record());
  expect(await kept.keys()).toHaveLength(1);
});

test("a run that is larger than the whole list is said to be, and the next that fits takes that back", async () => {
  const { history, keeper, facts } = opened(memoryShelf({ runs: 9, bytes: 6000 }));
  await keeper.keep(record({ prompt: "long ".repeat(2000) }));
  await history.read();
  expect(facts().failure).toMatchObject({ code: "history-unavailable", reason: "too-large" });
  await keeper.keep(record());
  await history.read();
  expect(facts().failure).toBeNull();
});

test("a long list is read a part at a time, from either end, and cleared as a whole", async () => {
  const kept = memoryShelf({ runs: 200, bytes: 1e9 });
  const { history, facts } = opened(kept);
  const text = JSON.stringify(record());
  for (let at = 1; at <= 90; at++) await kept.add({ atMs: at, id: `r${at}`, bytes: text.length }, text);
  const ends = () => [facts().rows.at(0)?.key.id, facts().rows.at(-1)?.key.id, facts().rows.length];
  await history.read();
  expect(facts().total).toEqual({ runs: 90, bytes: 90 * text.length });
  expect(ends()).toEqual(["r90", "r51", 40]);
  await history.more();
  expect(ends()).toEqual(["r90", "r11", 80]);
  await history.turnRound();
  expect(ends()).toEqual(["r1", "r40", 40]);
  await history.clear();
  expect(await kept.keys()).toEqual([]);
});

test("clearing takes away what another tab has put there meanwhile", async () => {
  const kept = memoryShelf(LIMITS);
  const { history, facts } = opened(kept);
  await history.read();
  await kept.add({ atMs: 9, id: "theirs", bytes: 2 }, "{}");
  await history.clear();
  expect(await kept.keys()).toEqual([]);
  expect(facts().rows).toEqual([]);
});
