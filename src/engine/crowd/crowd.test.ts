/** Other clients of the edge: what they send is what the device sent, and the run beside them gives its own tokens. */
import { afterEach, describe, expect, test } from "vitest";
import type { RunConfig } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { Hello } from "#wire/messages.ts";
import { Cancellation } from "../cancellation.ts";
import { createEngine, type Engine } from "../engine.ts";
import type { EdgeSession, Reply } from "../ports.ts";
import { testConfig, testWorld, type TestWorld } from "../testing/test-world.ts";
import { TINY, tinyModel } from "../testing/tiny-model.ts";
import { VirtualTime } from "../testing/virtual-time.ts";
import { EdgeTier } from "../strategies/tiers/edge-tier.ts";
import { ScriptRecorder, type Script, type ScriptStep } from "./script.ts";
import { playOnce } from "./simulated-device.ts";

const draft = tinyModel({ ...TINY, blocks: 3 });
const DRAFT = {
  ...draft,
  manifest: { ...draft.manifest, name: "tiny-draft", revision: `${draft.manifest.revision.slice(0, 60)}tiny` },
};

class Lab {
  readonly time = new VirtualTime();
  readonly made: TestWorld = testWorld({ clock: this.time, timer: this.time, others: [DRAFT] });
  readonly engine: Engine = createEngine(this.made.world);

  run(
    changes: Partial<RunConfig> & Pick<RunConfig, "mode">,
    signal = new Cancellation(),
    onToken: () => void = () => undefined,
  ): Promise<RunRecord> {
    return this.time.through(
      this.engine.run(testConfig(changes), {}, (event) => void (event.kind === "token" && onToken()), signal),
    );
  }
}

let lab = new Lab();
afterEach(async () => {
  await lab.time.through(lab.engine.release());
  const left = lab.made.edge.openSessions + lab.made.edgeHost.openSessions;
  lab = new Lab();
  if (left > 0) throw new Error(`left open: ${left}`);
});

const LINK = { uplinkMbps: 2, downlinkMbps: 4, rttMs: 12, jitterMs: 0, loss: 0 };

describe("several clients of one edge", () => {
  test.each([
    ["edge-only", {}],
    ["split", { cut: 2 }],
    ["u-split", { cut: 1 }],
    ["split", { cut: 1, kvCache: false }],
    ["speculative", { temperature: 0.9 }],
    ["speculative", { windows: 3, draftLength: 2 }],
    ["split-speculative", { cut: 2, draftLength: 2 }],
  ] as const)(
    "%s %j: the same tokens as alone, and every simulated device hears what it should",
    async (mode, changes) => {
      const config = { mode, link: LINK, maxTokens: 6, ...changes };
      const alone = await lab.run(config);
      expect(alone.simulated).toBeUndefined();
      const record = await lab.run({ ...config, clients: 3 });
      expect({ ids: record.tokenIds, finish: record.finish, agreement: record.agreement.kind }).toEqual({
        ids: alone.tokenIds,
        finish: alone.finish,
        agreement: "checked",
      });
      expect(record.simulated).toHaveLength(2);
      for (const { same, tokens, ttftMs, tpotMs } of record.simulated ?? []) {
        expect({ same, tokens }).toEqual({ same: true, tokens: alone.tokenIds.length });
        expect(ttftMs).toBeGreaterThan(LINK.rttMs);
        expect(tpotMs).toBeGreaterThan(mode === "edge-only" || mode.includes("spec") ? 0 : LINK.rttMs - 1);
      }
    },
  );

  test("a stop ends the simulated devices too, whenever it comes", async () => {
    for (const at of [1, 8, 12]) {
      const signal = new Cancellation();
      let tokens = 0;
      const stopping = lab.engine.run(
        testConfig({ mode: "split", clients: 3, link: LINK, maxTokens: 8 }),
        {},
        (event) => void (event.kind === "token" && ++tokens === 2 && signal.abort()),
        signal,
      );
      void lab.time.after(at * 12, () => at < 12 && signal.abort());
      const record = await lab.time.through(stopping);
      expect({ finish: record.finish, simulated: record.simulated }).toEqual({
        finish: { kind: "stopped" },
        simulated: undefined,
      });
    }
  });

  test("a stop behind the last token, while the others finish, is heeded", async () => {
    const signal = new Cancellation();
    let tokens = 0;
    const stopping = lab.engine.run(
      testConfig({ mode: "split", clients: 3, link: LINK, maxTokens: 5 }),
      {},
      (event) => {
        if (event.kind === "token" && ++tokens === 5) lab.time.after(1, () => signal.abort());
      },
      signal,
    );
    const record = await lab.time.through(stopping);
    expect({ finish: record.finish, simulated: record.simulated, tokens: record.tokenIds.length }).toEqual({
      finish: { kind: "stopped" },
      simulated: undefined,
      tokens: 5,
    });
  });

  test("a world that can simulate nobody says so", async () => {
    const { gather: _, ...world } = lab.made.world;
    const engine = createEngine(world);
    const record = await lab.time.through(
      engine.run(testConfig({ mode: "edge-only", clients: 2 }), {}, () => undefined, new Cancellation()),
    );
    expect(record.finish).toMatchObject({ kind: "failed", failure: { code: "bad-value", key: "clients" } });
    await lab.time.through(engine.release());
  });
});

