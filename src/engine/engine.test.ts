/** Runs from config to record, over a tiny model and an edge without a network. */
import { afterEach, expect, test } from "vitest";
import { BUILD } from "#core/run/build.ts";
import { holdsTokens, upCode } from "#core/frames/message-table.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { RunConfig } from "#core/run/config.ts";
import { tpotOf } from "#core/plan/measured/bottleneck.ts";
import { readRunRecord } from "#core/run/record/read-record.ts";
import { unaccountedTokens } from "#core/measure/totals.ts";
import type { RunEvent, RunOptions } from "#core/run/worker-api.ts";
import { Cancellation } from "./cancellation.ts";
import { BACK_OFF } from "./link/back-off.ts";
import { createEngine, type Engine } from "./engine.ts";
import { testConfig, testWorld, type TestWorld } from "./testing/test-world.ts";
import { VirtualTime } from "./testing/virtual-time.ts";

type Changes = Partial<RunConfig> & Pick<RunConfig, "mode">;

class Lab {
  readonly time = new VirtualTime();
  readonly made: TestWorld = testWorld({ clock: this.time, timer: this.time });
  readonly engine: Engine = createEngine(this.made.world);
  events: RunEvent[] = [];

  run(
    changes: Changes,
    options: RunOptions = {},
    onEvent: (event: RunEvent) => void = () => undefined,
    signal = new Cancellation(),
  ): Promise<RunRecord> {
    this.events = [];
    const heard = (event: RunEvent): void => {
      this.events.push(event);
      onEvent(event);
    };
    return this.time.through(this.engine.run(testConfig(changes), options, heard, signal));
  }

  get openSessions(): number {
    return this.made.edgeHost.openSessions + this.made.deviceHosts.reduce((sum, host) => sum + host.openSessions, 0);
  }
}

let lab = new Lab();
afterEach(async () => {
  await lab.time.through(lab.engine.release());
  const left = { sessions: lab.openSessions, seats: lab.made.edge.openSessions };
  lab = new Lab();
  if (left.sessions + left.seats > 0) throw new Error(`left open: ${JSON.stringify(left)}`);
});

const EDGE_MODES = ["edge-only", "split", "u-split"] as const;

test.each([0, 0.9])("every strategy at every cut gives the same tokens, temperature %d", async (temperature) => {
  const expected = await lab.run({ mode: "edge-only", temperature });
  expect(expected.finish.kind).toMatch(/length|eos/);
  expect(expected.tokenIds.length).toBeGreaterThan(4);
  const others: Changes[] = [
    { mode: "device-only" },
    ...[0, 1, 3, 4].map((cut): Changes => ({ mode: "split", cut })),
    ...[0, 1, 2].map((cut): Changes => ({ mode: "u-split", cut })),
    { mode: "u-split", cut: 1, tail: 2 },
  ];
  for (const other of others) {
    const record = await lab.run({ ...other, temperature });
    expect({ ...other, ids: record.tokenIds }).toEqual({ ...other, ids: expected.tokenIds });
    expect({ ...other, ...record.agreement }).toMatchObject({
      ...other,
      kind: "checked",
      exact: true,
      comparedTokens: expected.tokenIds.length,
    });
  }
});

test("a model drafts for itself, and all that it drafts stands", async () => {
  const expected = await lab.run({ mode: "edge-only" });
  for (const mode of ["speculative", "cooperative"] as const) {
    const record = await lab.run({ mode, draftModel: "tiny", threshold: 0 });
    expect(record.finish).toEqual(expected.finish);
    expect(record.tokenIds).toEqual(expected.tokenIds);
    for (const round of record.rounds ?? []) expect(round.accepted).toBe(round.drafted.length);
  }
});

