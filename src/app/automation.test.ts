import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { createAutomation } from "./automation.ts";
import type { PageActions } from "./control/page-actions.ts";
import { createEngineStore } from "./stores/engine.ts";
import { tokensOf } from "./testing/sample-tokens.ts";
import { MODEL, recordOf, scriptedDevice } from "./testing/scripted-device.ts";

const record = recordOf(unwrap(parseConfig({ prompt: "x" })), tokensOf([{ edgeMs: 1 }]));

function automation(change: Partial<PageActions>, ready = true, device = scriptedDevice([]).device) {
  const engineStore = createEngineStore();
  engineStore.setState(
    ready
      ? { state: "ready", models: [MODEL] }
      : { state: "failed", failure: { code: "edge-unreachable", url: "u", why: "w" } },
  );
  // Only what the automation calls is there.
  const actions = { stop: async () => undefined, runConfig: async () => record, ...change } as PageActions;
  return createAutomation({ device, actions, engineStore, started: Promise.resolve() });
}

describe("window.cutlayer", () => {
  test("refuses a config that cannot be, with the failure as JSON", async () => {
    const refusal = await automation({})
      .run({ mode: "split", cut: -1, prompt: "x" })
      .catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ failure: { code: "bad-value", key: "cut" } });
    expect(JSON.parse((refusal as Error).message)).toMatchObject({ code: "bad-value" });
  });

  test.each([
    [{ cut: 99 }, { code: "cut-out-of-range", cut: 99, blocks: 12 }],
    [{ mode: "u-split", cut: 11, tail: 1 }, { code: "empty-middle" }],
    [{ model: "concierge-11m" }, { code: "unknown-model", known: [MODEL.name] }],
    [
      { mode: "speculative", draftModel: "nobody" },
      { code: "unknown-model", model: "nobody" },
    ],
    [
      { cut: 4, moves: "99@3" },
      { code: "cut-out-of-range", cut: 99 },
    ],
    [{ mode: "u-split", cut: 4, moves: "11@3" }, { code: "empty-middle" }],
    [{ path: "4,8@http://a:1" }, { code: "bad-value", key: "path" }],
    [
      { mode: "auto", minDeviceBlocks: 13 },
      { code: "cut-out-of-range", cut: 13 },
    ],
  ])("what the models say cannot be is rejected before it runs: %j", async (config, expected) => {
    let runs = 0;
    const { run } = automation({ runConfig: async () => (runs++, record) });
    await expect(run({ prompt: "x", ...config })).rejects.toMatchObject({ failure: expected });
    expect(runs).toBe(0);
  });

  test("a fault that the strategy has no place for is rejected too", async () => {
    const { run } = automation({});
    const sabotage = { kind: "corrupt-activation", atToken: 1 } as const;
    await expect(run({ prompt: "x", mode: "device-only" }, { sabotage })).rejects.toMatchObject({
      failure: { code: "keys-conflict", keys: ["sabotage", "mode"] },
    });
    await expect(run({ prompt: "x", mode: "split" }, { sabotage })).resolves.toBe(record);
  });

  test("every key but what is said may be left out", async () => {
    const { run } = automation({});
    await expect(run({})).rejects.toMatchObject({ failure: { code: "bad-value", key: "prompt" } });
    await expect(run({ prompt: "x" })).resolves.toBe(record);
  });

  test("a cut that only another edge's model has is left to that edge", async () => {
    const device = scriptedDevice([], [{ ...MODEL, blocks: 99 }]).device;
    const { run } = automation({}, true, device);
    await expect(run({ prompt: "x", edge: "http://other", cut: 99 })).resolves.toBe(record);
  });

  test("runs what it is given and hands tokens on", async () => {
    const seen: number[] = [];
    const { run, models } = automation({
      runConfig: async ({ onToken }) => {
        record.tokens.forEach((token) => onToken?.(token));
        return record;
      },
    });
    expect(await run({ prompt: "x" }, { onToken: (token) => seen.push(token.index) })).toBe(record);
    expect(seen).toEqual([0]);
    expect(await models()).toEqual([MODEL]);
  });

  test.each([
    [{ chekc: false }, { code: "unknown-key", of: "options", key: "chekc" }, "check"],
    [{ sabotage: { nonsense: 1 } }, { code: "unknown-key", of: "options.sabotage", key: "nonsense" }, null],
    [{ sabotage: { kind: "corrupt-activation", token: 3 } }, { code: "unknown-key", key: "token" }, "atToken"],
    [{ sabotage: { kind: "corrupt-activation" } }, { code: "bad-value", key: "options.sabotage.atToken" }, null],
    [
      { sabotage: { kind: "corupt-activation", atToken: 3 } },
      { code: "bad-value", key: "options.sabotage.kind" },
      null,
    ],
    [{ sabotage: { kind: "rewind-short", atToken: -1 } }, { code: "bad-value", key: "options.sabotage.atToken" }, null],
    [{ sabotage: "corrupt-activation" }, { code: "bad-value", key: "options.sabotage" }, null],
    [{ check: "no" }, { code: "bad-value", key: "options.check" }, null],
    [{ fresh: 1 }, { code: "bad-value", key: "options.fresh" }, null],
    [{ access: 7 }, { code: "bad-value", key: "options.access" }, null],
    [{ signal: {} }, { code: "bad-value", key: "options.signal" }, null],
    [{ onToken: "log" }, { code: "bad-value", key: "options.onToken" }, null],
    ["check", { code: "bad-value", key: "options" }, null],
  ])("refuses the options %j before anything runs", async (options, expected, nearest) => {
    let runs = 0;
    const { run } = automation({ runConfig: async () => (runs++, record) });
    // What callers without types may hand over.
    const refusal = await run({ prompt: "x" }, options as never).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ failure: expected });
    if (nearest !== null) expect((refusal as { failure: { known: string[] } }).failure.known[0]).toBe(nearest);
    expect(runs).toBe(0);
  });

  test("an option that is undefined is left out, and the others reach the run", async () => {
    const asked: unknown[] = [];
    const { run } = automation({ runConfig: async (request) => (asked.push(request.options), record) });
    const sabotage = { kind: "rewind-short", atToken: 2 } as const;
    await run({ prompt: "x" }, { check: false, sabotage, fresh: undefined } as never);
    expect(asked).toEqual([{ check: false, sabotage }]);
  });

  test("an aborted signal stops the run", async () => {
    let stopped = 0;
    const controller = new AbortController();
    const { run } = automation({
      stop: async () => void stopped++,
      runConfig: async () => {
        controller.abort();
        return record;
      },
    });
    await run({ prompt: "x" }, { signal: controller.signal });
    expect(stopped).toBe(1);
  });

  test("ready rejects with the reason when no run can ever be asked for", async () => {
    await expect(automation({}, false).ready).rejects.toMatchObject({ failure: { code: "edge-unreachable" } });
  });
});
