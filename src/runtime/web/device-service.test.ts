/** What the page may ask of its worker, over an engine that does as it is told. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { refuse, unwrap, type Failure } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { Preflight, RunEvent } from "#core/run/worker-api.ts";
import type { Engine } from "#engine/engine.ts";
import { tinyModel } from "#engine/testing/tiny-model.ts";
import { deviceService } from "./device-service.ts";
import { workerExclusive } from "./model/exclusive.ts";
import { memoryStorage } from "./storage/memory-storage.ts";
import { modelOrigin } from "./model/model-source.ts";

const { manifest } = tinyModel();
const config = unwrap(parseConfig({ mode: "split", model: "tiny", cut: 2, prompt: "hi" }));

interface Script {
  failure?: Failure;
  hang?: boolean;
}

const found = {} as Preflight;

function service(script: Script) {
  let preflights = 0;
  const log: string[] = [];
  const engine: Engine = {
    run: async (_config, _options, _onEvent, signal) => {
      if (script.hang === true) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      const finish = signal.aborted
        ? { kind: "stopped" }
        : script.failure === undefined
          ? { kind: "length" }
          : { kind: "failed", failure: script.failure };
      return { finish, downloads: { bytes: 1 } } as unknown as RunRecord;
    },
    prepare: async () => {
      throw new Error("not asked for");
    },
    candidates: async (_text, _onEvent, signal) =>
      refuse(signal.aborted ? { code: "stopped" } : (script.failure ?? { code: "stopped" })),
    change: () => false,
    release: async () => void log.push("release"),
  };
  const storage = memoryStorage();
  const files = new Map([
    ["https://page/models/tiny/manifest.json", JSON.stringify(manifest)],
    ["https://page/models/index.json", JSON.stringify([{ name: "tiny", manifest: "models/tiny/manifest.json" }])],
  ]);
  const origin = modelOrigin({
    base: "https://page/",
    storage,
    exclusive: workerExclusive(),
    fetch: async (url) => new Response(files.get(url) ?? null, { status: files.has(url) ? 200 : 404 }),
  });
  const refusal: { failure: Failure | null } = { failure: null };
  const device = deviceService({
    engine,
    origin: async () => ({
      ...origin,
      get refusal() {
        return refusal.failure;
      },
    }),
    admit: (_edge, access) => void (access !== undefined && log.push(`admitted ${access}`)),
    addTrace: () => ({ ok: false, failure: { code: "stopped" } }),
    storage: Promise.resolve(storage),
    exclusive: workerExclusive(),
    discardRuntimes: async () => void log.push("discard"),
    preflight: async () => {
      log.push("preflight");
      if (++preflights === 1) throw new Error("no adapter yet");
      return found;
    },
    onStart: () => log.push("start"),
  });
  return { device, log, storage, refusal };
}

describe("the device service", () => {
  beforeAll(() => void vi.stubGlobal("navigator", {}));
  afterAll(() => void vi.unstubAllGlobals());

  it("stops what is under way", async () => {
    const { device } = service({ hang: true });
    const running = device.run(config, {}, () => undefined);
    await device.stop();
    expect((await running).finish).toEqual({ kind: "stopped" });
  });

  it.each<Failure>([
    { code: "device-lost", backend: "webgpu", why: "x" },
    { code: "out-of-memory", tier: "device", what: "x", bytes: null },
  ])("clears away behind $code", async (failure) => {
    const { device, log } = service({ failure });
    await device.run(config, {}, () => undefined);
    expect(log).toEqual(["start", "release", "discard"]);
    await device.candidates({ config, promptIds: [1], tokenIds: [2] }, () => undefined);
    expect(log).toEqual(["start", "release", "discard", "release", "discard"]);
  });

  it("keeps what is open behind other failures", async () => {
    const { device, log } = service({ failure: { code: "edge-gone", url: "x", attempts: 1 } });
    await device.run(config, {}, () => undefined);
    expect(log).toEqual(["start"]);
  });

  it("says when a shard could not be kept", async () => {
    const { device, refusal } = service({});
    refusal.failure = { code: "storage-full", neededBytes: 5, freeBytes: 1 };
    const events: RunEvent[] = [];
    await device.run(config, {}, (event) => events.push(event));
    expect(events).toEqual([{ kind: "notice", failure: refusal.failure }]);
  });

  it("plans what a cut would download", async () => {
    const { device } = service({});
    const plan = unwrap(await device.downloadPlan(config));
    const front = [manifest.embedding, ...manifest.blocks.slice(0, 2)];
    expect(plan).toMatchObject({
      missingShards: 3,
      missingBytes: front.reduce((sum, { bytes }) => sum + bytes, 0),
      heldBytes: 0,
    });
    expect(await device.downloadPlan({ ...config, model: "other" })).toEqual({
      ok: false,
      failure: { code: "unknown-model", model: "other", known: ["tiny"] },
    });
    expect(await device.downloadPlan({ ...config, cut: 99 })).toEqual({
      ok: false,
      failure: { code: "cut-out-of-range", cut: 99, blocks: 4 },
    });
  });

  it("asks again for a preflight that failed, and once for one that did not", async () => {
    const { device, log } = service({});
    await expect(device.preflight()).rejects.toThrow("no adapter yet");
    expect(await device.preflight()).toBe(found);
    expect(await device.preflight()).toBe(found);
    expect(log).toEqual(["preflight", "preflight"]);
  });

  it("reports and clears storage", async () => {
    const { device, storage } = service({});
    await (await storage.append("a".repeat(64))).write(new Uint8Array(10));
    expect(await device.storage()).toMatchObject({ kind: "memory", bytes: 10, shards: 1 });
    expect(await device.clearStorage()).toMatchObject({ bytes: 0, shards: 0 });
  });
});