test.each(EDGE_MODES)(
  "without a KV cache %s gives the same tokens, and its bytes grow with the context",
  async (mode) => {
    const cached = await lab.run({ mode });
    const bare = await lab.run({ mode, kvCache: false });
    expect(bare.tokenIds).toEqual(cached.tokenIds);
    const decode = (record: RunRecord): readonly number[] => record.tokens.slice(1).map(({ upBytes }) => upBytes);
    expect(new Set(decode(cached)).size).toBe(1);
    const grown = decode(bare);
    expect(grown).toEqual(grown.toSorted((a, b) => a - b));
    expect(grown.at(-1)).toBeGreaterThan(grown[0] ?? Infinity);
    expect(bare.tokens.map(({ positions }) => positions)).toEqual(bare.tokens.map((_, index) => 13 + index));
  },
);

test.each(["device-only", ...EDGE_MODES] as const)("%s accounts for every token's interval", async (mode) => {
  const record = await lab.run({ mode, link: { uplinkMbps: 1, downlinkMbps: 2, rttMs: 20, jitterMs: 4, loss: 0 } });
  expect(unaccountedTokens(record.tokens)).toEqual([]);
  for (const token of record.tokens) expect(token.otherMs).toBeGreaterThan(-1e-6);
});

test.each(EDGE_MODES)("%s reports what the shaper added, exactly", async (mode) => {
  const record = await lab.run({ mode, link: { uplinkMbps: 1, downlinkMbps: 2, rttMs: 20, jitterMs: 4, loss: 0 } });
  expect(record.resolved?.link).toMatchObject({ name: "custom", met: true, realRttMs: 0 });
  const crossed = mode === "edge-only" ? record.tokens.slice(0, 1) : record.tokens; // later tokens of a stream overlap
  for (const { linkMs, addedMs } of crossed) {
    expect(addedMs).toBeGreaterThan(16);
    expect(linkMs).toBeCloseTo(addedMs, 6); // this edge has no distance of its own
  }
});

test.each(["device-only", ...EDGE_MODES] as const)(
  "a conversation's second turn computes only what is new, %s",
  async (mode) => {
    const reply = { role: "assistant", content: "x" } as const;
    const messages = [{ role: "user", content: "hello there" }, reply, { role: "user", content: "and now" }] as const;
    const first = await lab.run({ mode, prompt: "hello there" });
    const second = await lab.run({ mode, messages });
    expect([first.resolved?.reusedPositions, second.resolved?.reusedPositions]).toEqual([0, 12]);
    expect(second.tokens[0]?.positions).toBe((second.resolved?.promptIds.length ?? 0) - 12);
    const whole = await lab.run({ mode, messages }, { fresh: true });
    expect(whole.resolved?.reusedPositions).toBe(0);
    expect(whole.tokenIds).toEqual(second.tokenIds);
    expect(second.tokens[0]?.upBytes).toBeLessThanOrEqual(whole.tokens[0]?.upBytes ?? 0);
  },
);

test("a session that was lost between two turns costs the caches, not the turn", async () => {
  const messages = [
    { role: "user", content: "hello there" },
    { role: "assistant", content: "x" },
    { role: "user", content: "and now" },
  ] as const;
  for (const mode of EDGE_MODES) {
    await lab.run({ mode, prompt: "hello there" });
    await lab.made.edge.restart();
    const record = await lab.run({ mode, messages });
    expect({ mode, reused: record.resolved?.reusedPositions, ...record.agreement }).toMatchObject({
      mode,
      reused: 0,
      exact: true,
    });
  }
});

test("an edge that forgets its sessions loses and doubles no token", async () => {
  for (const mode of EDGE_MODES) {
    const expected = await lab.run({ mode });
    let restarts = 0;
    const record = await lab.run({ mode }, {}, (event) => {
      if (event.kind === "token" && (event.token.index === 2 || event.token.index === 5)) {
        restarts++;
        void lab.made.edge.restart();
      }
    });
    expect({ mode, restarts, ids: record.tokenIds }).toEqual({ mode, restarts: 2, ids: expected.tokenIds });
    expect(record.agreement).toMatchObject({ exact: true });
    const states = lab.events.flatMap((event) => (event.kind === "link" ? [event.state] : []));
    expect(states).toContain("replaying");
  }
});

