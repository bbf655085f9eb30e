/**
 * What every Runtime adapter must do, as named cases that throw when it does not. Free of any test
 * framework, so that the same suite runs under Vitest in Node and in a page on WebGPU and wasm.
 * The oracle is the float64 reference.
 */
import type { Segment } from "#core/model/architecture.ts";
import { referenceBlocks, referenceEmbedding, referenceExit, referenceLogits } from "#core/reference/reference.ts";
import { Failed } from "#core/run/failure.ts";
import { createModelHost, type CompilingHost } from "../model/model-host.ts";
import type { Runtime, SegmentOutput, SegmentSession } from "../ports.ts";
import { readTinyShard, TINY, tinyModel } from "../testing/tiny-model.ts";

export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

const IDS = [5, 17, 96, 3, 44, 44, 8, 61, 20, 2, 73, 31];
const WHOLE: Segment = { embedding: true, from: 0, to: TINY.blocks, head: true };
/** float32 kernels against float64: far under what separates two tokens, far over rounding noise. */
const TOLERANCE = 2e-4;

export function runtimeContract(makeRuntime: () => Promise<Runtime>): readonly ContractCase[] {
  const shared = new SharedRuntime(makeRuntime);
  const on = (name: string, body: (host: CompilingHost) => Promise<void>, model = tinyModel()): ContractCase => ({
    name,
    run: () =>
      shared.lend(async (runtime) => {
        const host = createModelHost(runtime, model.manifest, readTinyShard(model));
        try {
          await body(host);
          check(host.openSessions === 0, "the case closed its sessions");
        } finally {
          await host.close();
        }
      }),
  });
  const untied = tinyModel(
    {
      ...TINY,
      tiedEmbedding: false,
      attentionBias: true,
      mlpBias: true,
      kvHeads: 4,
      rope: {
        theta: 500_000,
        scaling: { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 32 },
      },
    },
    2,
  );
  return [
    on("prefill gives the reference's logits at every position", (host) => prefillIsReference(host, tinyModel())),
    on(
      "untied head, biases, full attention and llama3 rotary give the reference's logits",
      (host) => prefillIsReference(host, untied),
      untied,
    ),
    ...(["F16", "BF16", "Q4_0", "Q4_1", "Q8_0"] as const).map((stored) => {
      const model = tinyModel(TINY, 1, stored);
      return on(
        `weights stored as ${stored} give the reference's logits from the same numbers`,
        (host) => prefillIsReference(host, model),
        model,
      );
    }),
    on("decoding token by token gives the same logits as one pass", decodingIsPrefill),
    on("any cut computes what the uncut model computes", everyCutIsWhole),
    on("three hops compute what one does, and each hop is the reference's", hopsAreReference),
    on("a trained exit computes what the reference's does", exitIsReference, tinyModel(TINY, 1, "F16", [EXIT])),
    on("a repeated step and a rewound one are as if nothing had happened", rewindingIsExact),
    on("without a KV cache every step starts over and agrees", statelessIsExact),
    on("keys and values move from one session to another", kvMoves),
    on("the last position alone is the last of all", lastIsLastOfAll),
    on("the whole capacity is usable, one more is refused, a gap is refused", boundsAreCoded),
    on("sessions do not see each other", sessionsAreIsolated),
    on("an id outside the vocabulary is refused", (host) =>
      withSession(host, WHOLE, async (session) =>
        refused(session.step({ kind: "ids", ids: [TINY.vocabulary] }, 0, "last"), "bad-value"),
      ),
    ),
    { name: "a runtime that was closed can be started again", run: () => restarts(shared) },
  ];
}

/**
 * One runtime for all cases, each of which compiles graphs of its own on it: a graphics device
 * compiles its shaders anew when it was closed, which took most of the time. After a case that
 * failed nothing is trusted, and the next one starts another.
 */
class SharedRuntime {
  readonly #make: () => Promise<Runtime>;
  #runtime: Promise<Runtime> | null = null;

  constructor(make: () => Promise<Runtime>) {
    this.#make = make;
  }

