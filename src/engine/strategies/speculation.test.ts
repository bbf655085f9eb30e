/** Drafting on the device, verifying at the edge, over tiny models and an edge without a network. */
import { afterEach, describe, expect, test } from "vitest";
import { upCode } from "#core/frames/message-table.ts";
import { FRAME_HEADER_BYTES, offsetOf } from "#core/frames/frame-header.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { RunConfig } from "#core/run/config.ts";
import { unaccountedTokens } from "#core/measure/totals.ts";
import { allPolicies } from "#core/speculation/policies/registry.ts";
import type { RunEvent } from "#core/run/worker-api.ts";
import { Cancellation } from "../cancellation.ts";
import { createEngine, type Engine } from "../engine.ts";
import { imbalances } from "../testing/draft-balance.ts";
import { testConfig, testWorld, type TestWorld } from "../testing/test-world.ts";
import { TINY, tinyModel, type TinyModel } from "../testing/tiny-model.ts";
import { VirtualTime } from "../testing/virtual-time.ts";

const named = (model: TinyModel, name: string): TinyModel => ({
  ...model,
  manifest: { ...model.manifest, name, revision: `${model.manifest.revision.slice(0, 60)}${name}` },
});
/** The target's own first blocks, so that it is often right and often wrong. */
const DRAFT = named(tinyModel({ ...TINY, blocks: 3 }), "tiny-draft");
const EXITED = named(tinyModel(TINY, 1, "F32", [2, 3]), "tiny-exits");
const TWIN = named(tinyModel(), "twin");
const STRANGER = named(tinyModel({ ...TINY, blocks: 1 }, 99), "stranger");
/** Knows neither the tokens that open turns nor the last that the target may say. */
const NARROWER = named(tinyModel({ ...TINY, blocks: 3, vocabulary: 90 }), "narrower");
const WIDER = named(tinyModel({ ...TINY, vocabulary: 101 }), "wider");

class Lab {
  readonly time = new VirtualTime();
  readonly made: TestWorld;
  readonly engine: Engine;

  /** `stopIds` end the target's text, and so do positions beyond its `context`. */
  constructor(stopIds: readonly number[] = [0], context = TINY.context) {
    const model = tinyModel({ ...TINY, context });
    this.made = testWorld({
      clock: this.time,
      timer: this.time,
      model: { ...model, manifest: { ...model.manifest, stopIds } },
      others: [DRAFT, TWIN, STRANGER, WIDER, NARROWER, EXITED],
    });
    this.engine = createEngine(this.made.world);
  }

  run(
    changes: Partial<RunConfig>,
    onEvent: (event: RunEvent) => void = () => undefined,
    signal = new Cancellation(),
  ): Promise<RunRecord> {
    return this.time.through(
      this.engine.run(testConfig({ mode: "speculative", maxTokens: 14, ...changes }), {}, onEvent, signal),
    );
  }

  /** A turn of a conversation, going on from what the caches hold. */
  talk(mode: RunConfig["mode"], messages: NonNullable<RunConfig["messages"]>): Promise<RunRecord> {
    const { prompt: _, ...config } = testConfig({ mode, maxTokens: 8 });
    return this.time.through(this.engine.run({ ...config, messages }, {}, () => undefined, new Cancellation()));
  }

  /** With ids for a prompt. */
  given(changes: Partial<RunConfig> & Pick<RunConfig, "mode" | "promptIds">): Promise<RunRecord> {
    const { prompt: _, ...config } = testConfig(changes);
    return this.time.through(this.engine.run(config, {}, () => undefined, new Cancellation()));
  }

  score(promptIds: readonly number[]): Promise<RunRecord> {
    return this.given({ mode: "score", promptIds });
  }

  get openSessions(): number {
    return this.made.edgeHost.openSessions + this.made.deviceHosts.reduce((sum, host) => sum + host.openSessions, 0);
  }
}

let lab = new Lab();
afterEach(async () => {
  await lab.time.through(lab.engine.release());
  const left = lab.openSessions + lab.made.edge.openSessions;
  lab = new Lab();
  if (left > 0) throw new Error(`left open: ${left}`);
});

const SLOW = { uplinkMbps: 1, downlinkMbps: 2, rttMs: 20, jitterMs: 4, loss: 0 };

