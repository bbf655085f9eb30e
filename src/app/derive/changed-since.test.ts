import { expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import { recordedLane } from "../stores/runs.ts";
import { settingsOf } from "../stores/settings.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { changedText } from "./changed-since.ts";

const config = unwrap(parseConfig({ prompt: "x", cut: 4 }));
const settings = settingsOf(config);
const live = { ...recordedLane("a", recordOf(config, tokensOf([{}]))), origin: "live" } as const;

test("figures say of which run they are once what is chosen is something else", () => {
  expect(changedText(live, settings)).toBeNull();
  expect(changedText({ ...live, record: null }, { ...settings, cut: 5 }), "a run under way").toBeNull();
  expect(changedText(live, { ...settings, cut: 5 })).toMatch(/^Of the run of \d\d:\d\d, before the cut changed\.$/);
  expect(changedText({ ...live, origin: "recorded" }, { ...settings, link: "4g", codec: "int8", seed: 7 })).toMatch(
    /^Of the recorded run, before .*codec.* and .+ changed\.$/,
  );
});

test("not where the cut was moved in mid-answer, a race tried another strategy, or the machine is another", () => {
  const moves = [{ after: 2, from: 4, to: 5 }] as never;
  expect(changedText({ ...live, moves }, { ...settings, cut: 5 })).toBeNull();
  expect(changedText({ ...live, race: "race-1" }, { ...settings, mode: "edge-only" })).toBeNull();
  expect(changedText(live, { ...settings, backend: "wasm", threads: 2 })).toBeNull();
});
