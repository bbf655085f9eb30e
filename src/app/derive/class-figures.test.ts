import { expect, it } from "vitest";
import { classAsk } from "#core/run/class-messages.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { readStrictly } from "#core/schema/strict.ts";
import { openLane, recordedLane, type Lane } from "../stores/runs.ts";
import { EXACT, recordOf } from "../testing/scripted-device.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { figuresOf, runText } from "./class-figures.ts";

const PROMPT = "Zebra crossing";
const TEXTS = ["Quagga", " okapi", " tapir"];

function lane(change: Partial<Lane> = {}): Lane {
  const config = unwrap(parseConfig({ mode: "split", cut: 4, prompt: PROMPT }, "prepare"));
  const tokens = tokensOf(TEXTS.map((text, index) => ({ text, id: 70_001 + index })));
  const record = recordOf(config, tokens);
  return { ...recordedLane("a", record), origin: "live", agreement: EXACT, ...change };
}

it("a run goes to a class as its figures: what the edge takes, and no word, token or id of it", () => {
  const run = figuresOf(lane(), false);
  expect(run).toMatchObject({ mode: "split", cut: 4, tokens: 3, checked: "exact", doubtful: false, rttMs: null });
  const ask = { ask: "share", code: "G8JFX", tab: "0".repeat(32), place: 0, run };
  expect(readStrictly(classAsk, ask, "class")).toEqual({ ok: true, value: ask });
  const sent = JSON.stringify(run);
  for (const private_ of [PROMPT, ...TEXTS, "70001", "concierge"]) expect(sent).not.toContain(private_.trim());
});

it("what is no measured run of this tab is not offered", () => {
  expect(figuresOf(lane({ origin: "recorded" }), false)).toBeNull();
  expect(figuresOf(openLane("b", lane().config, null, null), false)).toBeNull();
  const { record } = lane();
  expect(record && figuresOf(lane({ record: { ...record, resolved: null } }), false)).toBeNull();
  expect(record && figuresOf(lane({ record: recordOf(record.config, []) }), false)).toBeNull();
});

it("says in words each figure that goes, and where times are in doubt", () => {
  const run = figuresOf(lane(), true);
  expect(
    run === null ? "" : runText({ ...run, ttftMs: 629, tpotMs: 30.5, upBytes: 15_900, downBytes: 576, rttMs: 22 }),
  ).toBe(
    "Split, cut 4; 3 tokens; first after 629\u00a0ms; then 30.5\u00a0ms each; 15.9\u00a0kB up; 576\u00a0B down; round trip 22.0\u00a0ms; same tokens as uncut; times in doubt",
  );
});