test("a policy that learns knows of the runs before, unless a run is to begin afresh", async () => {
  const config = testConfig({
    mode: "speculative",
    draftModel: "twin",
    draftLength: "learner",
    verify: "greedy",
    maxTokens: 20,
    link: SLOW,
  });
  const firstWindow = async (fresh: boolean): Promise<number> => {
    const { rounds } = await lab.time.through(
      lab.engine.run(config, { fresh, check: false }, () => undefined, new Cancellation()),
    );
    return rounds?.find(({ drafted }) => drafted.length > 0)?.drafted.length ?? 0;
  };
  const [first, second, afresh] = [await firstWindow(false), await firstWindow(false), await firstWindow(true)];
  expect(second).toBeGreaterThan(first); // the twin is always right, so longer windows are better
  expect(afresh).toBe(first);
});

describe("the same tokens as edge-only", () => {
  test.each([
    ["greedy", { verify: "greedy", temperature: 0 }],
    ["coupled", { verify: "coupled", temperature: 0.9 }],
    ["coupled under filters", { verify: "coupled", temperature: 1.1, topK: 20, topP: 0.9 }],
    ["leviathan at temperature 0", { verify: "leviathan" }],
    ["leviathan-topk at temperature 0", { verify: "leviathan-topk" }],
    ["split-verification at temperature 0", { verify: "split-verification" }],
  ] as const)("%s, whatever the draft, the length and the windows", async (_, changes) => {
    const expected = await lab.run({ ...changes, mode: "edge-only" });
    for (const [draftModel, draftLength, windows] of [
      ["tiny-draft", 4, 1],
      ["tiny-draft", 2, 3],
      ["twin", 3, 2],
      ["stranger", 1, 1],
      ["lookup", 4, 1],
      ["lookup", 3, 3],
    ] as const) {
      const record = await lab.run({ ...changes, draftModel, draftLength, windows });
      expect({ draftModel, windows, ids: record.tokenIds, finish: record.finish }).toEqual({
        draftModel,
        windows,
        ids: expected.tokenIds,
        finish: expected.finish,
      });
      expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
    }
  });
  test("when every socket drops in the middle of a round, and when the edge forgets the session", async () => {
    for (const windows of [1, 3]) {
      const expected = await lab.run({ mode: "edge-only", temperature: 0.9 });
      const dropped = await lab.run(
        { temperature: 0.9, windows, draftLength: 3, link: SLOW },
        (event) => event.kind === "round" && event.round.index === 2 && lab.made.edge.drop(),
      );
      expect({ windows, ids: dropped.tokenIds }).toEqual({ windows, ids: expected.tokenIds });
      const restarted = await lab.run(
        { temperature: 0.9, windows, draftLength: 3, link: "loopback" },
        (event) => void (event.kind === "round" && event.round.index === 2 && lab.made.edge.restart()),
      );
      expect({ windows, ids: restarted.tokenIds }).toEqual({ windows, ids: expected.tokenIds });
    }
  });
  test("in a conversation that goes on from both caches", async () => {
    const talk = (mode: "speculative" | "edge-only", ...said: readonly string[]) =>
      lab.talk(
        mode,
        said.map((content, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content })),
      );
    await talk("speculative", "hello");
    const again = await talk("speculative", "hello", "x", "more");
    expect(again.resolved?.reusedPositions).toBeGreaterThan(0);
    expect(again.tokenIds).toEqual((await talk("edge-only", "hello", "x", "more")).tokenIds);
  });
});

test.each([
  [1, "f32"],
  [3, "f16"],
  [4, "f32"],
] as const)(
  "drafting through an exit after block %i gives the tokens of split decoding there, in %s",
  async (cut, codec) => {
    for (const changes of [{ temperature: 0 }, { temperature: 0.9, windows: 2 }]) {
      const expected = await lab.run({ ...changes, mode: "split", cut, codec });
      const record = await lab.run({ ...changes, mode: "split-speculative", cut, codec, draftLength: 3 });
      expect({ cut, finish: record.finish, ids: record.tokenIds }).toEqual({
        cut,
        finish: expected.finish,
        ids: expected.tokenIds,
      });
      expect(record.agreement).toEqual(expected.agreement);
      expect(record.totals.speculation?.drafted).toBeGreaterThan(0);
      if (cut === 4) expect(record.totals.speculation).toMatchObject({ acceptance: 1 });
    }
    const restarted = await lab.run(
      { mode: "split-speculative", cut, codec },
      (event) => void (event.kind === "round" && event.round.index === 2 && lab.made.edge.restart()),
    );
    expect(restarted.tokenIds).toEqual((await lab.run({ mode: "split", cut, codec })).tokenIds);
  },
);

