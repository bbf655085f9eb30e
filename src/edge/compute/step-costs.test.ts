import { expect, test } from "vitest";
import { FAKE_MANIFEST } from "../testing/fake-model.ts";
import { wholeModel } from "#core/model/architecture.ts";
import type { SeatSpec, Stepped, Work } from "./compute.ts";
import { msOf } from "./rates.ts";
import type { Turn } from "./schedule.ts";
import { StepCosts } from "./step-costs.ts";

const SPEC: SeatSpec = {
  model: FAKE_MANIFEST.name,
  segment: wholeModel(FAKE_MANIFEST.architecture),
  codec: "f32",
  sampling: null,
  verify: null,
  draft: null,
  edgeLoad: 1,
  capacity: 8,
  kvCache: true,
};
const decode = (seat: string): Work => ({ seat, step: { kind: "decode", position: 1, id: 1, most: 20 } as never });
const turn = (work: Work): Turn => ({
  job: { id: 1, work, goesOn: false, sinceMs: 0 },
  from: 0,
  to: 1,
  shape: { positions: 1, passes: 1, divisible: false },
});
const stepped = (computed: number, computeMs: number): Stepped => ({
  outcome: null,
  computed,
  computeUs: computeMs * 1000,
  batch: 1,
  held: 0,
});

test("a row of tokens in one call tells what a token takes, alone and beside others", () => {
  const costs = new StepCosts(new Map([[FAKE_MANIFEST.name, FAKE_MANIFEST]]));
  for (const seat of ["a", "b"]) costs.follow({ seat, step: { kind: "open", spec: SPEC } }, { kind: "done" } as never);
  const one = turn({ seat: "a", step: { kind: "ids", position: 0, ids: Uint32Array.of(1), want: "none" } });
  costs.learn([one], [stepped(1, 30)]); // the first of all
  const msOfOne = (): number => msOf(costs.rateOf(decode("a")), 1);
  expect(msOfOne()).toBeCloseTo(30);
  for (let call = 0; call < 2; call++) costs.learn([turn(decode("a"))], [stepped(20, 40)]);
  expect(msOfOne()).toBeCloseTo(2);
  for (let call = 0; call < 9; call++)
    costs.learn([turn(decode("a")), turn(decode("b"))], [stepped(10, 30), stepped(10, 30)]);
  expect(msOf(costs.rateOf(decode("a")), 2)).toBeCloseTo(3);
});
