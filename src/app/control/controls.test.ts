import { describe, expect, test } from "vitest";
import { parseConfig } from "#core/run/config/parse-config.ts";
import { ok, unwrap } from "#core/run/failure.ts";
import { openLane, withEvents } from "../stores/runs.ts";
import { tokensOf } from "../testing/sample-tokens.ts";
import { page } from "../testing/scripted-page.ts";
import { EXACT, MODEL } from "../testing/scripted-device.ts";
import { movedText } from "../derive/move-text.ts";
import { Player } from "./player.ts";
import { schedule } from "./race.ts";

const CONFIG = unwrap(parseConfig({ prompt: "x", cut: 4 }));

describe("moving the cut", () => {
  test("a hand on the cut moves that of the run under way, and what comes of it is said", async () => {
    const { actions, stores, changed } = page(["a", "b"]);
    actions.chooseCut({ mode: "split", cut: 3, tail: 1 });
    expect(changed).toEqual([]); // nothing runs
    const running = actions.ask();
    await Promise.resolve();
    actions.chooseCut({ mode: "split", cut: 5, tail: 1 });
    actions.chooseCut({ mode: "edge-only", cut: 5, tail: 1 });
    await running;
    expect(changed).toEqual([{ kind: "cut", cut: 5 }]);
    const move = {
      after: 2,
      from: 3,
      to: 5,
      why: "asked",
      way: "carry",
      predictedMs: 4,
      otherwiseMs: 9,
      measuredMs: 5,
      atMs: 30,
      positions: 8,
      upBytes: 48,
      downBytes: 4000,
    } as const;
    const lane = openLane("k", unwrap(parseConfig({ prompt: "x" })), null, null);
    const preparing = withEvents(lane, [{ kind: "moving", from: 3, to: 5, phase: "preparing" }]);
    expect(preparing.moving).toMatchObject({ to: 5 });
    expect(withEvents(preparing, [{ kind: "moved", move }])).toMatchObject({ moving: null, moves: [move] });
    expect(
      withEvents(preparing, [{ kind: "notice", failure: { code: "cut-out-of-range", cut: 99, blocks: 12 } }]),
    ).toMatchObject({ moving: null, moves: [] });
    expect(movedText(move)).toContain("After token 2 the cut moved from 3 to 5: keys and values carried");
    expect(stores.settings.getState().mode).toBe("edge-only");
  });
});

describe("asking", () => {
  test("a request becomes a prompt, its answer a turn, its run a lane in focus", async () => {
    const { actions, stores, asked } = page(["<|assistant|>", "Here", " you are."]);
    await actions.ask();
    expect(asked[0]?.config).toMatchObject({ mode: "split", cut: 4, prompt: "Find me a museum." });
    expect(stores.conversation.getState().turns.map(({ role, content }) => [role, content])).toEqual([
      ["user", "Find me a museum."],
      ["assistant", "Here you are."],
    ]);
    const { lanes, focus, liveKey } = stores.runs.getState();
    expect(lanes).toHaveLength(1);
    expect(lanes[0]).toMatchObject({ key: focus, agreement: EXACT });
    expect(lanes[0]?.tokens).toHaveLength(3);
    expect(liveKey).toBeNull();
  });

  test("a tool call waits for a result; the next run carries the whole conversation", async () => {
    const { actions, stores, asked } = page([
      "<|call|>",
      '{"name":"FindAttractions","arguments":{"location":"London"}}',
    ]);
    await actions.ask();
    const { answer } = stores.conversation.getState();
    expect(JSON.parse(answer ?? "")).toMatchObject({ location: "London" });
    await actions.answer('{"attraction_name":"Mine"}', "you");
    expect(asked[1]?.config.prompt).toBeUndefined();
    expect(asked[1]?.config.messages?.map((message) => message.role)).toEqual(["user", "call", "result"]);
  });

  test("a setting that no run can have is refused with its reason, and nothing runs", async () => {
    const { actions, stores, asked } = page(["x"]);
    actions.choose({ temperature: -1 });
    await actions.ask();
    expect(asked).toHaveLength(0);
    expect(stores.page.getState().failure).toMatchObject({ code: "bad-value", key: "temperature" });
  });

  test("breaking it asks for the fault and keeps the sound run beside the broken one", async () => {
    const { actions, stores, asked } = page(["a", "b"]);
    await actions.ask();
    await actions.breakIt("rewind-short");
    expect(asked[1]?.options.sabotage?.kind).toBe("rewind-short");
    expect(stores.runs.getState().shown).toHaveLength(2);
  });
});

