/** A step is done by doing it, and by nothing else. */
import { expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { recordedLane } from "../../stores/runs.ts";
import { tokensOf } from "../../testing/sample-tokens.ts";
import { recordOf } from "../../testing/scripted-device.ts";
import { firstSteps } from "./first-steps.ts";

const recorded = recordedLane("k", recordOf(unwrap(parseConfig({ prompt: "A table" })), tokensOf([{ deviceMs: 4 }])));
const live = { ...recorded, origin: "live" as const };
const nothing = { cutMoved: false, lanes: [recorded], race: { state: "idle" as const } };
const done = (happened: Parameters<typeof firstSteps>[0]): readonly boolean[] =>
  firstSteps(happened).map((step) => step.done);

test("a recording and a race's runs are no answer to a request of one's own", () => {
  expect(done(nothing)).toEqual([false, false, false]);
  expect(done({ ...nothing, lanes: [{ ...live, race: "race-1" }] })).toEqual([false, false, false]);
  expect(done({ ...nothing, lanes: [{ ...live, record: null }] })).toEqual([false, false, false]);
});

test("each is done for itself", () => {
  expect(done({ ...nothing, cutMoved: true })).toEqual([true, false, false]);
  expect(done({ ...nothing, lanes: [recorded, live] })).toEqual([false, true, false]);
  expect(done({ ...nothing, race: { state: "stopped" } })).toEqual([false, false, false]);
  expect(done({ ...nothing, race: { state: "over" } })).toEqual([false, false, true]);
});
