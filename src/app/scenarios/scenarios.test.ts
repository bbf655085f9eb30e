/** Each verdict against records that keep it and that do not. */
import { describe, expect, test } from "vitest";
import { DOWN_ROWS, holdsTokens, UP_ROWS } from "#core/frames/message-table.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { unwrap } from "#core/run/failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { FrameCount } from "#core/run/record/frame-count.ts";
import { fromAddress, toAddress } from "#core/run/config/address.ts";
import { enter, enterFromAddress, leave } from "../control/scenario.ts";
import { MODEL, recordOf } from "../testing/scripted-device.ts";
import { page } from "../testing/scripted-page.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { clinic } from "./clinic.ts";
import { DEADLINE_MS, robot } from "./robot.ts";
import { scenarioNamed, SCENARIOS } from "./table.ts";

const BESIDE = { model: MODEL };
const TOKENS = tokensOf([
  { text: "a", deviceMs: 100 },
  { text: "b", deviceMs: 4, edgeMs: 8, uplinkMs: 10, downlinkMs: 10 },
  { text: "c", deviceMs: 4, edgeMs: 8, uplinkMs: 30, downlinkMs: 30 },
]);

function record(scenario: { readonly settings: object }, change: Partial<RunRecord> = {}, at: object = {}): RunRecord {
  const config = unwrap(parseConfig({ ...scenario.settings, prompt: "x" }));
  const made = recordOf(config, TOKENS, change);
  return { ...made, resolved: made.resolved && { ...made.resolved, tail: scenario === clinic ? 2 : 0, ...at } };
}

const count = (direction: "up" | "down", kind: string, n = 3): FrameCount => ({
  direction,
  kind,
  count: n,
  bytes: 100,
});
const ACTIVATIONS = [count("up", "activations"), count("down", "activations"), count("up", "ping", 1)];

describe("clinic", () => {
  test("is kept where no message held a token, and says where what ran and what that does not protect from", () => {
    const { text, under } = clinic.verdict(record(clinic, { frames: ACTIVATIONS }), BESIDE);
    expect(text).toBe("Nothing readable left this tab: of 7 messages, none held a token.");
    expect(under[0]).toBe(
      "This tab ran embedding, blocks 0 to 3, then blocks 10 to 11, norm and head; the edge server ran blocks 4 to 9.",
    );
    expect(under.join(" ")).toContain("can be inverted");
  });

  test("is not kept by a single message with tokens, whatever the settings say, or one that nobody knows", () => {
    for (const telling of [count("up", "check", 1), count("down", "token", 1), count("up", "0x7f", 1)]) {
      const { text, under } = clinic.verdict(record(clinic, { frames: [...ACTIVATIONS, telling] }), BESIDE);
      expect(text).toBe("Words left this tab: 1 of 8 messages held tokens.");
      expect(under[0]).toContain(telling.kind);
    }
  });

  test("is not kept by a cut before the first block: what crosses then is a table's rows", () => {
    const { text } = clinic.verdict(record(clinic, { frames: ACTIVATIONS }, { cut: 0 }), BESIDE);
    expect(text).toContain("rows of the embedding");
  });

  test("is kept without any message, and not judged where none were counted", () => {
    expect(clinic.verdict(record(clinic, {}, { edge: null, mode: "device-only" }), BESIDE).text).toContain(
      "no message",
    );
    expect(clinic.verdict(record(clinic), BESIDE).text).toContain("does not say");
    expect(clinic.verdict(record(clinic, { tokenIds: [] }), BESIDE).text).toContain("No token came");
  });
});

test("which messages hold tokens", () => {
  const telling = (direction: "up" | "down", rows: readonly { readonly kind: string }[]) =>
    rows.map(({ kind }) => kind).filter((kind) => holdsTokens(direction, kind));
  expect(telling("up", UP_ROWS)).toEqual(["generate", "check", "candidates", "score", "verify"]);
  expect(telling("down", DOWN_ROWS)).toEqual(["token", "log-probs", "verdicts", "candidates", "verified", "round"]);
});