describe("one run on the page", () => {
  test("one that a script asked for brings its settings and its request along", async () => {
    const { actions, stores } = page(["a"]);
    await actions.ask();
    await actions.runConfig({ config: { ...CONFIG, mode: "u-split", cut: 2, link: "4g", prompt: "A hotel." } });
    expect(stores.settings.getState()).toMatchObject({ mode: "u-split", cut: 2, link: "4g" });
    expect(stores.conversation.getState()).toMatchObject({ turns: [], draft: "A hotel.", answer: null });
  });

  test("and so does a recorded one, but for its machine", () => {
    const { actions, stores } = page(["a"]);
    const before = stores.settings.getState();
    const messages = [{ role: "user", content: "A hotel." }] as const;
    const { prompt: _, ...silent } = CONFIG;
    const path = [{ to: 2 }, { to: 4, endpoint: "https://elsewhere.test" }];
    actions.follow({
      ...silent,
      messages,
      cut: 7,
      backend: "wasm",
      edge: "https://elsewhere.test/",
      path,
    });
    expect(stores.settings.getState()).toMatchObject({ cut: 7, backend: before.backend });
    expect(stores.settings.getState().edge).toBe(before.edge);
    expect(stores.settings.getState().path).toBe(before.path); // its hops name servers too
    expect(stores.conversation.getState()).toMatchObject({ turns: messages, draft: "" });
  });
});

test("a run of an experiment leaves settings and conversation as they were", async () => {
  const { actions, stores } = page(["a"]);
  const before = { settings: stores.settings.getState(), said: stores.conversation.getState() };
  await actions.runBeside({ config: { ...CONFIG, mode: "u-split", cut: 2, prompt: "A hotel." } });
  expect(stores.settings.getState()).toEqual(before.settings);
  expect(stores.conversation.getState()).toEqual(before.said);
});

