import { describe, expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { Agreement } from "#core/run/record.ts";
import { recordedLane } from "../stores/runs.ts";
import { settingsOf } from "../stores/settings.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { MODEL, recordOf } from "../testing/scripted-device.ts";
import { badgeOf, bytesBeside, tierShares, typicalToken, wrongFrom } from "./figures.ts";
import { comparable, cutDots, forecastHere, modelled } from "./forecast.ts";
import { crossing, gapRem, roundTrip, samePlace } from "./link-facts.ts";
import { verdictOf } from "./verdict-line.ts";

const config = unwrap(parseConfig({ prompt: "Bücher", cut: 4, codec: "f32", link: "5g" }));
const tokens = tokensOf([
  { deviceMs: 30, edgeMs: 40, upBytes: 9000, downBytes: 28 },
  { deviceMs: 4, uplinkMs: 10, edgeMs: 8, downlinkMs: 8, upBytes: 1048, downBytes: 28, text: "é" },
  { deviceMs: 4, uplinkMs: 30, edgeMs: 8, downlinkMs: 8, upBytes: 1048, downBytes: 28, text: "ab" },
  { deviceMs: 4, uplinkMs: 14, edgeMs: 8, downlinkMs: 8, upBytes: 1048, downBytes: 28, text: "abc" },
]);
const checked = (change: Partial<Extract<Agreement, { kind: "checked" }>>): Agreement => ({
  kind: "checked",
  reference: "the unsplit graph",
  exact: false,
  comparedTokens: 4,
  nearTies: 0,
  smallestMargin: 1,
  firstDifference: null,
  ...change,
});
const lane = (agreement: Agreement, text = config) => recordedLane("k", recordOf(text, tokens, { agreement }));

describe("a run in figures", () => {
  test("the typical token is the one with the median interval", () => {
    expect(typicalToken(tokens)?.index).toBe(3);
    expect(typicalToken([])).toBeNull();
  });

  test("shares of time are those of the decode steps, and sum to one", () => {
    const { tab, link, edge, other } = tierShares(tokens);
    expect(tab + link + edge + other).toBeCloseTo(1);
    expect(link).toBeCloseTo(78 / 114);
  });

  test("bytes stand beside what plain text would cost, in UTF-8", () => {
    expect(bytesBeside(lane(checked({})))).toEqual({ upPerToken: 1048, downPerToken: 28, textUp: 7, textDown: 7 / 3 });
  });
});

describe("agreement", () => {
  test("says unchecked, exact, near ties or where it differs", () => {
    expect(badgeOf({ kind: "unchecked", why: "" }).state).toBe("unchecked");
    expect(badgeOf(checked({ exact: true })).state).toBe("exact");
    expect(
      badgeOf(checked({ nearTies: 1, firstDifference: { index: 2, got: 1, expected: 2, margin: 5e-5 } })).state,
    ).toBe("near");
    const wrong = checked({ firstDifference: { index: 2, got: 1, expected: 2, margin: 0.5 } });
    expect(badgeOf(wrong)).toMatchObject({ state: "wrong", label: "Differs at token 3" });
    expect(
      badgeOf(
        checked({ comparedTokens: 8, differing: 2, firstDifference: { index: 2, got: 1, expected: 2, margin: 0.5 } }),
        "cooperative",
      ),
    ).toMatchObject({ state: "lossy", label: "Lossy: 75% the uncut model\u2019s tokens" });
    expect(wrongFrom(wrong, "cooperative")).toBe(Infinity);
    expect(wrongFrom(wrong)).toBe(2);
    expect(wrongFrom(checked({ exact: true }))).toBe(Number.POSITIVE_INFINITY);
  });

  test("a wrong token takes the verdict over", () => {
    const wrong = verdictOf(lane(checked({ firstDifference: { index: 2, got: 1, expected: 2, margin: 0.5 } })));
    expect(wrong.wrong).toBe(true);
    expect(wrong.text).toContain("token 3");
    expect(verdictOf(lane(checked({ exact: true }))).text).toMatch(/cut at 4 of 12\. The link takes 68% of it/);
  });
});

describe("the cut's outlook", () => {
  const records = comparable([lane(checked({ exact: true }))], settingsOf(config));

  test("a dot for each cut that was run, a modelled figure for every other", () => {
    expect(cutDots(records, "split").map(({ cut, runs, tpotMs, steps }) => [cut, runs, tpotMs, steps.median])).toEqual([
      [4, 1, 38, 34],
    ]);
    const points = modelled(records, settingsOf(config), MODEL);
    expect(points).toHaveLength(13);
    expect(forecastHere(points, { ...settingsOf(config), cut: 7 }, 12)?.tpotMs).toBeGreaterThan(0);
    expect(forecastHere(points, { ...settingsOf(config), mode: "edge-only" }, 12)).toBeNull();
  });

  test("runs over another link or with another codec do not stand beside it", () => {
    expect(comparable([lane(checked({}))], { ...settingsOf(config), link: "loopback" })).toEqual([]);
    expect(comparable([lane(checked({}))], { ...settingsOf(config), codec: "int8" })).toEqual([]);
  });
});

describe("the link", () => {
  test("what is real and what is added are told apart", () => {
    const trip = roundTrip("5g", lane(checked({})));
    expect(trip.measuredMs).toBe(0.5);
    expect((trip.measuredMs ?? 0) + (trip.addedMs ?? 0)).toBeCloseTo(trip.totalMs ?? 0);
    const quicker = tokens.map((token) => ({ ...token, linkMs: 5, addedMs: 4.75 }));
    const held = roundTrip("5g", { ...lane(checked({})), tokens: quicker });
    expect(held.measuredMs, "a ping that a busy thread held up is not believed").toBe(0.25);
    expect(roundTrip("loopback", null)).toMatchObject({ measuredMs: null, addedMs: null, totalMs: null });
  });

  test("the gap widens with the round trip and stays on the screen", () => {
    const widths = [0, 1, 5, 20, 60, 600].map(gapRem);
    expect(widths).toEqual(widths.toSorted((a, b) => a - b));
    expect(widths.at(-1)).toBeLessThan(20);
  });

  test("bytes at the cut are measured where a run was, else what codec and header come to", () => {
    expect(crossing(settingsOf(config), MODEL, lane(checked({})))).toEqual({ up: 1048, down: 28 });
    expect(crossing({ ...settingsOf(config), cut: 9, codec: "f16" }, MODEL, null)?.up).toBe(28 + 512);
    expect(crossing({ ...settingsOf(config), mode: "device-only" }, MODEL, null)).toBeNull();
    for (const mode of ["edge-only", "speculative", "colocated", "cooperative"] as const)
      expect(crossing({ ...settingsOf(config), mode }, MODEL, null)).toBeNull(); // no activation crosses
  });

  test("a run's figures stand on the strip where it was cut at the same place", () => {
    for (const mode of ["split", "u-split", "split-speculative"] as const) {
      const ran = recordedLane("k", recordOf({ ...config, mode }, tokens));
      expect(samePlace(ran, { ...settingsOf(config), mode })).toBe(true);
      expect(samePlace(ran, { ...settingsOf(config), mode, cut: 5 })).toBe(false);
    }
    const whole = recordedLane("k", recordOf({ ...config, mode: "edge-only" }, tokens));
    expect(samePlace(whole, { ...settingsOf(config), mode: "edge-only", cut: 5 })).toBe(true);
  });
});
