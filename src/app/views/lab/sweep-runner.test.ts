import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readResults } from "#lab/results/read-results.ts";
import { linesOf, writeLine } from "#lab/results/results.ts";
import { whereToCut } from "#lab/experiments/where-to-cut.ts";
import { fakeRun, MODEL } from "#lab/testing/fake-run.ts";
import type { RunPort } from "#lab/sweep/runner.ts";
import { SweepRunner } from "./sweep-runner.ts";
import { createKeptLines } from "./kept-lines.ts";

const PROMPTS = Array.from({ length: 8 }, (_, at) =>
  JSON.stringify({ id: `p-${at}`, prompt: `find me ${at} tables` }),
).join("\n");
const small = { ...whereToCut, sweep: { cut: [0, 6] }, repeats: 1 };
const RUNS = (2 + 2) * 4;

function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

function runner(run: RunPort = fakeRun, storage = memory()) {
  const stop = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const made = new SweepRunner({
    run,
    stop,
    models: () => [MODEL],
    kept: createKeptLines(storage),
    address: ({ id }) => `#experiment=${id}`,
  });
  return Object.assign(made, { storage, stop });
}

beforeEach(() => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(PROMPTS)));
  vi.stubGlobal("window", { isSecureContext: false });
});
afterEach(() => vi.unstubAllGlobals());

