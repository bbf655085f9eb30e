/** The load generator over an edge that is made up and a time that is not waited for. */
import { describe, expect, it } from "vitest";
import { Failed, type Failure } from "#core/run/failure.ts";
import { Cancellation } from "#engine/cancellation.ts";
import type { Script } from "#engine/crowd/script.ts";
import type { EdgeLink } from "#engine/link/edge-link.ts";
import type { CancelSignal, EdgeSession, Reply } from "#engine/ports.ts";
import { VirtualTime } from "#engine/testing/virtual-time.ts";
import { Drive, type Driven, type Load } from "./drive.ts";
import { readFigures } from "./edge-figures.ts";
import { readLoadOptions } from "./options.ts";
import type { Rehearsed } from "./rehearsal.ts";
import { RequestQueue } from "./request-queue.ts";
import { isWell, resultOf, tableLines } from "./result.ts";
import { distinctSizes, roundedSize } from "./sizes.ts";

const TOKEN_MS = 10;
const SIZE = { promptTokens: 4, answerTokens: 3 };

const script: Script = {
  hello: { capacity: 8 } as Script["hello"],
  steps: [
    {
      message: { kind: "generate", position: 0, ids: Uint32Array.of(1), generate: 3 },
      behind: 0,
      afterMs: 0,
      replies: 3,
    },
  ],
  said: [5, 6, 7].map((id, at) => `token ${id} at ${at + 1}`),
  firstToken: 0,
  tokens: 3,
  laterTokens: 2,
  elapsedMs: 30,
};
const rehearsed: Rehearsed = {
  ...SIZE,
  script,
  link: { name: "loopback", figures: null, trace: null, seed: 1 },
  compared: true,
};

/** What an edge does to those who ask it. */
interface Edge {
  readonly time: VirtualTime;
  sessions: number;
  /** In turn: what an opening, or a question, is refused with. */
  readonly doorSays: (Failure | null)[];
  readonly saysToQuestions: (Failure | null)[];
  ids: readonly number[];
}

function linkTo(edge: Edge): EdgeLink {
  async function* stream(_: unknown, signal?: CancelSignal): AsyncGenerator<Reply, void> {
    const refusal = edge.saysToQuestions.shift() ?? null;
    if (refusal !== null) throw new Failed(refusal);
    for (const [at, id] of edge.ids.entries()) {
      await new Promise<void>((resolve) => void edge.time.after(TOKEN_MS, resolve));
      if (signal?.aborted === true) throw new Failed({ code: "stopped" });
      const exchange = {
        roundTripMs: 1,
        queueMs: 0,
        computeMs: 1,
        addedUpMs: 0,
        addedDownMs: 0,
        upBytes: 1,
        downBytes: 1,
        pipelined: false,
      };
      const message = {
        kind: "token",
        sequence: 1,
        position: at + 1,
        id,
        finish: "none",
        timing: { queueUs: 0, computeUs: 1 },
      } as const;
      yield { message, exchange };
    }
  }
  return {
    url: "http://edge/",
    shape: () => Promise.resolve(),
    report: () => Promise.resolve({ met: null, realRttMs: null }),
    close: () => Promise.resolve(),
    open: () => {
      const refusal = edge.doorSays.shift() ?? null;
      if (refusal !== null) return Promise.reject(new Failed(refusal));
      edge.sessions++;
      const session: Pick<EdgeSession, "stream" | "close"> = { stream, close: async () => void edge.sessions-- };
      return Promise.resolve(session as EdgeSession);
    },
  };
}

const FULL: Failure = { code: "edge-full", what: "sessions", limit: 1, retryAfterMs: 70 };

async function driven(
  changes: Partial<Load>,
  says: Partial<Pick<Edge, "doorSays" | "saysToQuestions" | "ids">> = {},
): Promise<{ readonly edge: Edge; readonly out: Driven }> {
  const time = new VirtualTime();
  const edge: Edge = { time, sessions: 0, doorSays: [], saysToQuestions: [], ids: [5, 6, 7], ...says };
  const load: Load = {
    answers: new Map([["4+3", rehearsed]]),
    clients: 1,
    active: 1,
    arrivals: null,
    warmUpMs: 0,
    durationMs: 300,
    graceMs: 100,
    newSessions: false,
    openLink: () => linkTo(edge),
    ...changes,
  };
  const drive = new Drive(load, { clock: time, timer: time });
  return { edge, out: await time.through(drive.run(new Cancellation(), () => Promise.resolve())) };
}