describe("a run that failed", () => {
  const gone = { kind: "failed", failure: { code: "edge-gone", url: "u", attempts: 9 } } as const;

  test("leaves the conversation where it was, and Retry answers it", async () => {
    const { actions, stores, asked, device } = page(["Here"]);
    const run = device.run.bind(device);
    device.run = async (...given) => ({ ...(await run(...given)), finish: gone });
    await actions.ask();
    const { turns, unanswered, draft } = stores.conversation.getState();
    expect([turns.map(({ role }) => role), draft]).toEqual([["user"], ""]);
    expect(unanswered).toBe(stores.runs.getState().focus);
    device.run = run;
    await actions.retry();
    expect(asked[1]?.config).toEqual(asked[0]?.config);
    expect(stores.conversation.getState().turns.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(stores.conversation.getState().unanswered).toBeNull();
  });

  test.each([
    ["a call that was cut off", '<|call|>{"name":"FindHot', []],
    ["what waited for its edge server", "Here", [{ after: 1, ms: 900, attempts: 3 }]],
  ])("so does one that was stopped: %s asks for no result and can be tried again", async (_, text, outages) => {
    const { actions, stores, device } = page([text]);
    const run = device.run.bind(device);
    device.run = async (...given) => ({ ...(await run(...given)), finish: { kind: "stopped" }, outages });
    await actions.ask();
    const { turns, unanswered, answer } = stores.conversation.getState();
    expect([turns.length, answer]).toEqual([1, null]);
    expect(unanswered).toBe(stores.runs.getState().focus);
  });

  test("is asked again as the settings now are where nothing new is said", async () => {
    const { actions, stores, asked, device } = page(["Here"]);
    const run = device.run.bind(device);
    device.run = async (...given) => ({ ...(await run(...given)), finish: gone });
    await actions.ask();
    device.run = run;
    stores.settings.setState({ cut: 2 });
    await actions.ask();
    expect(asked[1]?.config).toEqual({ ...asked[0]?.config, cut: 2 });
    expect(stores.conversation.getState().turns.map(({ role }) => role)).toEqual(["user", "assistant"]);
  });

  test("goes on in this tab alone with the same request", async () => {
    const { actions, stores, asked, device } = page(["Here"]);
    const run = device.run.bind(device);
    device.run = async (...given) => ({ ...(await run(...given)), finish: gone });
    await actions.ask();
    device.run = run;
    expect(await actions.canGoOnAlone()).toBe(false); // it lacks 10 bytes
    device.downloadPlan = async () => ok({ neededBytes: 10, heldBytes: 10, missingBytes: 0, missingShards: 0 });
    expect(await actions.canGoOnAlone()).toBe(true);
    await actions.goOnAlone();
    expect(asked[1]?.config).toEqual({ ...asked[0]?.config, mode: "device-only" });
    expect(stores.settings.getState().mode).toBe("device-only");
    expect(await actions.canGoOnAlone()).toBe(false);
  });
});

describe("an edge that asks for a token", () => {
  test("gets it with the next try of what it refused", async () => {
    const { actions, stores, asked } = page(["a"]);
    stores.page.setState({ failure: { code: "access-denied", why: "no token" } });
    await actions.admit("sesame");
    expect(stores.page.getState().failure).toBeNull();
    expect(asked).toHaveLength(0); // a preparation had been refused, and no run was asked for
    await actions.admit("sesame");
    expect(asked[0]).toMatchObject({ config: { prompt: "Find me a museum." }, options: { access: "sesame" } });
    expect(JSON.stringify(stores.runs.getState())).not.toContain("sesame");
  });
});

describe("choosing", () => {
  test("a cut keeps to what the model and the mode allow", () => {
    const { actions, stores } = page([]);
    stores.engine.setState({ models: [MODEL, { ...MODEL, name: "concierge-1m", blocks: 4 }] });
    actions.choose({ cut: 9 });
    actions.choose({ model: "concierge-1m" });
    expect(stores.settings.getState().cut).toBe(3);
    actions.choose({ cut: 4 });
    actions.chooseMode("u-split");
    expect(stores.settings.getState().cut).toBe(2);
    actions.choose({ mode: "split", cut: "50%" });
    expect(stores.settings.getState().cut).toBe("50%");
  });

  test("a custom link starts from the figures of the one before it", () => {
    const { actions, stores } = page([]);
    actions.chooseLink("5g");
    actions.chooseLink("custom");
    expect(stores.settings.getState().link).toMatchObject({ rttMs: 22 });
  });
});

describe("one thing at a time", () => {
  test("runs and preparations take turns on the device", async () => {
    const { actions, overlapped, asked } = page(["a", "b", "c"]);
    await Promise.all([actions.ask(), actions.prepare(), actions.ask()]);
    expect(asked.length).toBeGreaterThan(0);
    expect(overlapped()).toBe(false);
  });
});

describe("the race", () => {
  test("a cut that was left behind at an end of the strip divides nothing: its split divides in half", async () => {
    const { actions, stores, asked } = page(["a"]);
    stores.engine.setState({ models: [MODEL] });
    stores.settings.setState({ mode: "edge-only", cut: 0, model: MODEL.name });
    stores.race.setState({ strategies: ["split", "edge-only"], rounds: 1 });
    await actions.race();
    expect(asked.filter(({ config }) => config.mode === "split").map(({ config }) => config.cut)).toEqual([
      MODEL.blocks / 2,
      MODEL.blocks / 2,
    ]);
  });

  test("interleaves, turning the order each round", () => {
    expect(schedule(["split", "edge-only", "device-only"], 2)).toEqual([
      "split",
      "edge-only",
      "device-only",
      "edge-only",
      "device-only",
      "split",
    ]);
  });

  test("warms up uncounted, checks once per strategy, and shows the median run of each", async () => {
    const { actions, stores, asked } = page(["a", "b", "c", "d", "e"]);
    stores.race.setState({ strategies: ["split", "edge-only"], rounds: 3 });
    await actions.race();
    expect(stores.race.getState().state).toBe("over");
    expect(asked).toHaveLength(8);
    expect(asked.slice(0, 2).map(({ config }) => config.maxTokens)).toEqual([3, 3]);
    expect(asked.filter(({ options }) => options.check === true)).toHaveLength(2);
    expect(stores.runs.getState().lanes, "a warm-up has no lane").toHaveLength(6);
    expect(stores.race.getState().records.get("split")).toHaveLength(3);
    const { shown, lanes, focus } = stores.runs.getState();
    expect(lanes.find((lane) => lane.key === focus)?.config.mode).toBe("split");
    const visible = shown.map((key) => lanes.find((lane) => lane.key === key));
    expect(visible.map((lane) => lane?.config.mode)).toEqual(["split", "edge-only"]);
    // The later rounds gave the very tokens that were checked.
    expect(visible.every((lane) => lane?.agreement.kind === "checked")).toBe(true);
  });

  test("keeps the details of one strategy on screen, and its runs beyond what is kept of others", async () => {
    const { actions, stores } = page(["a", "b", "c"]);
    await actions.ask();
    const modes: string[] = [];
    stores.runs.subscribe(({ lanes, focus }) => modes.push(lanes.find(({ key }) => key === focus)?.config.mode ?? ""));
    stores.race.setState({ strategies: ["edge-only", "device-only"], rounds: 40 });
    await actions.race();
    expect([...new Set(modes)]).toEqual(["split", "edge-only"]);
    expect(stores.runs.getState().lanes.filter((lane) => lane.race !== null)).toHaveLength(80);
  });

  test("stopping it ends it", async () => {
    const { actions, stores } = page(["a", "b", "c", "d"]);
    const racing = actions.race();
    await actions.stop();
    await racing;
    expect(stores.race.getState().state).toBe("stopped");
  });
});

describe("the player", () => {
  test("steps from token to token and leaves every figure alone", async () => {
    const { actions, stores, player } = page(["a", "b", "c"]);
    await actions.ask();
    const before = stores.runs.getState();
    const head = (): number | null => stores.player.getState().playheadMs;
    player.step(1);
    expect(head()).toBe(15);
    player.step(1);
    expect(head()).toBe(30);
    player.step(-1);
    expect(head()).toBe(15);
    player.end();
    expect(head()).toBeNull();
    expect(stores.runs.getState()).toEqual(before);
  });

  test("moves by the frames' own time at the speed asked for, and shows all at the end", async () => {
    const frames: ((nowMs: number) => void)[] = [];
    const { stores, actions } = page(["a", "b"]);
    await actions.ask();
    const player = new Player(stores.player, stores.runs, (callback) => void frames.push(callback));
    const frame = (at: number): void => frames.shift()?.(at);
    player.play(0.1);
    frame(1000);
    frame(1100);
    expect(stores.player.getState().playheadMs).toBeCloseTo(10);
    frame(1500);
    expect(stores.player.getState().playheadMs).toBeNull();
  });
});

test("events that come after the record change nothing that is there", () => {
  const tokens = tokensOf([{ edgeMs: 1 }, { edgeMs: 1 }]);
  const lane = { ...openLane("k", unwrap(parseConfig({ prompt: "x" })), null, null), tokens };
  expect(
    withEvents(
      lane,
      tokens.map((token) => ({ kind: "token" as const, token })),
    ).tokens,
  ).toEqual(tokens);
});

describe("watching a token", () => {
  test("plays its own interval at the speed that is chosen, or one that the eye follows, and then shows all", async () => {
    const frames: ((nowMs: number) => void)[] = [];
    const { stores, actions } = page(["a", "b", "c"]);
    await actions.ask();
    const player = new Player(stores.player, stores.runs, (callback) => void frames.push(callback));
    const at = (nowMs: number): void => frames.splice(0).forEach((callback) => callback(nowMs));
    const tokens = stores.runs.getState().lanes[0]?.tokens ?? [];
    const [from, until] = [tokens[0]?.atMs ?? NaN, tokens[1]?.atMs ?? NaN];
    player.watch(1, 0.1);
    expect(stores.player.getState()).toMatchObject({ scene: "journey", playheadMs: from, untilMs: until, speed: 0.1 });
    at(0);
    at(50);
    expect(stores.player.getState().playheadMs).toBeCloseTo(from + 5, 9);
    player.watch(1, 0);
    expect(stores.player.getState().speed).toBeCloseTo((until - from) / 5500, 9);
    at(0);
    at(6000);
    expect(stores.player.getState()).toMatchObject({ playheadMs: until, playing: false });
    at(6001);
    at(7000);
    expect(stores.player.getState()).toMatchObject({ playheadMs: null, scene: null });
    player.watch(99, 1);
    expect(stores.player.getState().scene).toBeNull();
  });
});