test("a dropped socket is resumed, and nothing is computed again", async () => {
  for (const mode of EDGE_MODES) {
    const expected = await lab.run({ mode });
    const record = await lab.run({ mode }, {}, (event) => {
      if (event.kind === "token" && event.token.index === 3) lab.made.edge.drop();
    });
    const states = lab.events.flatMap((event) => (event.kind === "link" ? [event.state] : []));
    expect({ mode, states, ids: record.tokenIds }).toEqual({
      mode,
      states: ["reconnecting", "resumed"],
      ids: expected.tokenIds,
    });
  }
  await lab.made.edge.restart(); // what was idle when the connections broke is the edge's to clear away
});

/** Away after the fourth token; `after` says what the edge is like when it is back. */
async function runWithOutage(mode: RunConfig["mode"], awayMs: number, back: () => unknown): Promise<RunRecord> {
  const { edge } = lab.made;
  return lab.run({ mode }, {}, (event) => {
    if (event.kind !== "token" || event.token.index !== 3) return;
    edge.unreachable = true;
    edge.drop();
    lab.time.after(awayMs, () => {
      edge.unreachable = false;
      back();
    });
  });
}

const BACK: readonly (readonly [string, () => unknown])[] = [
  ["resumed", () => undefined],
  ["computed again from the first position", () => lab.made.edge.restart()],
];
test.each(BACK)("an outage of a minute is a part of its own, and the answer is %s", async (_, back) => {
  for (const mode of EDGE_MODES) {
    const expected = await lab.run({ mode });
    const record = await runWithOutage(mode, 60_000, back);
    expect({ mode, ids: record.tokenIds }).toEqual({ mode, ids: expected.tokenIds });
    expect(unaccountedTokens(record.tokens)).toEqual([]);
    const [outage] = record.outages ?? [];
    expect(record.outages).toHaveLength(1);
    expect(outage?.attempts).toBeGreaterThan(8);
    expect(outage?.ms).toBeGreaterThan(59_000);
    expect(outage?.ms).toBeLessThan(60_000 + BACK_OFF.mostMs + 1_000);
    expect(record.totals.outageMs).toBeCloseTo(outage?.ms ?? 0, -1);
    const away = record.tokens.filter(({ outageMs }) => outageMs > 0);
    expect(away).toHaveLength(1);
    for (const { linkMs, otherMs, edgeMs, queueMs } of record.tokens)
      expect(Math.max(linkMs, otherMs, edgeMs, queueMs)).toBeLessThan(1_000);
    for (const each of [tpotOf(record), record.totals.tpotP95Ms, record.totals.ttftMs])
      expect(each).toBeLessThan(1_000);
    expect(readRunRecord(JSON.parse(JSON.stringify(record)))).not.toBeNull();
    await lab.made.edge.restart();
  }
});

test("stopping while the edge is away ends the run at once, with what there was, and nobody tries any longer", async () => {
  const stop = new Cancellation();
  const record = await lab.run(
    { mode: "split" },
    {},
    (event) => {
      if (event.kind === "token" && event.token.index === 3) {
        lab.made.edge.unreachable = true;
        lab.made.edge.drop();
      }
      if (event.kind === "link" && event.state === "reconnecting" && event.attempt === 6) stop.abort();
    },
    stop,
  );
  expect(record.finish).toEqual({ kind: "stopped" });
  expect(record.tokenIds).toHaveLength(4);
  expect(record.outages).toMatchObject([{ after: 4, attempts: 6 }]);
  const attempts = (): number => lab.events.filter(({ kind }) => kind === "link").length;
  const before = attempts();
  await lab.time.advance(60_000);
  expect(attempts()).toBe(before);
  lab.made.edge.unreachable = false;
  expect((await lab.run({ mode: "split" })).finish.kind).toBe("length");
});