test.each([
  [2, 2],
  [4, 3],
] as const)(
  "drafting through a trained exit at or before a cut of %i gives the tokens of split decoding there",
  async (cut, depth) => {
    const read = lab.made.shardsRead;
    const model = "tiny-exits";
    for (const changes of [{ temperature: 0 }, { temperature: 0.9, windows: 3 }]) {
      const expected = await lab.run({ ...changes, mode: "split", cut, model });
      const record = await lab.run({ ...changes, mode: "split-speculative", cut, model, draftLength: 3, link: SLOW });
      expect({ cut, finish: record.finish, ids: record.tokenIds }).toEqual({
        cut,
        finish: expected.finish,
        ids: expected.tokenIds,
      });
      expect(record.resolved?.exit).toEqual({ kind: "trained", depth });
      expect(record.totals.speculation?.drafted).toBeGreaterThan(0);
    }
    const shard = EXITED.manifest.exits?.find((exit) => exit.depth === depth)?.shard.sha256;
    expect(read).toContain(shard);
    const expected = await lab.run({ mode: "split", cut, model });
    for (const harm of [() => lab.made.edge.drop(), () => lab.made.edge.restart()]) {
      const harmed = await lab.run(
        { mode: "split-speculative", cut, model },
        (event) => void (event.kind === "round" && event.round.index === 2 && harm()),
      );
      expect(harmed.tokenIds).toEqual(expected.tokenIds);
    }
  },
);

test("asked for its own exit, or without a trained one before the cut, a model drafts through its own norm and head", async () => {
  const own = await lab.run({ mode: "split-speculative", cut: 3, model: "tiny-exits", exit: "own" });
  expect(own.resolved?.exit).toEqual({ kind: "own", depth: 3 });
  const shallow = await lab.run({ mode: "split-speculative", cut: 1, model: "tiny-exits" });
  expect(shallow.resolved?.exit).toEqual({ kind: "own", depth: 1 });
  expect((await lab.run({ mode: "split", cut: 3, model: "tiny-exits" })).resolved).not.toHaveProperty("exit");
});

describe("what one message to the edge does not hold", () => {
  const heard = (kind: number) =>
    lab.made.edge.heard.filter((frame): frame is Uint8Array => typeof frame !== "string" && frame[0] === kind);
  test("goes up in stretches or is not drafted, and the record says so", async () => {
    for (const [maxMessageBytes, tokens, windows] of [
      [1200, 3, 1],
      [1200, 3, 3],
      [400, 0, 3],
    ] as const) {
      lab.made.edge.maxMessageBytes = 64 << 20;
      const changes = { temperature: 0.9, cut: 2, codec: "f32" } as const; // 256 bytes a position, and 4 of its id
      const expected = await lab.run({ ...changes, mode: "split" });
      await lab.time.through(lab.engine.release());
      lab.made.edge.maxMessageBytes = maxMessageBytes;
      lab.made.edge.heard.length = 0;
      const record = await lab.run({ ...changes, mode: "split-speculative", draftLength: 6, windows, link: SLOW });
      expect({ maxMessageBytes, windows, ids: record.tokenIds, finish: record.finish }).toEqual({
        maxMessageBytes,
        windows,
        ids: expected.tokenIds,
        finish: expected.finish,
      });
      expect(record.resolved?.draftLimit).toEqual({
        tokens,
        why: `one message to this edge server holds ${maxMessageBytes} bytes, and a drafted token takes 256 bytes of f32`,
      });
      expect(Math.max(...(record.rounds ?? []).map(({ drafted }) => drafted.length))).toBe(tokens);
      expect(heard(upCode("activations")).length).toBeGreaterThan(1); // the prompt
      for (const frame of lab.made.edge.heard)
        if (typeof frame !== "string" && frame[0] !== upCode("check"))
          expect(frame.byteLength).toBeLessThanOrEqual(maxMessageBytes);
      const [prompt] = record.rounds ?? [];
      expect(prompt?.upBytes).toBeGreaterThan(
        heard(upCode("activations")).reduce((sum, { byteLength }) => sum + byteLength, 0),
      );
    }
  });
  test("goes up again from the start when the session was lost, and evidence counts too", async () => {
    lab.made.edge.maxMessageBytes = 1200;
    const expected = await lab.run({ mode: "split", cut: 2 });
    const restarted = await lab.run(
      { mode: "split-speculative", cut: 2, windows: 2, link: SLOW },
      (event) => void (event.kind === "round" && event.round.index === 2 && lab.made.edge.restart()),
    );
    expect(restarted.tokenIds).toEqual(expected.tokenIds);
    const full = await lab.run({ mode: "speculative", verify: "leviathan", draftLength: 12 });
    expect(full.resolved?.draftLimit).toEqual({
      tokens: 5,
      why: "one message to this edge server holds 1200 bytes, and a drafted token takes 194 bytes of evidence under leviathan",
    });
    expect(full.finish.kind).toMatch(/eos|length/);
    expect((await lab.run({ mode: "speculative", draftLength: 12 })).resolved).not.toHaveProperty("draftLimit");
  });
});