describe("a script", () => {
  const HELLO = { kind: "hello", model: "tiny" } as unknown as Hello; // never read here
  const reply = (id: number, position: number): Reply => ({
    message: { kind: "token", sequence: 1, position, id, finish: "none", timing: { queueUs: 0, computeUs: 0 } },
    exchange: {
      roundTripMs: 0,
      queueMs: 3,
      computeMs: 2,
      addedUpMs: 0,
      addedDownMs: 0,
      upBytes: 0,
      downBytes: 0,
      pipelined: false,
    },
  });
  /** Answers each question after 5 ms with the next id of its own. */
  function session(time: VirtualTime, ids: number[], sentAtMs: number[]): EdgeSession {
    const answer = (): Promise<Reply> => {
      sentAtMs.push(time.now());
      return new Promise((resolve) => void time.after(5, () => resolve(reply(ids.shift() ?? -1, 9))));
    };
    return {
      welcome: { session: "s" } as unknown as EdgeSession["welcome"],
      ask: answer,
      async *stream() {
        yield await answer();
      },
      close: async () => undefined,
    };
  }

  test("is played with the delays that were heard, behind the replies that were there", async () => {
    const time = new VirtualTime();
    const tier = new EdgeTier(session(time, [7, 8, 9], []), () => Promise.reject(new Error("not here")));
    const recorder = new ScriptRecorder(tier, time);
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve));
    const question = { kind: "ping", payload: new Uint8Array(0) } as const;
    await time.through(
      (async () => {
        await wait(10);
        await tier.session.ask(question);
        await wait(4);
        const two = [tier.session.ask(question), wait(1).then(() => tier.session.ask(question))];
        await Promise.all(two);
      })(),
    );
    const script = recorder.end(HELLO, 3);
    expect(script?.steps.map(({ behind, afterMs, replies }) => [behind, afterMs, replies])).toEqual([
      [0, 10, 1],
      [1, 4, 1],
      [1, 5, 1],
    ]);

    const sentAtMs: number[] = [];
    const from = time.now();
    const run = await time.through(
      playOnce(session(time, [7, 8, 9], sentAtMs), script!, { clock: time, timer: time }, new Cancellation()),
    );
    expect(sentAtMs.map((at) => at - from)).toEqual([10, 19, 20]);
    expect(run).toEqual({ ttftMs: 15, tpotMs: 5, tokens: 3, laterTokens: 2, edgeMs: 4, queueMs: 6, same: true });
    const other = await time.through(
      playOnce(session(time, [7, 8, 10], []), script!, { clock: time, timer: time }, new Cancellation()),
    );
    expect(other.same).toBe(false);
  });
  test("keeps its order where replies come earlier than they did", async () => {
    const time = new VirtualTime();
    const sent: number[] = [];
    const early: EdgeSession = {
      ...session(time, [], []),
      async *stream(message) {
        if (message.kind !== "generate") return;
        sent.push(message.position);
        yield reply(message.position, 9);
      },
    };
    const step = (position: number, behind: number, afterMs: number): ScriptStep => ({
      message: { kind: "generate", position, ids: Uint32Array.of(1), generate: 1 },
      behind,
      afterMs,
      replies: 1,
    });
    // When it was heard, the second message was 20 ms in the making and the third came right behind a late reply to the first.
    const script: Script = {
      hello: HELLO,
      steps: [step(0, 0, 0), step(1, 0, 20), step(2, 1, 0)],
      said: [],
      firstToken: 0,
      tokens: 3,
      laterTokens: 2,
      elapsedMs: 30,
    };
    await time.through(playOnce(early, script, { clock: time, timer: time }, new Cancellation()));
    expect(sent).toEqual([0, 1, 2]);
  });
  test("ends as a whole when one of its messages fails", async () => {
    const time = new VirtualTime();
    const tier = new EdgeTier(session(time, [7, 8], []), () => Promise.reject(new Error("not here")));
    const recorder = new ScriptRecorder(tier, time);
    await time.through(
      (async () => {
        for (let n = 0; n < 2; n++) await tier.session.ask({ kind: "ping", payload: new Uint8Array(0) });
      })(),
    );
    const script = recorder.end(HELLO, 2)!;
    const broken: EdgeSession = {
      ...session(time, [], []),
      stream: () => {
        throw new Error("gone");
      },
    };
    await expect(
      time.through(playOnce(broken, script, { clock: time, timer: time }, new Cancellation())),
    ).rejects.toThrow("gone");
  });
});