test("how long an edge that stays away is tried for is the run's to say", async () => {
  const fromMs = lab.time.now();
  const { edge } = lab.made;
  const record = await lab.run({ mode: "split" }, { reconnectMs: 2_000 }, (event) => {
    if (event.kind !== "token" || event.token.index !== 3) return;
    edge.unreachable = true;
    edge.drop();
  });
  expect(record.finish).toMatchObject({ kind: "failed", failure: { code: "edge-gone" } });
  expect(record.outages).toMatchObject([{ after: 4 }]);
  expect(lab.time.now() - fromMs).toBeLessThan(4_000);
  await edge.restart();
  edge.unreachable = false;
});

test("an edge that stays away ends the run with what there was, and the next run works", async () => {
  const record = await lab.run({ mode: "split" }, {}, (event) => {
    if (event.kind !== "token" || event.token.index !== 3) return;
    lab.made.edge.unreachable = true;
    lab.made.edge.drop();
  });
  expect(record.finish).toMatchObject({ kind: "failed", failure: { code: "edge-gone" } });
  expect(record.tokenIds).toHaveLength(4);
  expect(record.agreement.kind).toBe("unchecked");
  await lab.made.edge.restart();
  lab.made.edge.unreachable = false;
  expect((await lab.run({ mode: "split" })).agreement).toMatchObject({ exact: true });
});

test("stopping ends a run with what there was", async () => {
  for (const mode of ["device-only", ...EDGE_MODES] as const) {
    const stop = new Cancellation();
    const record = await lab.run(
      { mode },
      {},
      (event) => event.kind === "token" && event.token.index === 1 && stop.abort(),
      stop,
    );
    expect(record.finish).toEqual({ kind: "stopped" });
    expect({ mode, tokens: record.tokenIds.length }).toEqual({ mode, tokens: 2 });
    expect((await lab.run({ mode })).finish.kind).toBe("length");
  }
  const already = new Cancellation();
  already.abort();
  expect((await lab.run({ mode: "split" }, {}, undefined, already)).finish).toEqual({ kind: "stopped" });
});

test("using up the context ends a run", async () => {
  for (const mode of ["device-only", ...EDGE_MODES] as const) {
    const promptIds = Array.from({ length: 60 }, (_, index) => 1 + (index % 90));
    const record = await lab.run({ mode, promptIds, maxTokens: 40 });
    expect({ mode, ...record.finish }).toEqual({ mode, kind: "context", capacity: 64 });
    expect(record.tokenIds).toHaveLength(5); // position 64 is sampled, and nothing goes on from it
    const full = await lab.run({ mode, promptIds: promptIds.concat(1, 2, 3, 4), maxTokens: 40 });
    expect(full.tokenIds).toHaveLength(1);
    const over = await lab.run({ mode, promptIds: promptIds.concat(1, 2, 3, 4, 5) });
    expect(over.finish).toEqual({ kind: "failed", failure: { code: "prompt-too-long", tokens: 65, capacity: 64 } });
  }
});

test("what the model makes impossible is refused before anything is opened", async () => {
  const failure = async (changes: Changes) => {
    const { finish } = await lab.run(changes);
    return finish.kind === "failed" ? finish.failure.code : finish.kind;
  };
  expect(await failure({ mode: "split", cut: -1 })).toBe("cut-out-of-range");
  expect(await failure({ mode: "split", cut: 99 })).toBe("cut-out-of-range");
  expect(await failure({ mode: "u-split", cut: 3, tail: 1 })).toBe("empty-middle");
  expect(await failure({ mode: "split", model: "other" })).toBe("unknown-model");
  expect(await failure({ mode: "split", codec: "zip" })).toBe("bad-value");
  expect(lab.made.edge.heard).toEqual([]);
  expect(lab.openSessions).toBe(0);
});