describe("cooperation", () => {
  test("a bar of 1 asks for every token, and its text is the target's; a bar of 0 never asks, and is the draft's", async () => {
    const expected = await lab.run({ mode: "edge-only" });
    const careful = await lab.run({ mode: "cooperative", threshold: 1 });
    expect(careful.tokenIds).toEqual(expected.tokenIds);
    expect(careful.totals.cooperation).toMatchObject({ touchedShare: 1 });
    const bold = await lab.run({ mode: "cooperative", threshold: 0 });
    const alone = await lab.run({ mode: "device-only", model: "tiny-draft" });
    expect(bold.tokenIds).toEqual(alone.tokenIds);
    expect(bold.totals).toMatchObject({ upBytes: 0, cooperation: { touchedShare: 0 } });
    const { agreement } = bold;
    expect(agreement.kind === "checked" && agreement.differing !== undefined && agreement.differing > 0).toBe(true);
    // The quality paid: read against the target's own text, which a careful run says and a bold one does not.
    const { agreement: own } = expected;
    const ownPerplexity = own.kind === "checked" ? Math.exp((own.nllNats ?? NaN) / own.comparedTokens) : NaN;
    expect(expected.quality).toBeUndefined();
    expect(careful.quality?.agreement).toBe(1);
    expect(careful.quality?.perplexity).toBeCloseTo(ownPerplexity, 4);
    expect(careful.quality?.targetPerplexity).toBeCloseTo(ownPerplexity, 4);
    expect(bold.quality?.targetTokens).toBe(expected.tokenIds.length);
    expect(bold.quality?.targetPerplexity).toBeCloseTo(ownPerplexity, 4);
    const scored = await lab.score([...(bold.resolved?.promptIds ?? []), ...bold.tokenIds]);
    const nll = -(scored.logProbs ?? []).slice(-bold.tokenIds.length).reduce((sum, each) => sum + each, 0);
    expect(bold.quality?.perplexity).toBeCloseTo(Math.exp(nll / bold.tokenIds.length), 4);
    expect(bold.quality?.agreement).toBeLessThan(1);
  });
  test("in between it asks for some, and a dropped socket or a lost session changes nothing", async () => {
    const changes = { mode: "cooperative" as const, threshold: 0.09, maxTokens: 20 };
    const expected = await lab.run(changes);
    const touched = expected.totals.cooperation?.touchedShare ?? 0;
    expect(touched).toBeGreaterThan(0);
    expect(touched).toBeLessThan(1);
    const dropped = await lab.run(
      changes,
      (event) => event.kind === "token" && event.token.index === 4 && lab.made.edge.drop(),
    );
    expect(dropped.tokenIds).toEqual(expected.tokenIds);
    const restarted = await lab.run(
      changes,
      (event) => void (event.kind === "token" && event.token.index === 4 && lab.made.edge.restart()),
    );
    expect(restarted.tokenIds).toEqual(expected.tokenIds);
  });
});

