import { expect, test } from "vitest";
import { f16 } from "../codec/floats/f16.ts";
import { UNSHAPED } from "../link/link-model.ts";
import { Failed, unwrap } from "../run/failure.ts";
import { parseConfig } from "../run/config/parse-config.ts";
import { limitsOf, planSentences, recordOfPlan } from "./plan-record.ts";
import { plan, type PlannerInput } from "./planner.ts";

const times = (perBlockMs: number) => ({
  decode: { fixedMs: 0.1, perBlockMs },
  prefill: { fixedMs: 0, perBlockMs: perBlockMs / 10 },
});
const none = { firstMs: 0, stepMs: 0 };
const input: PlannerInput = {
  blocks: 12,
  hidden: 256,
  device: times(1),
  edge: times(0.25),
  link: { ...UNSHAPED, rttMs: 10 },
  realRttMs: 0.5,
  overheads: { cut: none, edge: none, device: none },
  codecs: [f16],
  promptPositions: 20,
  outputTokens: 40,
  blockBytes: 1e6,
  endBytes: 2e6,
  kvBytes: 1024,
  memoryScale: 1,
  heldBlocks: 12,
};

function planned(limits: Readonly<Record<string, string | number>>, changes: Partial<PlannerInput> = {}) {
  const config = unwrap(parseConfig({ mode: "auto", prompt: "x", ...limits }));
  const known = {
    link: input.link,
    realRttMs: 0.5,
    calibration: { device: input.device, edge: input.edge, elapsedMs: 900, warm: false },
  };
  return recordOfPlan(plan({ ...input, ...changes }, limitsOf(config)), config, known);
}

test("without limits an end wins, and it is said that limits would change nothing", () => {
  expect(planned({}).choice.mode).toBe("edge-only");
  expect(planned({}, { device: times(0.1) }).choice.mode).toBe("device-only");
  expect(planSentences(planned({}), 12)).toMatchObject([
    expect.stringContaining("The planner chose edge-only: the least time"),
    expect.stringContaining("Next best: "),
    "Without limits the choice would be the same.",
  ]);
});

test("what binds is named by its key, with what it keeps the planner from", () => {
  const { choice, binding, runnerUp } = planned({ minDeviceBlocks: 4 }, { device: times(2) });
  expect({ cut: choice.cut, mode: choice.mode, binding, next: runnerUp?.cut }).toEqual({
    cut: 4,
    mode: "split",
    binding: ["minDeviceBlocks"],
    next: 5,
  });
  expect(planSentences(planned({ minDeviceBlocks: 4 }, { device: times(2) }), 12)[2]).toBe(
    "Without limits it would be edge-only; what binds is minDeviceBlocks.",
  );
  const memory = planned({ maxDeviceMb: 8.5 }, { device: times(0.1) });
  expect({ cut: memory.choice.cut, binding: memory.binding }).toEqual({ cut: 0, binding: ["maxDeviceMb"] }); // edge-only: a round trip a token costs more than six blocks
});

test("limits that exclude everything are a failure that says how many each excludes", () => {
  let failure: unknown = null;
  try {
    planned({ minDeviceBlocks: 6, maxDeviceMb: 5 });
  } catch (thrown) {
    failure = thrown instanceof Failed ? thrown.failure : thrown;
  }
  expect(failure).toMatchObject({ code: "no-plan", limits: [{ limit: "maxDeviceMb" }, { limit: "minDeviceBlocks" }] });
  expect(parseConfig({ mode: "auto", prompt: "x", objective: "least-edge-compute" })).toMatchObject({
    ok: false,
    failure: { code: "keys-conflict", keys: ["objective", "maxTpotMs"] },
  });
});