test("a refused session ends the run with the edge's reason", async () => {
  lab.made.edge.refusing = { code: "edge-full", what: "sessions", limit: 1, retryAfterMs: 1000 };
  const record = await lab.run({ mode: "split" });
  expect(record.finish).toEqual({ kind: "failed", failure: lab.made.edge.refusing });
});

test("u-split sends neither text nor a token id", async () => {
  const record = await lab.run({ mode: "u-split" });
  expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
  const { heard } = lab.made.edge;
  expect(
    heard.filter((message) => typeof message === "string").map((text) => JSON.parse(text) as unknown),
  ).toMatchObject([{ kind: "hello", sampling: null }]);
  const kinds = new Set(heard.flatMap((message) => (typeof message === "string" ? [] : [message[0]])));
  expect(kinds).toEqual(new Set([upCode("activations"), upCode("ping")]));
});

test("score gives the log-probability of each prompt token but the first", async () => {
  const promptIds = Array.from({ length: 64 }, (_, index) => 1 + ((index * 7) % 90));
  const whole = await lab.run({ mode: "score", promptIds, cut: 0 });
  expect(whole.logProbs).toHaveLength(63);
  expect(whole.finish).toEqual({ kind: "length" });
  for (const logProb of whole.logProbs ?? []) expect(logProb).toBeLessThan(0);
  const cut = await lab.run({ mode: "score", promptIds, cut: 3 });
  cut.logProbs?.forEach((logProb, index) => expect(logProb).toBeCloseTo(whole.logProbs?.[index] ?? 0, 4));
  // Greedy decoding of the text's own beginning says the same next token.
  const said = await lab.run({ mode: "edge-only", promptIds: promptIds.slice(0, 63), maxTokens: 1 });
  expect(cut.favourites?.at(-1)).toBe(said.tokenIds[0]);
  expect(cut.favourites).toEqual(whole.favourites);
});

test("a codec whose positions share bytes crosses in every mode, and breaks as told", async () => {
  const promptIds = Array.from({ length: 24 }, (_, index) => 1 + ((index * 7) % 90));
  const up = async (changes: Changes) => {
    const record = await lab.run({ promptIds, ...changes });
    expect({ ...changes, finish: record.finish.kind }).toMatchObject({
      finish: expect.stringMatching(/length|eos/) as string,
    });
    return record.tokens[0]?.upBytes ?? 0;
  };
  expect(await up({ mode: "split", codec: "lowrank-2" })).toBeLessThan(
    0.6 * (await up({ mode: "split", codec: "f16" })),
  );
  for (const changes of [{ mode: "u-split" }, { mode: "split", kvCache: false }, { mode: "score" }] as const)
    await up({ ...changes, codec: "lowrank-2" });
  const broken = await lab.run(
    { mode: "split", promptIds, codec: "lowrank-4" },
    { sabotage: { kind: "corrupt-activation", atToken: 0 } },
  );
  expect(broken.agreement).toMatchObject({ kind: "checked", exact: false });
});

test("a broken activation or position is noticed at its token", async () => {
  for (const mode of ["split", "u-split"] as const) {
    const record = await lab.run({ mode }, { sabotage: { kind: "corrupt-activation", atToken: 4 } });
    expect({ mode, ...record.agreement }).toMatchObject({
      mode,
      kind: "checked",
      exact: false,
      firstDifference: { index: 4, gotText: expect.any(String), expectedText: expect.any(String) },
    });
    expect(record.fault).toMatchObject({
      kind: "corrupt-activation",
      token: 4,
      position: (record.resolved?.promptIds.length ?? 0) + 3,
      values: expect.any(Number),
    });
    const { before, after } = record.fault as { before: number; after: number };
    expect(Math.abs(after - before)).toBeGreaterThan(1);
  }
  for (const mode of ["split", "device-only"] as const) {
    const record = await lab.run({ mode, temperature: 0.9 }, { sabotage: { kind: "rewind-short", atToken: 4 } });
    expect({ mode, ...record.agreement }).toMatchObject({ mode, kind: "checked", exact: false });
    const position = (record.resolved?.promptIds.length ?? 0) + 3;
    expect(record.fault).toEqual({ kind: "rewind-short", token: 4, position, computedAt: position - 1 });
    expect((await lab.run({ mode, temperature: 0.9 })).agreement).toMatchObject({ exact: true });
  }
  expect(
    (await lab.run({ mode: "edge-only" }, { sabotage: { kind: "corrupt-activation", atToken: 1 } })).finish,
  ).toMatchObject({ failure: { code: "keys-conflict" } });
});

