import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { createAutomation } from "./automation.ts";
import type { PageActions } from "./control/page-actions.ts";
import { createEngineStore } from "./stores/engine.ts";
import { tokensOf } from "./testing/sample-tokens.ts";
import { MODEL, recordOf, scriptedDevice } from "./testing/scripted-device.ts";

const record = recordOf(unwrap(parseConfig({ prompt: "x" })), tokensOf([{ edgeMs: 1 }]));

function automation(change: Partial<PageActions>, ready = true) {
  const engineStore = createEngineStore();
  engineStore.setState(
    ready
      ? { state: "ready", models: [MODEL] }
      : { state: "failed", failure: { code: "edge-unreachable", url: "u", why: "w" } },
  );
  // Only what the automation calls is there.
  const actions = { stop: async () => undefined, runConfig: async () => record, ...change } as PageActions;
  return createAutomation({ device: scriptedDevice([]).device, actions, engineStore, started: Promise.resolve() });
}

describe("window.cutlayer", () => {
  test("refuses a config that cannot be, with the failure as JSON", async () => {
    const refusal = await automation({})
      .run({ mode: "split", cut: -1, prompt: "x" })
      .catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ failure: { code: "bad-value", key: "cut" } });
    expect(JSON.parse((refusal as Error).message)).toMatchObject({ code: "bad-value" });
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