  async lend(body: (runtime: Runtime) => Promise<void>): Promise<void> {
    this.#runtime ??= this.#make();
    try {
      await body(await this.#runtime);
    } catch (thrown) {
      await this.close().catch(() => undefined); // it is why the case failed, or may be
      throw thrown;
    }
  }

  async close(): Promise<void> {
    const runtime = this.#runtime;
    this.#runtime = null;
    await (await runtime)?.close();
  }
}

/** The last of the cases: it leaves no runtime behind. */
async function restarts(shared: SharedRuntime): Promise<void> {
  const model = tinyModel();
  const expected = referenceEmbedding(model.manifest.architecture, model.weights, IDS).map((row) =>
    Float32Array.from(row),
  );
  for (let time = 0; time < 2; time++) {
    await shared.close();
    await shared.lend(async (runtime) => {
      const host = createModelHost(runtime, model.manifest, readTinyShard(model));
      await withSession(host, { embedding: true, from: 0, to: 0, head: false }, async (session) =>
        close(
          hiddenOf(await session.step({ kind: "ids", ids: IDS }, 0, "all")).hidden,
          concat(expected),
          `embedding, time ${time}`,
        ),
      );
      await host.close();
    });
  }
  await shared.close();
}

async function prefillIsReference(host: CompilingHost, model: ReturnType<typeof tinyModel>): Promise<void> {
  const expected = referenceLogits(model.manifest.architecture, model.weights, IDS).map((row) =>
    Float32Array.from(row),
  );
  await withSession(host, WHOLE, async (session) =>
    close(logitsOf(await session.step({ kind: "ids", ids: IDS }, 0, "all")), concat(expected), "logits"),
  );
}

async function decodingIsPrefill(host: CompilingHost): Promise<void> {
  const whole = await logitsAt(host, IDS);
  await withSession(host, WHOLE, async (session) => {
    await session.step({ kind: "ids", ids: IDS.slice(0, 4) }, 0, "last");
    for (let position = 4; position < IDS.length; position++) {
      const step = await session.step({ kind: "ids", ids: IDS.slice(position, position + 1) }, position, "last");
      close(logitsOf(step), whole(position), `position ${position}`);
    }
  });
}

async function everyCutIsWhole(host: CompilingHost): Promise<void> {
  const whole = await logitsAt(host, IDS);
  for (let cut = 0; cut <= TINY.blocks; cut++) {
    await withSession(host, { embedding: true, from: 0, to: cut, head: false }, (device) =>
      withSession(host, { embedding: false, from: cut, to: TINY.blocks, head: true }, async (edge) => {
        const prefill = await device.step({ kind: "ids", ids: IDS.slice(0, 5) }, 0, "all");
        close(logitsOf(await edge.step(hiddenOf(prefill), 0, "last")), whole(4), `cut ${cut}, prefill`);
        const decode = await device.step({ kind: "ids", ids: IDS.slice(5, 6) }, 5, "all");
        close(logitsOf(await edge.step(hiddenOf(decode), 5, "last")), whole(5), `cut ${cut}, decode`);
      }),
    );
  }
}

async function hopsAreReference(host: CompilingHost): Promise<void> {
  const { weights, manifest } = tinyModel();
  const a = manifest.architecture;
  const hops = [0, 1, 3, TINY.blocks];
  let hidden = concat(referenceEmbedding(a, weights, IDS).map((row) => Float32Array.from(row)));
  let expected = referenceEmbedding(a, weights, IDS);
  for (let hop = 0; hop + 1 < hops.length; hop++) {
    const [from = 0, to = 0] = [hops[hop], hops[hop + 1]];
    expected = referenceBlocks(a, weights, expected, from, to);
    await withSession(host, { embedding: false, from, to, head: false }, async (session) => {
      hidden = hiddenOf(await session.step({ kind: "hidden", hidden }, 0, "all")).hidden;
    });
    close(hidden, concat(expected.map((row) => Float32Array.from(row))), `after blocks ${from} to ${to}`);
  }
}

const EXIT = 2;

async function exitIsReference(host: CompilingHost): Promise<void> {
  const { weights, manifest } = tinyModel(TINY, 1, "F16", [EXIT]);
  const a = manifest.architecture;
  const hidden = referenceBlocks(a, weights, referenceEmbedding(a, weights, IDS), 0, EXIT);
  const expected = referenceExit(a, weights, EXIT, hidden).map((row) => Float32Array.from(row));
  const input = { kind: "hidden" as const, hidden: concat(hidden.map((row) => Float32Array.from(row))) };
  await withSession(
    host,
    { embedding: false, from: TINY.blocks, to: TINY.blocks, head: true, exit: EXIT },
    async (session) => close(logitsOf(await session.step(input, 0, "all")), concat(expected), "logits"),
  );
}

async function rewindingIsExact(host: CompilingHost): Promise<void> {
  const whole = await logitsAt(host, IDS);
  await withSession(host, WHOLE, async (session) => {
    await session.step({ kind: "ids", ids: IDS.slice(0, 6) }, 0, "last");
    await session.step({ kind: "ids", ids: [90, 91, 92] }, 6, "last"); // drafted in vain
    session.rewind(6);
    for (let again = 0; again < 2; again++)
      close(logitsOf(await session.step({ kind: "ids", ids: IDS.slice(6, 8) }, 6, "last")), whole(7), `time ${again}`);
    check(session.position === 8, "the position is after the last step");
  });
}

async function statelessIsExact(host: CompilingHost): Promise<void> {
  const whole = await logitsAt(host, IDS);
  const session = await host.open(WHOLE, { capacity: TINY.context, kvCache: false });
  for (const length of [5, 6, IDS.length])
    close(
      logitsOf(await session.step({ kind: "ids", ids: IDS.slice(0, length) }, 0, "last")),
      whole(length - 1),
      `${length} positions`,
    );
  check(session.memory().kvBytes === 0, "no past is allocated");
  await refused(session.step({ kind: "ids", ids: [1] }, 3, "last"), "position-gap");
  await session.close();
}

async function kvMoves(host: CompilingHost): Promise<void> {
  const whole = await logitsAt(host, IDS);
  await withSession(host, WHOLE, (first) =>
    withSession(host, WHOLE, async (second) => {
      await first.step({ kind: "ids", ids: IDS.slice(0, 7) }, 0, "last");
      await second.importKv(await first.exportKv(0, TINY.blocks, 7));
      close(logitsOf(await second.step({ kind: "ids", ids: IDS.slice(7, 8) }, 7, "last")), whole(7), "after the move");
    }),
  );
}

async function lastIsLastOfAll(host: CompilingHost): Promise<void> {
  const whole = await logitsAt(host, IDS);
  await withSession(host, WHOLE, async (session) =>
    close(logitsOf(await session.step({ kind: "ids", ids: IDS }, 0, "last")), whole(IDS.length - 1), "last"),
  );
}

async function boundsAreCoded(host: CompilingHost): Promise<void> {
  const session = await host.open(WHOLE, { capacity: TINY.context, kvCache: true });
  const full = Array.from({ length: TINY.context }, (_, i) => i);
  await session.step({ kind: "ids", ids: full.slice(0, -1) }, 0, "last");
  await refused(session.step({ kind: "ids", ids: [1] }, TINY.context, "last"), "position-gap");
  check(
    (await session.step({ kind: "ids", ids: full.slice(-1) }, TINY.context - 1, "last")).positions === 1,
    "the last position is usable",
  );
  await refused(session.step({ kind: "ids", ids: [1] }, TINY.context, "last"), "context-full");
  await session.close();
  await refused(host.open(WHOLE, { capacity: TINY.context + 1, kvCache: true }), "prompt-too-long");
  await refused(host.open({ ...WHOLE, to: 99 }, { capacity: 8, kvCache: true }), "cut-out-of-range");
}

async function sessionsAreIsolated(host: CompilingHost): Promise<void> {
  const alone = await logitsAt(host, IDS);
  await withSession(host, WHOLE, (mine) =>
    withSession(host, WHOLE, async (other) => {
      await mine.step({ kind: "ids", ids: IDS.slice(0, 6) }, 0, "last");
      await other.step({ kind: "ids", ids: [70, 71, 72, 73, 74, 75, 76, 77] }, 0, "last");
      close(logitsOf(await mine.step({ kind: "ids", ids: IDS.slice(6, 7) }, 6, "last")), alone(6), "beside another");
    }),
  );
}

async function withSession(
  host: CompilingHost,
  segment: Segment,
  body: (session: SegmentSession) => Promise<void>,
): Promise<void> {
  const session = await host.open(segment, { capacity: 32, kvCache: true });
  try {
    await body(session);
  } finally {
    await session.close();
  }
}

/** The uncut model's logits by position, from one pass. */
async function logitsAt(host: CompilingHost, ids: readonly number[]): Promise<(position: number) => Float32Array> {
  let logits = new Float32Array();
  await withSession(host, WHOLE, async (session) => {
    logits = Float32Array.from(logitsOf(await session.step({ kind: "ids", ids }, 0, "all")));
  });
  return (position) => logits.slice(position * TINY.vocabulary, (position + 1) * TINY.vocabulary);
}

function logitsOf(output: SegmentOutput): Float32Array {
  if (output.kind !== "logits") throw new Error("expected logits");
  return output.logits;
}

function hiddenOf(output: SegmentOutput): { kind: "hidden"; hidden: Float32Array } {
  if (output.kind !== "hidden") throw new Error("expected hidden states");
  return output;
}

function concat(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`contract broken: ${what}`);
}

function close(got: Float32Array, expected: Float32Array, what: string): void {
  check(got.length === expected.length, `${what}: ${got.length} numbers where ${expected.length} were expected`);
  got.forEach((value, i) =>
    check(
      Math.abs(value - (expected[i] ?? Number.NaN)) <= TOLERANCE * (1 + Math.abs(expected[i] ?? 0)),
      `${what}: number ${i} is ${value}, expected ${expected[i]}`,
    ),
  );
}

async function refused(promise: Promise<unknown>, code: string): Promise<void> {
  const failure = await promise.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Failed ? thrown.failure.code : String(thrown)),
  );
  check(failure === code, `expected the failure ${code}, got ${failure}`);
}