test("a device fetches the shards of its own segments only, until a check needs the rest", async () => {
  const { manifest } = await lab.made.world.openModel("tiny", undefined, new Cancellation());
  await lab.run({ mode: "split", cut: 1 }, { check: false });
  expect(new Set(lab.made.shardsRead)).toEqual(new Set([manifest.embedding.sha256, manifest.blocks[0]?.sha256]));
  const record = await lab.run({ mode: "u-split", cut: 1, tail: 1 });
  expect(record.downloads.shards).toBe(4);
  expect(
    lab.events.some((event) => event.kind === "progress" && event.phase === "check" && event.unit === "bytes"),
  ).toBe(true);
});

test("a run's memory is its own, whatever the runs before it left compiled", async () => {
  const weights = async (mode: "split" | "device-only"): Promise<number> =>
    (await lab.run({ mode, cut: 1 }, { check: false })).memory.device.weightBytes; // of these, a byte a block
  expect([await weights("split"), await weights("device-only"), await weights("split")]).toEqual([1, 4, 1]);
});

test("somebody else's engine is held to the same tokens", async () => {
  const expected = await lab.run({ mode: "device-only", temperature: 0.9 });
  const record = await lab.run({ mode: "baseline", temperature: 0.9 });
  expect(record.tokenIds).toEqual(expected.tokenIds);
  expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
  expect(record.provenance.device.runtime).toBe("reference generator");
  const stop = new Cancellation();
  const stopped = await lab.run({ mode: "baseline" }, {}, (event) => event.kind === "token" && stop.abort(), stop);
  expect([stopped.finish.kind, stopped.tokenIds.length]).toEqual(["stopped", 1]);
});

test("lossy codecs are judged as they are", async () => {
  const record = await lab.run({ mode: "split", codec: "int8" });
  expect(record.agreement.kind).toBe("checked");
  expect(record.tokens[1]?.upBytes).toBeLessThan(28 + 64 * 4);
});

test("runs wait for one another", async () => {
  const both = Promise.all([
    lab.engine.run(testConfig({ mode: "split" }), {}, () => undefined, new Cancellation()),
    lab.engine.run(testConfig({ mode: "edge-only" }), {}, () => undefined, new Cancellation()),
  ]);
  const [one, other] = await lab.time.through(both);
  expect(one.tokenIds).toEqual(other.tokenIds);
});

test.each(["split", "u-split", "score"] as const)(
  "a prompt larger than a message goes up in stretches, %s",
  async (mode) => {
    const whole = await lab.run({ mode });
    const messages = lab.made.edge.heard.length;
    lab.made.edge.maxMessageBytes = 28 + 3 * 4 * (lab.made.edgeHost.manifest.architecture.hidden + 1);
    await lab.engine.release();
    const cut = await lab.run({ mode });
    expect({ finish: cut.finish.kind, ids: cut.tokenIds, logProbs: cut.logProbs }).toEqual({
      finish: "length",
      ids: whole.tokenIds,
      logProbs: whole.logProbs,
    });
    expect(lab.made.edge.heard.length).toBeGreaterThan(2 * messages);
    const sizes = lab.made.edge.heard
      .slice(messages)
      .flatMap((message) => (typeof message === "string" ? [] : [message.byteLength]));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(lab.made.edge.maxMessageBytes);
    expect(unaccountedTokens(cut.tokens)).toEqual([]);
  },
);

