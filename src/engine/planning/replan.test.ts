import { expect, test } from "vitest";
import { f32 } from "#core/codec/floats/f32.ts";
import { UNSHAPED } from "#core/link/link-model.ts";
import { limitsOf, recordOfPlan, revisionText, type PlanRecord } from "#core/plan/plan-record.ts";
import { plan, type PlannerInput } from "#core/plan/planner.ts";
import { unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { TokenEvent } from "#core/run/record.ts";
import { Replanner } from "./replan.ts";

const times = (perBlockMs: number) => ({
  decode: { fixedMs: 0, perBlockMs },
  prefill: { fixedMs: 0, perBlockMs: perBlockMs / 10 },
});
const none = { firstMs: 0, stepMs: 0 };
const input: PlannerInput = {
  blocks: 12,
  hidden: 256,
  device: times(3),
  edge: times(1),
  link: { ...UNSHAPED, rttMs: 5 },
  realRttMs: 0,
  overheads: { cut: none, edge: none, device: none },
  codecs: [f32],
  promptPositions: 20,
  outputTokens: 60,
  blockBytes: 1e6,
  endBytes: 1e6,
  kvBytes: 1024,
  memoryScale: 1,
  heldBlocks: 12,
};
/** The device is slower, so least edge compute goes as deep as the time allows: 12 + 2k + RTT <= 40. */
const config = unwrap(
  parseConfig({
    mode: "auto",
    prompt: "x",
    codec: "f32",
    objective: "least-edge-compute",
    maxTpotMs: 40,
    maxDeviceMb: 10.9,
  }),
);
const limits = limitsOf(config);
const token = (linkMs: number): TokenEvent => ({ linkMs, upBytes: 1048, downBytes: 28 }) as TokenEvent;

function replanner(mode: "split" | "device-only" | "edge-only" = "split") {
  const planned = recordOfPlan(plan(input, limits), config, {
    link: input.link,
    realRttMs: 0,
    calibration: { device: input.device, edge: input.edge, elapsedMs: 1, warm: false },
  });
  const record = { ...planned, choice: { ...planned.choice, mode } };
  const moves: number[] = [];
  const plans: PlanRecord[] = [];
  let cut = record.choice.cut;
  const move = (to: number): void => {
    cut = to;
    moves.push(to);
  };
  return {
    first: cut,
    moves,
    plans,
    replanner: new Replanner({
      record,
      input,
      limits,
      cut: () => cut,
      move,
      onPlan: (made) => plans.push(made),
    }),
  };
}

test("round trips as expected change nothing; a drift moves the cut to where the time per token holds", () => {
  const { first, moves, plans, replanner: again } = replanner();
  expect(first).toBe(9); // memory for nine: 12 + 18 + 5 is within 40
  const steady = Array.from({ length: 8 }, () => token(5.2));
  again.behindToken(steady, 28, 50);
  expect(plans).toEqual([]);
  const drifted = [...steady, ...Array.from({ length: 4 }, () => token(20))];
  again.behindToken(drifted, 32, 46);
  expect(moves).toEqual([4]); // 12 + 8 + 20
  expect(plans.at(-1)?.revisions).toMatchObject([
    { after: 12, why: "the round trip drifted", choice: { mode: "split", cut: 4 } },
  ]);
  again.behindToken(drifted, 32, 46);
  expect(moves).toEqual([4]); // what was seen already is not seen again
});

test.each(["device-only", "edge-only"] as const)("%s pays no round trip a token that could drift", (mode) => {
  const { plans, replanner: again } = replanner(mode);
  again.behindToken(
    Array.from({ length: 12 }, () => token(0)),
    28,
    50,
  );
  expect(plans).toEqual([]);
});

test("the words of a revision name a round trip where one is paid", () => {
  const revision = { after: 6, rttMs: 20, tpotMs: 31 } as const;
  const choice = { mode: "split", cut: 4, codec: "f16" } as const;
  expect(revisionText({ ...revision, why: "the round trip drifted", choice }, 12)).toBe(
    "After token 6 the round trip drifted: a cut after 4 of 12 blocks with f16 over a round trip of 20.0 ms, modelled 31.0 ms a token.",
  );
  expect(
    revisionText({ ...revision, why: "the link was changed", choice: { ...choice, mode: "device-only" } }, 12),
  ).toBe("After token 6 the link was changed: device-only, modelled 31.0 ms a token.");
});

test("a link that was changed is planned for at once, and back again", () => {
  const { moves, replanner: again } = replanner();
  const setting = (rttMs: number) => ({ name: "custom", figures: { ...UNSHAPED, rttMs }, trace: null, seed: 1 });
  again.linkChanged(setting(25), 10, 30, 40);
  again.linkChanged(setting(5), 12, 32, 38);
  expect(moves).toEqual([1, 9]);
});
