/** What happened in a newcomer's words, and the one number with how it is known. */
import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { Mode } from "#core/run/config.ts";
import { recordedLane, type Lane } from "../../stores/runs.ts";
import { settingsOf } from "../../stores/settings.ts";
import { tokensOf } from "../../testing/sample-tokens.ts";
import { MODEL, recordOf } from "../../testing/scripted-device.ts";
import { spentOf, tierShares } from "../figures.ts";
import { axisLength } from "../lane-text.ts";
import { waitedAtEnd } from "../outage-text.ts";
import { answerOf, recordingText } from "./answer-text.ts";
import { barFigures, barTitle } from "./came-text.ts";
import { eachToken } from "./each-token.ts";

const tokens = tokensOf([
  { deviceMs: 30, edgeMs: 40, otherMs: 50 },
  { deviceMs: 4, uplinkMs: 60, edgeMs: 8, downlinkMs: 60 },
  { deviceMs: 4, uplinkMs: 80, edgeMs: 8, downlinkMs: 60 },
]);
const config = unwrap(parseConfig({ prompt: "A table", cut: 6, codec: "f32", link: "5g" }));
const laneOf = (change: Partial<Lane> = {}, mode: Mode = "split"): Lane => ({
  ...recordedLane("k", recordOf({ ...config, mode }, tokens)),
  origin: "live",
  ...change,
});

describe("the answer", () => {
  test("says how long it took and what most of that was", () => {
    expect(answerOf(laneOf()).text).toBe("The answer took 404\u00a0ms. Most of it, 64%, was waiting for the network.");
    const [first] = tokens;
    const alone = first === undefined ? [] : [first];
    expect(answerOf(laneOf({ tokens: alone })).text).toBe(
      "The answer took 120\u00a0ms. The largest part, 42%, was getting the model ready.",
    );
  });

  test("says nothing of a network that it did not use", () => {
    expect(answerOf(laneOf({ resolved: null }, "device-only")).text).toContain("Nothing crossed the network.");
  });

  test("while it comes says what is known so far", () => {
    expect(answerOf(laneOf({ record: null, tokens: [] })).text).toBe("Getting ready for the first word.");
    expect(answerOf(laneOf({ record: null })).text).toBe("The answer is coming, a token every 142\u00a0ms.");
  });

  test("its time is all there", () => {
    const sum = spentOf(tokens).reduce((total, { ms }) => total + ms, 0);
    expect(sum).toBeCloseTo(tokens.at(-1)?.atMs ?? 0);
    expect(spentOf(tokens).find(({ where }) => where === "ready")?.ms).toBe(50);
  });

  test("an outage is a part of its own, of the same total as the rest, also where it was the end", () => {
    const cut = tokensOf([{ edgeMs: 100 }, { edgeMs: 100, outageMs: 600 }]);
    const away = [{ after: 1, ms: 600, attempts: 3 }];
    const back = laneOf({ tokens: cut, record: recordOf(config, cut, { outages: away }) });
    expect(answerOf(back).text).toBe(
      "The answer took 800\u00a0ms. Most of it, 75%, was waiting for the server to come back.",
    );
    const finish = { kind: "stopped" } as const;
    const outages = [...away, { after: 2, ms: 1200, attempts: 4 }];
    const left = laneOf({ tokens: cut, record: recordOf(config, cut, { outages, finish }) });
    expect(answerOf(left).text).toBe(
      "Stopped after 2.00\u00a0s. Most of it, 90%, was waiting for the server to come back.",
    );
    const spent = spentOf(left.tokens, waitedAtEnd(left));
    expect(spent.find(({ where }) => where === "away")?.ms).toBe(1800);
    expect(spent.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(axisLength([left])).toBeGreaterThanOrEqual(2000);
    expect(tierShares(cut).edge, "of what the tiers took").toBe(1);
  });

  test("a recording says its day and how slowly it is shown", () => {
    const still = { playing: true, untilMs: 100, playheadMs: 5 };
    const lane = laneOf({ origin: "recorded" });
    expect(recordingText(lane, { ...still, scene: "journey", speed: 1 / 115 })).toMatch(
      /^A recording from .+, slowed down 115 times so that you can follow one word\.$/,
    );
    expect(recordingText(lane, { ...still, scene: "true-speed", speed: 1 })).toMatch(/at its own speed\.$/);
  });
});

test("a bar says whose time it is, and over which network where that is not the page's", () => {
  const resolved = laneOf().resolved;
  expect(barTitle(laneOf())).toBe(`Split, cut after ${resolved?.cut} of ${resolved?.blocks} blocks`);
  expect(barTitle(laneOf({ origin: "recorded" }))).toContain(", over 5G");
  expect(barTitle(laneOf({ resolved: null }, "device-only"))).toBe("Device only");
  expect(barFigures(laneOf())).toBe("142\u00a0ms a token, 404\u00a0ms in all");
  expect(barFigures(laneOf({ tokens: [] }))).toBe("");
});

describe("the one number", () => {
  const settings = settingsOf(config);
  const known = { lanes: [laneOf()], focus: laneOf(), model: MODEL };

  test("is measured where the run on screen is of these settings", () => {
    expect(eachToken({ ...known, settings })).toEqual({ ms: 142, how: "measured" });
    expect(eachToken({ ...known, focus: laneOf({ origin: "recorded" }), settings })?.how).toContain("recorded");
  });

  test("is not another strategy's of the same race", () => {
    const raced = laneOf({ race: "race-1" });
    expect(
      eachToken({ ...known, lanes: [raced], focus: raced, settings: { ...settings, mode: "device-only" } }),
    ).toBeNull();
    expect(eachToken({ ...known, lanes: [raced], focus: raced, settings })?.how).toBe("measured");
  });

  test("is modelled over another network, and not at all over a trace", () => {
    expect(eachToken({ ...known, settings: { ...settings, link: "satellite" } })?.how).toContain("modelled");
    expect(eachToken({ ...known, settings: { ...settings, link: "trace:synthetic-day" } })).toBeNull();
    expect(eachToken({ ...known, lanes: [], focus: null, settings })).toBeNull();
  });

  test("of what is not cut is that of an earlier run of its kind", () => {
    const whole = { ...settings, mode: "device-only" as const };
    expect(eachToken({ ...known, settings: whole })).toBeNull();
    const lanes = [laneOf(), laneOf({ key: "d" }, "device-only")];
    expect(eachToken({ ...known, lanes, settings: whole })).toEqual({ ms: 142, how: "measured in an earlier run" });
    const recorded = lanes.map((lane) => ({ ...lane, origin: "recorded" as const }));
    expect(eachToken({ ...known, lanes: recorded, settings: whole })?.how).toBe("measured in a recorded run");
    const elsewhere = { ...settings, link: "satellite" };
    expect(eachToken({ ...known, lanes: recorded, settings: elsewhere })?.how).toBe("modelled from recorded runs");
  });
});