describe("an experiment in the tab", () => {
  it("runs to its end", async () => {
    const lab = runner();
    await lab.start(small, true);
    const { state, results, done, total } = lab.store.getState();
    expect({ state, done, total, runs: results?.runs.length, whole: results?.whole }).toEqual({
      state: "over",
      done: RUNS,
      total: RUNS,
      runs: RUNS,
      whole: true,
    });
  });
  it("pauses between runs and goes on", async () => {
    let runs = 0;
    const lab = runner(async (config, options) => {
      if (++runs === 5) lab.pause();
      return fakeRun(config, options);
    });
    const over = lab.start(small, true);
    await vi.waitFor(() => expect(lab.store.getState().state).toBe("paused"));
    const before = runs;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runs).toBe(before);
    lab.goOn();
    await over;
    expect(lab.store.getState()).toMatchObject({ state: "over", done: RUNS });
  });
  it("is cancelled, also while paused, and goes on in a later visit where it was", async () => {
    const storage = memory();
    let runs = 0;
    const first = runner(async (config, options) => {
      if (++runs === 9) first.pause();
      return fakeRun(config, options);
    }, storage);
    const over = first.start(small, true);
    await vi.waitFor(() => expect(first.store.getState().state).toBe("paused"));
    await first.cancel();
    await over;
    expect(first.stop).toHaveBeenCalled();
    const { results, state } = first.store.getState();
    expect(state).toBe("stopped");
    const left = results?.runs.length ?? 0;
    expect(left).toBeGreaterThan(0);

    const second = runner(fakeRun, storage);
    expect(second.left(small)).toBe(left);
    expect(second.left({ ...small, repeats: 2 })).toBe(0);
    await second.start(small, false);
    expect(second.store.getState()).toMatchObject({ state: "over", done: RUNS, results: { whole: true } });
    await second.start(small, true);
    expect(second.store.getState().results?.runs).toHaveLength(RUNS);
  });
  it("cancelled while a run is under way, has no say in what is opened or begun then", async () => {
    let release = (): void => {};
    let runs = 0;
    const lab = runner(async (config, options) => {
      if (++runs === 4) await new Promise<void>((resolve) => (release = resolve));
      return fakeRun(config, options);
    });
    const over = lab.start(small, true);
    await vi.waitFor(() => expect(runs).toBe(4));
    await lab.cancel();
    const read = readResults(
      linesOf({ ...lab.store.getState().results!, whole: true })
        .map(writeLine)
        .join(""),
    );
    if (!read.ok) throw new Error("refused");
    lab.open(read.value);
    release();
    await over;
    expect(lab.store.getState()).toMatchObject({
      state: "over",
      results: { whole: true, runs: read.value.results.runs },
    });

    const first = lab.start(small, true);
    await lab.cancel();
    await Promise.all([first, lab.start(small, true)]);
    expect(lab.store.getState()).toMatchObject({ state: "over", done: RUNS, total: RUNS, results: { whole: true } });
    expect(lab.store.getState().results?.runs).toHaveLength(RUNS);
  });
  it("runs again what did not count, and everything on other prompts", async () => {
    const storage = memory();
    let runs = 0;
    const hidden: RunPort = async (config, options) => {
      const record = await fakeRun(config, options);
      runs += Number(config.maxTokens > 3);
      return runs % 2 === 0 ? { ...record, provenance: { ...record.provenance, hidden: true } } : record;
    };
    const first = runner(hidden, storage);
    await first.start(small, true);
    const counted = first.store.getState().results?.runs.filter(({ record }) => !record.provenance.hidden).length ?? 0;
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThan(RUNS);
    const second = runner(fakeRun, storage);
    expect(second.left(small)).toBe(counted);
    await second.start(small, false);
    expect(second.store.getState().results?.runs.filter(({ record }) => record.provenance.hidden)).toEqual([]);
    expect(second.store.getState().results?.runs).toHaveLength(RUNS);

    vi.stubGlobal("window", { isSecureContext: true });
    let again = 0;
    const third = runner(async (config, options) => {
      again += Number(config.maxTokens > 3);
      return fakeRun(config, options);
    }, storage);
    await third.start(small, false);
    expect(again).toBe(RUNS);
  });
  it("runs a sweep over shipped prompt sets, goes on with it, and begins anew when one of them changed", async () => {
    const demo = (prompt: string) =>
      JSON.stringify({ prompts: Array.from({ length: 3 }, (_, at) => ({ id: `p-${at}`, prompt })) });
    const shipped = (text: string) => (url: string) =>
      Promise.resolve(
        url === "prompts/demo.json"
          ? new Response(text)
          : url === "prompts/heldout.jsonl"
            ? new Response(PROMPTS)
            : new Response("", { status: 404 }),
      );
    vi.stubGlobal("window", { isSecureContext: true });
    vi.stubGlobal("fetch", shipped(demo("find me a museum")));
    const storage = memory();
    const over = { ...small, sweep: { ...small.sweep, promptSet: ["demo", "heldout"] } };
    const first = runner(fakeRun, storage);
    await first.start(over, true);
    const { state, results } = first.store.getState();
    expect({ state, runs: results?.runs.length }).toEqual({ state: "over", runs: (2 + 2) * (3 + 4) });
    expect(results?.head.promptSets).toEqual(
      ["demo", "heldout"].map((name) => ({ name, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })),
    );

    let runs = 0;
    const again = runner(async (config, options) => {
      runs += 1;
      return fakeRun(config, options);
    }, storage);
    await again.start(over, false);
    expect(runs).toBe(0);
    vi.stubGlobal("fetch", shipped(demo("find me a park")));
    await again.start(over, false);
    expect(runs).toBeGreaterThanOrEqual((2 + 2) * (3 + 4));
    await again.start({ ...over, sweep: { promptSet: ["demo", "none"] } }, true);
    expect(again.store.getState().failure).toMatchObject({ code: "download-failed", url: "prompts/none.jsonl" });
  });
  it("goes on without room to keep anything", async () => {
    const full = {
      ...memory(),
      setItem: () => {
        throw new Error("QuotaExceededError");
      },
    };
    const lab = runner(fakeRun, full);
    await lab.start(small, true);
    expect(lab.store.getState().state).toBe("over");
    expect(lab.left(small)).toBe(0);
  });
  it("opens a file", async () => {
    const made = runner();
    await made.start(small, true);
    const text = linesOf(made.store.getState().results!).map(writeLine).join("");
    const lab = runner();
    const read = readResults(text);
    if (!read.ok) throw new Error("refused");
    lab.open(read.value);
    expect(lab.store.getState()).toMatchObject({ state: "over", id: "where-to-cut", notice: null });
  });
  it("says when there is no such prompt set", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status: 404 })));
    const lab = runner();
    await lab.start(small, true);
    expect(lab.store.getState()).toMatchObject({ state: "idle", failure: { code: "download-failed", status: 404 } });
  });
});
