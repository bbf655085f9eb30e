import { expect, test } from "vitest";
import { createRaceStore, type RaceFacts } from "../stores/race.ts";
import { recordedLane } from "../stores/runs.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { unwrap } from "#core/run/failure.ts";
import { recordOf } from "../testing/scripted-device.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { medianRun, racedText, raceRows, raceVerdict, ratioText } from "./race-verdict.ts";

const run = (laneKey: string, edgeMs: number) => ({
  ...recordOf(unwrap(parseConfig({ prompt: "x" })), tokensOf([{ edgeMs: 50 }, { edgeMs }, { edgeMs }])),
  laneKey,
});
const race: RaceFacts = {
  ...createRaceStore().getState(),
  state: "over",
  records: new Map([["split", [run("a", 9), run("b", 3), run("c", 5)]]]),
};

test("the median run is the one whose figures the table has", () => {
  const runs = race.records.get("split") ?? [];
  const median = medianRun(runs);
  expect(median?.laneKey).toBe("c");
  expect(raceRows(race)).toMatchObject([{ mode: "split", n: 3, tpotMs: median === null ? null : tpotOf(median) }]);
  expect(medianRun(runs.slice(0, 2))?.laneKey, "of two the faster").toBe("b");
  expect(medianRun([])).toBeNull();
});

test("the table says why the headline has another ratio", () => {
  const against = (...others: number[]) =>
    ratioText({
      ...race,
      strategies: ["split", "edge-only"],
      records: new Map(race.records).set(
        "edge-only",
        others.map((ms, at) => run(`o${at}`, ms)),
      ),
    });
  expect(against(3, 1, 1)).toMatch(/theirs differ by 5\.00 times/); // within the rounds 3, 3 and 5
  expect(against(1, 1, 1), "both 5").toBeNull();
  expect(ratioText(race), "nothing to compare").toBeNull();
});

test("a race that its edge server left for a while says so", () => {
  const [first = run("a", 9), ...others] = race.records.get("split") ?? [];
  const away = { ...first, outages: [{ after: 1, ms: 900, attempts: 3 }] };
  const records = new Map(race.records).set("split", [away, ...others]).set("edge-only", [run("e", 1), run("f", 1)]);
  const { under } = raceVerdict({ ...race, strategies: ["split", "edge-only"], records }) ?? { under: [] };
  expect(under.join(" ")).toContain("Note: the edge server was away for a while in Split");
});

test("a lane says which of a race's runs it is", () => {
  const lane = recordedLane("c", run("c", 5));
  expect(racedText(race, lane)).toBe("run 3 of 3, the median");
  expect(racedText(race, { ...lane, key: "elsewhere" })).toBeNull();
  expect(racedText({ ...race, state: "running", rounds: 5 }, { ...lane, record: null })).toBe("run 4 of 5");
});

test("every strategy has its row while a race is on, afterwards those that ran", () => {
  expect(raceRows({ ...race, state: "warming", records: new Map() })).toHaveLength(race.strategies.length);
  expect(raceRows({ ...race, state: "stopped", records: new Map() })).toEqual([]);
});