test("a session lost between two stretches of a prompt costs its beginning, not the run", async () => {
  const whole = await lab.run({ mode: "split" });
  await lab.engine.release();
  lab.made.edge.maxMessageBytes = 28 + 3 * 4 * lab.made.edgeHost.manifest.architecture.hidden;
  let lost = false;
  const cut = await lab.run({ mode: "split" }, {}, (event) => {
    if (lost || event.kind !== "frame" || event.frame.direction !== "down" || event.frame.payloadBytes > 0) return;
    lost = true;
    void lab.made.edge.restart();
  });
  expect({ lost, ids: cut.tokenIds }).toEqual({ lost: true, ids: whole.tokenIds });
});

test("the edge hears the access token and this build, and no record of them is kept", async () => {
  const record = await lab.run({ mode: "split" }, { access: "open sesame" });
  const hello: unknown = JSON.parse(lab.made.edge.heard.find((message) => typeof message === "string") ?? "");
  expect(hello).toMatchObject({ access: "open sesame", build: BUILD.id });
  expect(JSON.stringify(record)).not.toContain("sesame");
  await lab.engine.release();
  lab.made.edge.heard.length = 0;
  await lab.time.through(
    lab.engine.prepare(testConfig({ mode: "split" }), () => undefined, new Cancellation(), { access: "again" }),
  );
  expect(JSON.parse(lab.made.edge.heard.find((message) => typeof message === "string") ?? "")).toMatchObject({
    access: "again",
  });
});

test("an edge that was restarted with other weights is asked for its models once more, and no more than once", async () => {
  const { world, edge } = lab.made;
  let asked = 0;
  let mends = true;
  const engine = createEngine({
    ...world,
    openModel: (...request) => {
      asked++;
      return world.openModel(...request);
    },
    forgetModels: async () => {
      if (mends) edge.refusing = null;
    },
  });
  const ran = (): Promise<RunRecord> =>
    lab.time.through(engine.run(testConfig({ mode: "split" }), {}, () => undefined, new Cancellation()));
  edge.refusing = { code: "manifest-mismatch", model: "tiny", page: "a", edge: "b" };
  expect((await ran()).agreement).toMatchObject({ exact: true });
  expect(asked).toBe(2);
  await lab.time.through(engine.release());
  mends = false;
  edge.refusing = { code: "manifest-mismatch", model: "tiny", page: "a", edge: "b" };
  expect((await ran()).finish).toMatchObject({ kind: "failed", failure: { code: "manifest-mismatch" } });
  expect(asked).toBe(4);
  edge.refusing = null;
  await lab.time.through(engine.release());
});

test("a record counts every message of its run by kind, and under u-split none of them holds tokens", async () => {
  for (const mode of [...EDGE_MODES, "device-only"] as const) {
    const { frames = [], tokenIds, totals } = await lab.run({ mode, cut: 1 });
    const telling = frames.filter(({ direction, kind }) => holdsTokens(direction, kind));
    expect({ mode, tells: telling.length > 0 }).toEqual({ mode, tells: mode === "split" || mode === "edge-only" });
    const sum = (direction: "up" | "down"): number =>
      frames.reduce((bytes, each) => bytes + (each.direction === direction ? each.bytes : 0), 0);
    expect(sum("up")).toBeGreaterThanOrEqual(totals.upBytes);
    expect(sum("down")).toBeGreaterThanOrEqual(totals.downBytes);
    const activations = frames.find(({ direction, kind }) => direction === "up" && kind === "activations");
    if (mode === "split" || mode === "u-split") expect(activations?.count).toBe(tokenIds.length);
    if (mode === "device-only") expect(frames).toEqual([]);
  }
});