const arriving = (...atMs: readonly number[]) => atMs.map((at) => ({ atMs: at, ...SIZE }));

describe("a load", () => {
  it("asks again at once where nothing arrives by itself", async () => {
    const { out } = await driven({});
    expect(out.answered.length).toBe(10); // 300 ms of answers of 30
    expect(out.answered.every(({ run, gapsMs }) => run.same && run.ttftMs === 10 && gapsMs.join() === "10,10")).toBe(
      true,
    );
  });
  it("leaves the warm-up out", async () => {
    const { out } = await driven({ arrivals: arriving(0, 50, 150, 250), warmUpMs: 100, durationMs: 200 });
    expect(out.answered.map(({ arrivedMs }) => arrivedMs)).toEqual([150, 250]);
    expect(out.untilMs - out.fromMs).toBe(200);
    // Of the one at 150 three tokens, at 250 three, and of the one at 50 none after 80.
    expect(out.tokensInTime).toBe(6);
    const late = await driven({ arrivals: arriving(85, 285), warmUpMs: 100, durationMs: 200 });
    expect(late.out.tokensInTime).toBe(2 + 1); // at 105, 115; at 295: not at 95, 305 and 315
  });
  it("counts waiting for a free client from the arrival on", async () => {
    const { out } = await driven({ arrivals: arriving(0, 0, 0) });
    expect(out.answered.map(({ askedMs, arrivedMs }) => askedMs - arrivedMs)).toEqual([0, 30, 60]);
    const result = resultOf(OF, out, NO_EDGE);
    expect(result.ttftMs).toMatchObject({ n: 3, p50: 40, most: 70 });
    expect(isWell(result)).toBe(true);
  });
  it("answers no more than the active at a time, whoever has a session", async () => {
    const { out, edge } = await driven({ clients: 5, active: 2, arrivals: arriving(0, 0, 0, 0) });
    expect(out.activeMost).toBe(2);
    expect(out.answered).toHaveLength(4);
    expect(edge.sessions).toBe(5); // the link closes them
  });
  it("waits as long as a refusal advises, and counts it", async () => {
    const { out } = await driven({ arrivals: arriving(0) }, { doorSays: [FULL, FULL], saysToQuestions: [FULL] });
    expect(out.refused.map(({ atMs, advisedMs }) => [atMs, advisedMs])).toEqual([[0, 70], [0, 70], [70, 70]]); // prettier-ignore
    expect(out.answered).toMatchObject([{ arrivedMs: 0, askedMs: 140 }]);
  });
  it("tells a failure from a refusal, and begins anew", async () => {
    const lost: Failure = { code: "session-lost", session: "x", why: "gone" };
    const { out } = await driven({ arrivals: arriving(0, 10) }, { saysToQuestions: [lost] });
    expect(out.failed).toEqual([{ arrivedMs: 0, failure: lost }]);
    expect(out.answered).toHaveLength(1);
  });
  it("sees an answer that is not the single client's", async () => {
    const { out } = await driven({ arrivals: arriving(0) }, { ids: [5, 9, 7] });
    const result = resultOf(OF, out, NO_EDGE);
    expect(result.exact).toEqual({ compared: 1, exact: 0 });
    expect(tableLines(result)[0]).toContain("0/1");
    expect(isWell(result)).toBe(false);
  });
  it("ends what hangs, and says how many were not through", async () => {
    const { out } = await driven({ arrivals: arriving(0, 290, 295), durationMs: 300, graceMs: 5 });
    expect(out).toMatchObject({ unfinished: 2, answered: [{ arrivedMs: 0 }] });
  });
  it("ends early with what there is when it is told to", async () => {
    const time = new VirtualTime();
    const edge: Edge = { time, sessions: 0, doorSays: [], saysToQuestions: [], ids: [5, 6, 7] };
    const signal = new Cancellation();
    time.after(100, () => signal.abort());
    const load: Load = {
      answers: new Map([["4+3", rehearsed]]),
      clients: 1,
      active: 1,
      arrivals: null,
      warmUpMs: 0,
      durationMs: 60_000,
      graceMs: 100,
      newSessions: true,
      openLink: () => linkTo(edge),
    };
    const out = await time.through(new Drive(load, { clock: time, timer: time }).run(signal, () => Promise.resolve()));
    expect(out.answered).toHaveLength(3);
    expect(out.untilMs).toBe(100);
  });
});