describe("what it records", () => {
  test.each([
    ["a draft that is always right", { draftModel: "twin" }],
    ["leviathan", { temperature: 0.9, verify: "leviathan" }],
    ["split speculation", { mode: "split-speculative", cut: 3, temperature: 0.9 }],
  ] as const)(
    "%s: nothing drafted and nothing said is unaccounted for, wherever the text ends, and nothing is drafted behind its end",
    async (_, changes) => {
      for (const [stopAt, draftLength, windows, maxTokens] of [
        [3, 5, 1, 8],
        [4, 2, 4, 8],
        [null, 24, 1, 1],
        [null, 3, 2, 2],
        [null, 24, 2, 30],
      ] as const) {
        const settings = { ...changes, draftLength, windows, maxTokens, link: SLOW };
        const stopId = stopAt === null ? undefined : (await lab.run(settings)).tokenIds[stopAt];
        const ended = new Lab(stopId === undefined ? [] : [stopId], 22);
        const record = await ended.run(settings);
        await ended.time.through(ended.engine.release());
        const finish =
          stopId !== undefined && record.tokenIds.includes(stopId) ? "eos" : maxTokens === 30 ? "context" : "length";
        expect({ stopAt, windows, finish: record.finish.kind, wrong: imbalances(record) }).toEqual({
          stopAt,
          windows,
          finish,
          wrong: [],
        });
      }
    },
  );
  test("rounds: fates, what they gained, and totals that follow from them", async () => {
    const record = await lab.run({ draftLength: 4, link: SLOW, temperature: 0.9 });
    const rounds = record.rounds ?? [];
    expect(rounds[0]).toMatchObject({ drafted: [], gained: 1 });
    expect(rounds.reduce((sum, { gained }) => sum + gained, 0)).toBe(record.tokenIds.length);
    for (const { drafted, fates, accepted } of rounds) {
      expect(fates.filter((fate) => fate === "accepted").length).toBe(accepted);
      expect(fates.length).toBe(drafted.length);
    }
    for (const token of record.tokens) {
      const round = rounds[token.round ?? -1];
      if (token.fate === "accepted") expect(round?.drafted).toContain(token.id);
    }
    const { speculation } = record.totals;
    expect(speculation?.acceptance).toBeGreaterThan(0.1);
    expect(speculation?.acceptance).toBeLessThan(1);
    expect(speculation?.blockEfficiency).toBeCloseTo(1 / (speculation?.edgePassesPerToken ?? 0), 9);
    expect(unaccountedTokens(record.tokens)).toEqual([]);
  });
  test("time a token is the round's, shared by what it gave, and a good draft saves round trips", async () => {
    const alone = await lab.run({ mode: "split", link: SLOW });
    const drafted = await lab.run({ draftModel: "twin", draftLength: 4, link: SLOW });
    expect(drafted.totals.tpotMs).toBeLessThan((alone.totals.tpotMs ?? 0) / 3);
    expect(drafted.totals.speculation).toMatchObject({ acceptance: 1 });
  });
  test("what is looked up drafts where the text repeats itself, holds no weights, and passes one by one where it does not", async () => {
    const record = await lab.run({ draftModel: "lookup", draftLength: 4, maxTokens: 40 });
    expect(record.totals.speculation?.acceptance).toBeGreaterThan(0); // greedy, it comes to repeat itself
    expect(record.memory?.device).toEqual({ weightBytes: 0, kvBytes: 0 });
    const fresh = await lab.run({ draftModel: "lookup", draftLength: 4, promptIds: [3, 4, 5], maxTokens: 2 });
    expect(fresh.rounds?.[0]?.drafted).toEqual([]);
  });
  test("windows behind one that fell are dropped, cost no pass, and are told", async () => {
    const record = await lab.run({ draftModel: "stranger", draftLength: 2, windows: 3, link: SLOW });
    const dropped = (record.rounds ?? []).filter((round) => round.dropped);
    expect(dropped.length).toBeGreaterThan(2);
    for (const round of dropped) expect(round).toMatchObject({ gained: 0, accepted: 0, edgeMs: 0, follows: true });
    expect(record.totals.speculation?.droppedWindows).toBe(dropped.length);
  });
  test("pipelined windows hide the link behind drafting", async () => {
    const one = await lab.run({ draftModel: "twin", draftLength: 2, windows: 1, link: SLOW });
    const four = await lab.run({ draftModel: "twin", draftLength: 2, windows: 4, link: SLOW });
    expect(four.tokenIds).toEqual(one.tokenIds);
    expect(four.totals.decode.elapsedMs).toBeLessThan(0.7 * one.totals.decode.elapsedMs);
  });
});

