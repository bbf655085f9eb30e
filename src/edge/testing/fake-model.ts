/**
 * A model small enough to compute by hand, exact in float32, whose every block looks at all earlier
 * positions: a wrong cut, a lost or foreign cache, a missing or doubled position change its tokens.
 *
 * Activation of token t: [t, 1, 0, 0]. A block adds the sum of the first numbers of all positions
 * so far, modulo the vocabulary. The head's best token is the first number plus one.
 */
import type { Architecture, Segment } from "#core/model/architecture.ts";
import type { ModelManifest, Shard } from "#core/model/manifest.ts";
import { fail } from "#core/run/failure.ts";
import type { KvSlice, ModelHost, SegmentInput, SegmentOptions, SegmentOutput, SegmentSession } from "#engine/ports.ts";
import type { Want } from "#wire/messages.ts";

export const FAKE_ARCHITECTURE: Architecture = {
  family: "llama",
  blocks: 4,
  hidden: 4,
  heads: 1,
  kvHeads: 1,
  headSize: 4,
  intermediate: 4,
  vocabulary: 61,
  context: 64,
  normEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: { kind: "none" } },
  tiedEmbedding: true,
  attentionBias: false,
  mlpBias: false,
};

const shard = (digit: string): Shard => ({ sha256: digit.repeat(64), bytes: 8, tensors: [] });

export const FAKE_MANIFEST: ModelManifest = {
  schema: 1,
  name: "fake",
  architecture: FAKE_ARCHITECTURE,
  stopIds: [60],
  parameters: 4,
  licence: null,
  embedding: shard("e"),
  blocks: ["0", "1", "2", "3"].map(shard),
  norm: shard("a"),
  head: null,
  revision: "f".repeat(64),
};

export interface FakeHost extends ModelHost {
  readonly openSessions: () => number;
}

export interface FakeFaults {
  /** Called before each step: slow it down, or throw. */
  beforeStep?: (input: SegmentInput) => Promise<void> | void;
}

export function fakeHost(faults: FakeFaults = {}): FakeHost {
  const sessions = new Set<SegmentSession>();
  return {
    manifest: FAKE_MANIFEST,
    runtime: { runtime: "fake", backend: "cpu", adapter: null, software: false, threads: 1 },
    async open(segment, options) {
      const session = new FakeSession(segment, options, faults, () => sessions.delete(session));
      sessions.add(session);
      return session;
    },
    memory: () => ({ weightBytes: 1000, kvBytes: sessions.size * 100 }),
    trim: () => Promise.resolve(),
    async close() {
      for (const session of sessions) await session.close();
    },
    openSessions: () => sessions.size,
  };
}

const { hidden: WIDTH, vocabulary: VOCABULARY } = FAKE_ARCHITECTURE;

class FakeSession implements SegmentSession {
  readonly segment: Segment;
  readonly capacity: number;
  readonly #options: SegmentOptions;
  readonly #faults: FakeFaults;
  readonly #onClose: () => void;
  /** Per block, the first numbers that came in. */
  readonly #cache: number[][];
  #held = 0;

  constructor(segment: Segment, options: SegmentOptions, faults: FakeFaults, onClose: () => void) {
    this.segment = segment;
    this.capacity = options.capacity;
    this.#options = options;
    this.#faults = faults;
    this.#onClose = onClose;
    this.#cache = Array.from({ length: segment.to - segment.from }, () => []);
  }

  get position(): number {
    return this.#held;
  }

  async step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput> {
    await this.#faults.beforeStep?.(input);
    const rows =
      input.kind === "ids"
        ? Array.from(input.ids, (id) => [id, 1, 0, 0])
        : Array.from({ length: input.hidden.length / WIDTH }, (_, row) => [
            ...input.hidden.subarray(row * WIDTH, (row + 1) * WIDTH),
          ]);
    if (position > this.#held || (!this.#options.kvCache && position > 0))
      fail({ code: "position-gap", position, held: this.#held });
    if (position + rows.length > this.capacity) fail({ code: "context-full", capacity: this.capacity });
    const out = rows.map((row, index) => this.#row(row, position + index));
    this.#held = this.#options.kvCache ? position + rows.length : 0;
    const wanted = want === "all" ? out : want === "last" ? out.slice(-1) : [];
    if (!this.segment.head)
      return { kind: "hidden", hidden: Float32Array.from(wanted.flat()), positions: wanted.length };
    return { kind: "logits", logits: Float32Array.from(wanted.flatMap(logitsOf)), positions: wanted.length };
  }

  #row(row: readonly number[], position: number): readonly number[] {
    let [first = 0] = row;
    for (const cache of this.#cache) {
      cache[position] = first;
      first = (first + cache.slice(0, position + 1).reduce((sum, each) => sum + each, 0)) % VOCABULARY;
    }
    return [first, ...row.slice(1)];
  }

  rewind(position: number): void {
    this.#held = position;
  }

  /** A first number is the first of its position's key; values are zero. */
  async exportKv(from: number, to: number, positions: number): Promise<KvSlice> {
    if (positions > this.#held) fail({ code: "position-gap", position: positions, held: this.#held });
    const caches = this.#cache.slice(from - this.segment.from, to - this.segment.from);
    const keys = caches.map((cache) =>
      Float32Array.from({ length: positions * WIDTH }, (_, at) => (at % WIDTH === 0 ? (cache[at / WIDTH] ?? 0) : 0)),
    );
    return { from, to, positions, keys, values: keys.map((rows) => new Float32Array(rows.length)) };
  }

  async importKv({ from, positions, keys }: KvSlice): Promise<void> {
    keys.forEach((rows, index) => {
      this.#cache[from - this.segment.from + index] = Array.from(
        { length: positions },
        (_, position) => rows[position * WIDTH] ?? 0,
      );
    });
    this.#held = positions;
  }

  memory(): { weightBytes: number; kvBytes: number } {
    return { weightBytes: 0, kvBytes: 100 };
  }

  async close(): Promise<void> {
    this.#onClose();
  }
}

const logitsOf = ([first = 0]: readonly number[]): readonly number[] =>
  Array.from({ length: VOCABULARY }, (_, id) => (id === (Math.round(first) + 1) % VOCABULARY ? 1 : -id / 1000));

/** What the whole model generates greedily, computed without any session: the oracle. */
export function fakeContinuation(prompt: readonly number[], count: number): readonly number[] {
  const ids = [...prompt];
  for (let n = 0; n < count; n++) {
    let firsts = [...ids];
    for (let block = 0; block < FAKE_ARCHITECTURE.blocks; block++) {
      let sum = 0;
      firsts = firsts.map((first) => {
        sum += first;
        return (first + sum) % VOCABULARY;
      });
    }
    ids.push(((firsts.at(-1) ?? 0) + 1) % VOCABULARY);
  }
  return ids.slice(prompt.length);
}
