/** When a worker is replaced, and that nobody who asked it something is left without an answer. */
import { expect, test } from "vitest";
import { ok, unwrap, type Failure } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { DeviceWorkerApi } from "#core/run/worker-api.ts";
import { recordOf, scriptedDevice } from "../testing/scripted-device.ts";
import { renewingDevice, type StartedWorker } from "./renewing-device.ts";

const config = (threads = 0) => unwrap(parseConfig({ mode: "device-only", prompt: "x", threads }));
const OTHER_THREADS: Failure = { code: "keys-conflict", keys: ["threads"], why: "it computes with 2" };

/** Workers that compute with the threads of their first run, as onnxruntime-web does; `failing` fails once. */
function lab(change: Partial<DeviceWorkerApi> = {}, failing: { failure: Failure | null } = { failure: null }) {
  const log: string[] = [];
  let workers = 0;
  const start = (): StartedWorker => {
    const name = `w${++workers}`;
    log.push(`${name} starts`);
    let threads: number | null = null;
    const run: DeviceWorkerApi["run"] = async (asked) => {
      log.push(`${name} runs`);
      threads ??= asked.threads;
      const failure = failing.failure ?? (asked.threads === 0 || asked.threads === threads ? null : OTHER_THREADS);
      failing.failure = null;
      return recordOf(asked, [], failure === null ? {} : { finish: { kind: "failed", failure } });
    };
    const api: DeviceWorkerApi = {
      ...scriptedDevice([]).device,
      run,
      stop: async () => void log.push(`${name} stops`),
      release: async () => void log.push(`${name} releases`),
      visibility: async (hidden) => void log.push(`${name} ${hidden ? "hidden" : "seen"}`),
      ...change,
    };
    return { api, end: () => log.push(`${name} ends`) };
  };
  const { device, seen } = renewingDevice({
    start,
    hidden: () => false,
    patience: () => new Promise((resolve) => setTimeout(resolve, 20)),
  });
  const run = (threads?: number): Promise<RunRecord> => device.run(config(threads), {}, () => undefined);
  return { device, seen, run, log };
}

test("one worker serves while its threads will do", async () => {
  const { run, log, seen } = lab();
  seen();
  for (const threads of [2, 0, 2]) expect((await run(threads)).finish.kind).toBe("eos");
  seen();
  expect(log).toEqual(["w1 starts", "w1 seen", "w1 runs", "w1 runs", "w1 runs", "w1 seen"]);
});

test("other threads are had from a new worker, once the old one has let go", async () => {
  const { run, log } = lab();
  await run(2);
  log.length = 0;
  expect((await run(1)).finish.kind).toBe("eos");
  expect(log).toEqual(["w1 runs", "w1 releases", "w1 ends", "w2 starts", "w2 seen", "w2 runs"]);
});

test.each([
  { code: "device-lost", backend: "wasm", why: "aborted" },
  { code: "out-of-memory", tier: "device", what: "weights", bytes: null },
] as const)("after $code the next run has a new worker", async (failure) => {
  const { run, log } = lab({}, { failure });
  expect((await run()).finish).toMatchObject({ kind: "failed", failure });
  expect((await run()).finish.kind).toBe("eos");
  expect(log).toEqual(["w1 starts", "w1 seen", "w1 runs", "w1 releases", "w1 ends", "w2 starts", "w2 seen", "w2 runs"]);
});

test("a failure that no worker is to blame for replaces none", async () => {
  const { run, log } = lab({}, { failure: { code: "out-of-memory", tier: "edge", what: "KV", bytes: null } });
  await run();
  expect(log).not.toContain("w1 ends");
});

test("a worker answers what it was asked before it ends, and is ended when it does not", async () => {
  const asked: { answer: () => void } = { answer: () => undefined };
  const { device, log } = lab({ models: () => new Promise((resolve) => (asked.answer = () => resolve(ok([])))) });
  const models = device.models(null);
  const released = device.release();
  await Promise.resolve();
  expect(log).not.toContain("w1 ends");
  asked.answer();
  expect(await models).toEqual(ok([]));
  await released;
  expect(log.at(-1)).toBe("w1 ends");

  const hung = lab({ release: () => new Promise(() => undefined) });
  await hung.run();
  await hung.device.release();
  expect(hung.log.at(-1)).toBe("w1 ends");
});

test("a stop that falls between two workers stops the second", async () => {
  const stopping: { now: () => void } = { now: () => undefined };
  const { device, run, log } = lab({ release: async () => stopping.now() });
  stopping.now = () => void device.stop();
  await run(2);
  await run(1);
  expect(log.slice(-2)).toEqual(["w2 runs", "w2 stops"]);
});