describe("bytes", () => {
  const windowsSent = () =>
    lab.made.edge.heard.filter(
      (frame): frame is Uint8Array => typeof frame !== "string" && frame[0] === upCode("verify"),
    );
  test.each([
    ["greedy", 0],
    ["coupled", 0],
    ["split-verification", 2],
    ["leviathan-topk", 48],
    ["leviathan", 194],
  ] as const)("%s: 4 bytes a drafted token and %i of evidence, beside one header", async (verify, evidence) => {
    await lab.run({ verify, draftLength: 5 });
    const later = windowsSent().slice(1);
    expect(later.length).toBeGreaterThan(1);
    for (const frame of later) {
      const drafted = new DataView(frame.buffer, frame.byteOffset).getUint32(offsetOf("first"), true);
      expect(frame.byteLength).toBe(FRAME_HEADER_BYTES + drafted * (4 + evidence));
    }
  });
});

test.each(["coupled", "leviathan", "leviathan-topk", "split-verification"])(
  "a draft that knows fewer tokens than the target drafts under %s",
  async (verify) => {
    const changes = {
      verify,
      draftModel: "narrower",
      promptIds: [96, 95, 20, 30, 40],
      draftLength: 3,
      windows: 2,
    } as const;
    const greedy = await lab.given({ ...changes, mode: "speculative" });
    expect(greedy.tokenIds).toEqual((await lab.given({ ...changes, mode: "edge-only" })).tokenIds);
    const sampled = await lab.given({ ...changes, mode: "speculative", temperature: 1.5 });
    expect(sampled.finish).toEqual({ kind: "length" });
    expect(sampled.totals.speculation?.drafted).toBeGreaterThan(3);
  },
);

describe("sampling in distribution", () => {
  test.each(["leviathan", "leviathan-topk", "split-verification"])(
    "%s: repeats itself, is not held to the reference, and accepts",
    async (verify) => {
      const changes = { verify, temperature: 0.9, draftLength: 4 };
      const [one, two] = [await lab.run(changes), await lab.run(changes)];
      expect(two.tokenIds).toEqual(one.tokenIds);
      expect(one.agreement).toMatchObject({
        kind: "unchecked",
        why: `${verify} is lossless in distribution: its text need not be the reference's`,
      });
      expect(one.totals.speculation?.accepted).toBeGreaterThan(0);
      const piped = await lab.run({ ...changes, windows: 3 });
      expect(piped.finish.kind).toMatch(/length|eos/);
    },
  );
});

describe("what is refused", () => {
  test("a draft that is missing, or has a larger vocabulary", async () => {
    expect((await lab.run({ draftModel: "nobody" })).finish).toMatchObject({
      kind: "failed",
      failure: { code: "unknown-model", model: "nobody" },
    });
    expect((await lab.run({ draftModel: "wider" })).finish).toMatchObject({
      kind: "failed",
      failure: { code: "bad-value", key: "draftModel", value: "wider" },
    });
  });
  test("a socket that drops as the run ends leaves no session at the edge once the engine lets go", async () => {
    await lab.run({});
    lab.made.edge.drop();
    expect(lab.made.edge.openSessions).toBe(1);
    await lab.time.through(lab.engine.release());
    expect(lab.made.edge.openSessions).toBe(0);
  });
  test("a stop in the middle of a round leaves nothing open", async () => {
    const signal = new Cancellation();
    const record = await lab.run(
      { windows: 3, link: SLOW },
      (event) => event.kind === "round" && event.round.index === 1 && signal.abort(),
      signal,
    );
    expect(record.finish).toEqual({ kind: "stopped" });
  });
});

test.each(["3", ...allPolicies().map(({ name }) => name)])("the policy %s drafts", async (name) => {
  const record = await lab.run({ draftLength: name === "3" ? 3 : name, link: SLOW });
  expect(record.totals.speculation?.drafted).toBeGreaterThan(0);
});
