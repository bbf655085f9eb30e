import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { Mode } from "#core/run/config.ts";
import { recordedLane } from "../stores/runs.ts";
import { EXACT, recordOf } from "../testing/scripted-device.ts";
import { page } from "../testing/scripted-page.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { scoredText } from "./scoring.ts";

const config = (mode: Mode, more: object = {}) => unwrap(parseConfig({ mode, prompt: "x", cut: 4, ...more }));
const lane = (mode: Mode, more: object = {}) =>
  recordedLane("k", recordOf(config(mode, more), tokensOf([{ text: "a", deviceMs: 1 }]), { agreement: EXACT }));

describe("what a text's scoring passes on", () => {
  test("is nothing new where the check told the edge the same text", async () => {
    const { scoring } = page(["a"]);
    const text = scoredText(lane("split"), undefined);
    if (text === null) throw new Error("no text");
    expect(await scoring.consentFor(text, { origin: "live", agreement: EXACT })).toBeNull();
    const unchecked = { kind: "unchecked", why: "not asked for" } as const;
    expect(await scoring.consentFor(text, { origin: "live", agreement: unchecked })).toEqual({ kind: "send" });
    expect(await scoring.consentFor(text, { origin: "recorded", agreement: EXACT })).toEqual({ kind: "send" });
  });

  test("never goes to the edge where the strategy keeps it: what this tab would fetch is asked for", async () => {
    const { scoring, scored } = page(["a"]);
    for (const mode of ["u-split", "device-only"] as const) {
      const text = scoredText(lane(mode), undefined);
      if (text === null) throw new Error("no text");
      expect(await scoring.consentFor(text, { origin: "live", agreement: EXACT })).toEqual({
        kind: "fetch",
        bytes: 10,
      });
      const record = lane(mode).record;
      if (record === null) throw new Error("no record");
      expect(unwrap(await scoring.score(record, text, () => undefined)).where).toBe("device");
    }
    expect(scored.map((text) => text.config.mode)).toEqual(["u-split", "device-only"]);
  });

  test("goes to the server of this page, whatever server a recording names", () => {
    const named = lane("split", { edge: "https://elsewhere.test" });
    expect(scoredText(named, undefined)?.config.edge).toBeUndefined();
    expect(scoredText(named, "http://mine.test")?.config.edge).toBe("http://mine.test");
    expect(scoredText({ ...named, origin: "live" }, undefined)?.config.edge).toBe("https://elsewhere.test");
  });
});

test("a run is scored once, and what failed is asked for again", async () => {
  const { scoring, scored } = page(["a"]);
  const { record } = lane("split");
  const text = scoredText(lane("split"), undefined);
  if (record === null || text === null) throw new Error("no text");
  expect(scoring.kept(record)).toBeNull();
  await scoring.score(record, text, () => undefined);
  expect(await scoring.kept(record)).toMatchObject({ ok: true });
  expect(scored).toHaveLength(1);
});

test("there is nothing to score in a run without an answer, or of one that scores", () => {
  expect(scoredText({ origin: "live", record: null }, undefined)).toBeNull();
  expect(scoredText(recordedLane("k", recordOf(config("split"), [])), undefined)).toBeNull();
});