const OF = {
  mode: "edge-only",
  clients: 1,
  active: 1,
  arrivals: { kind: "file", perSecond: 1, seed: null },
  stopped: false,
};
const NO_EDGE = { before: null, during: [], after: null };

describe("its parts", () => {
  it("hand requests to whoever has waited for longest", async () => {
    const queue = new RequestQueue(2);
    const taken: string[] = [];
    for (const name of ["a", "b", "c"]) void queue.take().then((request) => taken.push(`${name}${request?.arrivedMs}`));
    for (const arrivedMs of [1, 2, 3]) queue.arrive({ ...SIZE, arrivedMs });
    await Promise.resolve();
    expect(taken).toEqual(["a1", "b2"]);
    queue.done();
    await Promise.resolve();
    expect(taken).toEqual(["a1", "b2", "c3"]);
    queue.arrive({ ...SIZE, arrivedMs: 4 });
    expect(queue.end()).toMatchObject([{ arrivedMs: 4 }]);
    expect(await queue.take()).toBeNull();
  });
  it("round lengths up and hold them to the context", () => {
    const most = { promptTokens: 256, answerTokens: 128, context: 512 };
    expect(roundedSize({ promptTokens: 4808, answerTokens: 10 }, most)).toEqual({
      promptTokens: 256,
      answerTokens: 16,
    });
    expect(roundedSize({ promptTokens: 1, answerTokens: 1 }, most)).toEqual({ promptTokens: 4, answerTokens: 4 });
    const tight = roundedSize(
      { promptTokens: 900, answerTokens: 900 },
      { promptTokens: 500, answerTokens: 500, context: 512 },
    );
    expect(tight).toEqual({ promptTokens: 500, answerTokens: 12 });
    expect(distinctSizes([SIZE, { ...SIZE }, tight])).toEqual([SIZE, tight]);
  });
  it("read an edge's metrics, sums over labels", () => {
    const text = `# HELP x\ncutlayer_faults_total{where="http"} 2\ncutlayer_faults_total{where="socket"} 1\nprocess_resident_memory_bytes 5e8\n`;
    expect(readFigures(text)).toMatchObject({ residentBytes: 5e8, faults: 3, sessions: 0 });
    expect(readFigures("nothing")).toBeNull();
  });
  it.each([
    [["--clients", "0"], "--clients"],
    [["--rate", "3"], "--rate needs"],
    [["--arrivals", "poisson", "--rate", "-1"], "--rate"],
    [["--duration", "0"], "--duration"],
    [["--mode", "edge-only,score"], "--mode score"],
    [["--set", "maxTokens=3"], "--set maxTokens"],
    [["--set", "cut"], "key=value"],
    [["--edge", "localhost"], "--edge"],
    [["--what"], "--what"],
  ])("refuse %j with a sentence", (argv, says) => {
    const read = readLoadOptions(argv);
    expect(read.kind === "wrong" && read.sentence).toContain(says);
  });
  it("take a file of arrivals, with what it is to be played at", () => {
    const read = readLoadOptions(["--arrivals", "day.csv.gz", "--rate", "2.5", "--clients", "200", "--active", "100"]);
    expect(read).toMatchObject({
      options: { arrivals: { kind: "file", path: "day.csv.gz" }, perSecond: 2.5, clients: [200], active: 100 },
    });
  });
});