describe("robot", () => {
  test("counts what came late behind the first token, with n, and names the worst", () => {
    const { text, under } = robot.verdict(record(robot), BESIDE);
    expect(text).toBe(`1 of 2 tokens missed ${DEADLINE_MS} ms; the worst took 72.0\u00a0ms.`);
    expect(under[0]).toContain("100\u00a0ms and is not among them");
  });

  test("says what would keep it as modelled, by the planner's arithmetic", () => {
    const { under } = robot.verdict(record(robot), BESIDE);
    // 4 of 12 blocks take 4 ms here and 8 take 8 ms there: the whole model is 12 ms at either end.
    expect(under[1]).toMatch(
      /^Modelled, these would keep it on average: .*Edge only with 12\.0\u00a0ms.*, .*Device only with 12\.0\u00a0ms/,
    );
  });

  test("where nothing keeps it the nearest is named; where nothing can be modelled, that", () => {
    const slow = tokensOf([
      { text: "a", deviceMs: 100 },
      { text: "b", deviceMs: 90, edgeMs: 400 },
      { text: "c", deviceMs: 90, edgeMs: 400 },
    ]);
    expect(robot.verdict(record(robot, { tokens: slow }), BESIDE).under[1]).toMatch(
      /^Modelled, no place .*Device only/,
    );
    const alone = tokensOf([
      { text: "a", deviceMs: 1 },
      { text: "b", deviceMs: 1 },
    ]);
    const onDevice = record(robot, { tokens: alone }, { cut: 12, tail: 0 });
    expect(robot.verdict(onDevice, BESIDE).under[1]).toContain("cannot be modelled");
    expect(robot.verdict(record(robot), { model: null }).under).toHaveLength(1);
    expect(robot.verdict(record(robot, { tokens: [] }), BESIDE).text).toContain("Too few");
  });
});

describe("a scenario", () => {
  test.each(Object.entries(SCENARIOS))("%s is a preset that can be run, and its name an address", (name, scenario) => {
    const config = unwrap(parseConfig({ ...scenario.settings, prompt: scenario.prompt }));
    const address = toAddress(config, { scenario: name });
    expect(unwrap(fromAddress(address))).toMatchObject({ scenario: name, config });
  });

  test("is entered with its request and settings, and left with both as they are", () => {
    const lab = page([]);
    enter(lab, "clinic", clinic);
    expect(lab.stores.settings.getState()).toMatchObject({ mode: "u-split", cut: 4, tail: 2 });
    expect(lab.stores.conversation.getState().draft).toBe(clinic.prompt);
    expect(lab.stores.page.getState()).toMatchObject({ scenario: "clinic", enteredAt: null });
    leave(lab);
    expect(lab.stores.page.getState().scenario).toBeNull();
    expect(lab.stores.settings.getState().mode).toBe("u-split");
  });

  test("in an address brings its preset, unless the address says how somebody changed it", () => {
    const alone = page([]);
    enterFromAddress(alone, "robot", { settings: false, prompt: false });
    expect(alone.stores.settings.getState().link).toBe("4g");
    const changed = page([]);
    enterFromAddress(changed, "robot", { settings: true, prompt: false });
    expect(changed.stores.settings.getState().link).not.toBe("4g");
    expect(changed.stores.conversation.getState().draft).toBe(robot.prompt);
  });

  test("that nobody knows is refused by name", () => {
    const lab = page([]);
    lab.stores.page.setState({ scenario: "constructor" });
    enterFromAddress(lab, "constructor", { settings: false, prompt: false });
    expect(lab.stores.page.getState()).toMatchObject({
      scenario: null,
      failure: { code: "bad-value", key: "scenario", expected: "one of clinic, robot" },
    });
    expect(scenarioNamed("constructor")).toBeNull();
  });
});
