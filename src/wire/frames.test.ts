import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as down from "#core/frames/down-parts.ts";
import {
  DOWN_ROWS,
  UP_ROWS,
  downCode,
  type DownMessage,
  type MessageRow,
  type UpMessage,
} from "#core/frames/message-table.ts";
import type { FieldsOf, MessagePart } from "#core/frames/part.ts";
import * as up from "#core/frames/up-parts.ts";
import { CANDIDATES } from "#core/sampling/candidates.ts";
import {
  BLANK_HEADER,
  FRAME_HEADER_BYTES,
  HEADER_LAYOUT,
  offsetOf,
  readHeader,
  writeHeader,
} from "#core/frames/frame-header.ts";
import { decodeDown, decodeUp, encodeDown, encodeUp } from "./frames.ts";
import { WIRE_VERSION } from "./messages.ts";
import { DOWN_BY_KIND, UP_BY_KIND, timing0 } from "./testing/sample-messages.ts";

// Any fields of each part of the message table: a part without a sample does not compile.

/** By the names that a module exports its parts under. */
type SamplesOf<Module> = {
  readonly [N in keyof Module as Module[N] extends MessagePart<infer _> ? N : never]: fc.Arbitrary<FieldsOf<Module[N]>>;
};

const u32 = fc.nat(0xffffffff);
const bytes = (least: number, most = least) => fc.uint8Array({ minLength: least, maxLength: most });
const ids = (least = 1, most = 40) =>
  fc.array(u32, { minLength: least, maxLength: most }).map((values) => Uint32Array.from(values));
const floats = (count: number) =>
  fc.array(fc.float(), { minLength: count, maxLength: count }).map((values) => Float32Array.from(values));
const finish = fc.constantFrom("none" as const, "eos" as const, "length" as const, "context" as const);
/** count positions, each of the same number of bytes */
const filled = fc
  .record({ count: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 20 }) })
  .chain(({ count, width }) => bytes(count * width).map((payload) => ({ count, payload })));

const UP_SAMPLES: SamplesOf<typeof up> = {
  position: fc.record({ position: fc.nat(2 ** 30) }),
  weights: fc
    .record({ adapter: fc.nat(255), version: fc.nat(65535) })
    .map(({ adapter, version }) => ({ ...(adapter === 0 ? {} : { adapter }), ...(version === 0 ? {} : { version }) })),
  want: fc.record({ want: fc.constantFrom("none" as const, "last" as const, "all" as const) }),
  phase: fc.record({ phase: fc.constantFrom("prepare" as const, "commit" as const) }),
  follows: fc.record({ follows: fc.boolean() }),
  smashed: filled,
  keysAndValues: filled,
  asked: fc.record({ count: fc.integer({ min: 1, max: 9 }) }),
  segmentBlocks: fc.record({ from: fc.nat(99), to: fc.integer({ min: 99, max: 999 }) }),
  someBlocks: fc.record({ from: fc.nat(99), to: fc.integer({ min: 100, max: 999 }) }),
  tokenIds: fc.record({ ids: ids() }),
  generate: fc.record({ generate: u32 }),
  judgedIds: ids().chain((values) =>
    fc.record({ ids: fc.constant(values), judged: fc.integer({ min: 1, max: values.length }) }),
  ),
  targets: filled.chain(({ count, payload }) => ids(count, count).map((targets) => ({ targets, payload }))),
  window: ids().chain((values) =>
    fc.record({ ids: fc.constant(values), drafted: fc.nat(values.length - 1), payload: bytes(0, 64) }),
  ),
  echo: fc.record({ payload: bytes(0, 64) }),
  bare: fc.constant({}),
};

const DOWN_SAMPLES: SamplesOf<typeof down> = {
  timing: fc.record({ timing: fc.record({ queueUs: u32, computeUs: u32 }) }),
  further: fc
    .array(fc.record({ linkUs: u32, queueUs: u32, computeUs: u32 }), { maxLength: 4 })
    .map((hops) => (hops.length === 0 ? {} : { further: hops })),
  sampled: fc.record({ id: u32, finish }),
  scores: fc.nat(20).chain((n) => fc.record({ values: floats(n), favourites: ids(n, n) })),
  verdicts: fc
    .nat(20)
    .chain((n) => fc.record({ ids: ids(n, n), leads: floats(n), margins: floats(n), logProbs: floats(n) })),
  candidates: fc.nat(9).chain((n) =>
    fc.record({
      ranks: ids(n, n),
      logProbs: floats(n),
      odds: floats(n),
      bestIds: ids(n * CANDIDATES, n * CANDIDATES),
      bestLogProbs: floats(n * CANDIDATES),
      bestOdds: floats(n * CANDIDATES),
    }),
  ),
  verdict: fc.oneof(
    fc.record({
      accepted: fc.nat(40),
      next: u32,
      dropped: fc.constant(false),
      distribution: fc.constant(new Uint8Array(0)),
    }),
    fc.record({
      accepted: fc.nat(40),
      next: fc.constant(null),
      dropped: fc.constant(false),
      distribution: bytes(0, 64),
    }),
    fc.constant({ accepted: 0, next: null, dropped: true, distribution: new Uint8Array(0) }),
  ),
  round: ids(0)
    .chain((drafted) =>
      fc.record({
        drafted: fc.constant(drafted),
        accepted: fc.nat(drafted.length),
        next: fc.option(fc.nat(0xfffffffe)),
        finish,
      }),
    )
    .filter((each) => each.next !== null || each.finish !== "none"),
  byteCounts: fc.record({ upBytes: fc.maxSafeNat(), downBytes: fc.maxSafeNat() }),
  failed: fc.record({
    failure: fc.oneof(
      fc.record({
        code: fc.constant("bad-frame" as const),
        what: fc.string({ unit: "binary" }),
        offset: fc.option(fc.nat()),
      }),
      fc.record({
        code: fc.constant("session-lost" as const),
        session: fc.string(),
        why: fc.string({ unit: "grapheme" }),
      }),
      fc.constant({ code: "stopped" as const }),
    ),
  }),
};

/** By the part itself, as the rows hold it. */
const SAMPLES: ReadonlyMap<object, fc.Arbitrary<object>> = new Map<object, fc.Arbitrary<object>>([
  ...pairs(up, UP_SAMPLES),
  ...pairs(down, DOWN_SAMPLES),
]);

function pairs(module: object, samples: object): readonly (readonly [object, fc.Arbitrary<object>])[] {
  const parts = new Map<string, object>(Object.entries(module));
  return Object.entries(samples).map(
    ([name, sample]: [string, fc.Arbitrary<object>]) => [parts.get(name) ?? {}, sample] as const,
  );
}

function sampleOf(part: object): fc.Arbitrary<object> {
  const sample = SAMPLES.get(part);
  if (sample === undefined) throw new Error("a part that its module does not export");
  return sample;
}

/** Any message of a row: any fields of each of its parts. */
const messagesOf = <M extends { readonly kind: string }>(
  rows: readonly MessageRow<M & { readonly sequence: number }>[],
) =>
  fc.oneof(
    ...rows.map(({ kind, parts }) =>
      fc
        .tuple(fc.nat(0xffffffff), fc.nat(65535), ...parts.map((part) => sampleOf(part)))
        .map(
          ([sequence, session, ...fields]) =>
            Object.assign({ kind, sequence }, session === 0 ? {} : { session }, ...fields) as M,
        ),
    ),
  );
const upMessages = messagesOf<UpMessage>(UP_ROWS);
const downMessages = messagesOf<DownMessage>(DOWN_ROWS);

/** The frame in the middle of a larger buffer, off any alignment: reading past either end would show. */
function embedded(frame: Uint8Array, shift: number): Uint8Array {
  const buffer = new Uint8Array(frame.byteLength + shift + 40).fill(0xaa);
  buffer.set(frame, shift);
  return buffer.subarray(shift, shift + frame.byteLength);
}

const failureOf = (result: ReturnType<typeof decodeUp> | ReturnType<typeof decodeDown>) =>
  result.ok ? null : result.failure;

describe("round trips", () => {
  it("gives back every message that goes up, wherever it lies", () => {
    fc.assert(
      fc.property(upMessages, fc.nat(7), (message, shift) => {
        expect(decodeUp(embedded(encodeUp(message), shift))).toEqual({ ok: true, value: message });
      }),
      { numRuns: 1000 },
    );
  });
  it("gives back every message that comes down", () => {
    fc.assert(
      fc.property(downMessages, fc.nat(7), (message, shift) => {
        expect(decodeDown(embedded(encodeDown(message), shift))).toEqual({ ok: true, value: message });
      }),
      { numRuns: 1000 },
    );
  });
  it("covers every kind", () => {
    for (const message of UP_BY_KIND) expect(decodeUp(encodeUp(message))).toEqual({ ok: true, value: message });
    for (const message of DOWN_BY_KIND) expect(decodeDown(encodeDown(message))).toEqual({ ok: true, value: message });
  });
  it("refuses up what comes down and the other way round", () => {
    for (const message of UP_BY_KIND)
      expect(failureOf(decodeDown(encodeUp(message)))).toMatchObject({ code: "bad-frame", offset: 0 });
    for (const message of DOWN_BY_KIND)
      expect(failureOf(decodeUp(encodeDown(message)))).toMatchObject({ code: "bad-frame", offset: 0 });
  });
  it("rounds the edge's times to microseconds and never wraps them", () => {
    const sent = encodeDown({ kind: "done", sequence: 0, position: 0, timing: { queueUs: 1.6, computeUs: 1e12 } });
    expect(decodeDown(sent)).toMatchObject({ value: { timing: { queueUs: 2, computeUs: 0xffffffff } } });
  });
  it("refuses a failure that is longer than any, without parsing it", () => {
    const known = Array.from({ length: 20_000 }, () => "temperature");
    const frame = encodeDown({
      kind: "failure",
      sequence: 1,
      failure: { code: "unknown-key", key: "x", known },
    });
    expect(failureOf(decodeDown(frame))).toMatchObject({
      code: "bad-frame",
      what: expect.stringMatching(/^a failure of \d+ bytes$/),
    });
  });
  it("throws on a message that no frame can hold: a bug here, not a failure there", () => {
    for (const sequence of [-1, 1.5, 2 ** 32, NaN])
      expect(() => encodeUp({ kind: "stop", sequence })).toThrow(RangeError);
  });
});

describe("size", () => {
  it("a decode step carries 28 bytes beyond its payload", () => {
    expect(
      encodeUp({
        kind: "activations",
        sequence: 9,
        position: 511,
        count: 1,
        want: "last",
        payload: new Uint8Array(512),
      }).byteLength,
    ).toBe(512 + 28);
    expect(
      encodeDown({ kind: "token", sequence: 9, position: 512, id: 4095, finish: "none", timing: timing0 }).byteLength,
    ).toBe(28 + 4);
  });
  it("a drafted window under rules that send ids alone: 4 bytes a drafted token beyond the header", () => {
    for (const drafted of [0, 1, 4, 24]) {
      const ids = new Uint32Array(drafted + 1).fill(7); // one certain id before them
      expect(
        encodeUp({ kind: "verify", sequence: 1, position: 9, ids, drafted, follows: false, payload: new Uint8Array(0) })
          .byteLength,
      ).toBe(28 + 4 * drafted);
    }
  });
});

const dividesEvenly = ({ kind }: UpMessage): boolean => ["activations", "score", "kv", "rebuild"].includes(kind);

describe("what is not a frame", () => {
  /** Read, or refused as a bad frame that says what and where within it. */
  const tame = (frame: Uint8Array) =>
    [decodeUp(frame), decodeDown(frame)].every((result) => {
      if (result.ok) return true;
      const { failure } = result;
      return (
        failure.code === "bad-frame" &&
        failure.what !== "" &&
        failure.offset !== null &&
        failure.offset >= 0 &&
        failure.offset <= frame.byteLength
      );
    });
  it("random bytes are refused or read, and never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), (noise, shift) => {
        expect(tame(embedded(noise, shift))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
  it("headers of our own kinds with random fields never throw", () => {
    const header = fc.tuple(
      fc.constantFrom(...[...UP_ROWS, ...DOWN_ROWS].map(({ code }) => code)),
      fc.nat(4),
      fc.nat(2),
      fc.nat(2),
      fc.nat(2),
      u32,
      u32,
      u32,
      u32,
      u32,
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(header, ([kind, flags, session, adapter, version, sequence, at, count, first, second, payload]) => {
        const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
        writeHeader(frame, {
          ...BLANK_HEADER,
          kind,
          flags,
          wire: WIRE_VERSION,
          session,
          adapter,
          version,
          sequence,
          position: at,
          count,
          first,
          second,
        });
        frame.set(payload, FRAME_HEADER_BYTES);
        expect(tame(frame)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
  it("valid frames with bytes changed, cut or added never throw", () => {
    const frames = fc.oneof(upMessages.map(encodeUp), downMessages.map(encodeDown));
    const change = fc.record({
      at: fc.nat(60),
      by: fc.integer({ min: 1, max: 255 }),
      cut: fc.nat(30),
      add: fc.uint8Array({ maxLength: 9 }),
    });
    fc.assert(
      fc.property(frames, change, (frame, { at, by, cut, add }) => {
        const changed = Uint8Array.from([...frame.subarray(0, frame.byteLength - cut), ...add]);
        if (at < changed.length) changed[at]! ^= by;
        expect(tame(changed)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
  it("a shortened or lengthened frame is refused wherever its length is known", () => {
    const fixed = UP_BY_KIND.filter(({ kind }) => kind !== "ping" && kind !== "verify"); // those end with bytes of any number
    for (const message of fixed) {
      const frame = encodeUp(message);
      for (let length = 0; length < frame.byteLength; length++) {
        // Activations and scores may lose whole positions' worth evenly: their payload has the session's own width.
        if (dividesEvenly(message) && length > FRAME_HEADER_BYTES && (frame.byteLength - length) % 2 === 0) continue;
        expect(decodeUp(frame.subarray(0, length)).ok, `${message.kind} of ${length}`).toBe(false);
      }
      const evenly = dividesEvenly(message);
      expect(decodeUp(Uint8Array.from([...frame, 0])).ok && !evenly).toBe(false);
    }
    for (const message of DOWN_BY_KIND.filter(({ kind }) => kind !== "activations" && kind !== "kv")) {
      // the verdict is one without a distribution
      const frame = encodeDown(message);
      for (const length of [0, 10, 27, frame.byteLength - 1])
        expect(decodeDown(frame.subarray(0, length)).ok, `${message.kind}`).toBe(false);
      expect(decodeDown(Uint8Array.from([...frame, 0])).ok, `${message.kind}`).toBe(false);
    }
  });
  it.each([
    ["another wire version", "wire", WIRE_VERSION + 1],
    ["an adapter that a stop has not", "adapter", 1],
    ["a version that a stop has not", "version", 1],
    ["flags that a stop has not", "flags", 1],
    ["a position that a stop has not", "position", 1],
    ["a count that a stop has not", "count", 1],
    ["a second number that a stop has not", "second", 1],
    ["an unknown kind", "kind", 0x7f],
  ] as const)("says where: %s", (_, name, value) => {
    const frame = encodeUp({ kind: "stop", sequence: 3 });
    writeHeader(frame, { ...readHeader(frame)!, [name]: value });
    expect(failureOf(decodeUp(frame))).toMatchObject({ code: "bad-frame", offset: offsetOf(name) });
  });
  it.each<[string, UpMessage]>([
    [
      "no positions",
      { kind: "activations", sequence: 1, position: 0, count: 0, want: "all", payload: new Uint8Array(0) },
    ],
    [
      "a payload that does not divide",
      { kind: "activations", sequence: 1, position: 0, count: 3, want: "all", payload: new Uint8Array(8) },
    ],
    [
      "positions past the limit",
      { kind: "activations", sequence: 1, position: 2 ** 31, count: 1, want: "all", payload: new Uint8Array(8) },
    ],
    ["nothing to generate from", { kind: "generate", sequence: 1, position: 0, ids: new Uint32Array(0), generate: 1 }],
    ["more judged than there is", { kind: "check", sequence: 1, ids: Uint32Array.of(1), judged: 2 }],
    ["nothing judged", { kind: "check", sequence: 1, ids: Uint32Array.of(1), judged: 0 }],
    [
      "a window of drafts alone",
      {
        kind: "verify",
        sequence: 1,
        position: 0,
        ids: Uint32Array.of(1, 2),
        drafted: 2,
        follows: false,
        payload: new Uint8Array(0),
      },
    ],
    ["blocks that go backwards", { kind: "move", sequence: 1, phase: "prepare", position: 0, from: 3, to: 2 }],
    [
      "keys and values of no block",
      { kind: "kv", sequence: 1, position: 0, count: 1, from: 3, to: 3, payload: new Uint8Array(8) },
    ],
    ["a question for no positions", { kind: "fetch", sequence: 1, position: 0, count: 0, from: 3, to: 4 }],
    [
      "targets without activations",
      { kind: "score", sequence: 1, position: 0, targets: Uint32Array.of(1), payload: new Uint8Array(0) },
    ],
  ])("refuses %s", (_, message) => {
    expect(failureOf(decodeUp(encodeUp(message)))).toMatchObject({ code: "bad-frame" });
  });
  it("refuses a count that would ask for far more than is there, at once", () => {
    const frame = encodeDown({
      kind: "verdicts",
      sequence: 1,
      ids: new Uint32Array(0),
      leads: new Float32Array(0),
      margins: new Float32Array(0),
      logProbs: new Float32Array(0),
      timing: timing0,
    });
    writeHeader(frame, { ...readHeader(frame)!, count: 2 ** 30 });
    expect(failureOf(decodeDown(frame))).toMatchObject({ code: "bad-frame", offset: 16 });
  });
  it("refuses a failure that is none", () => {
    for (const source of [
      "",
      "{",
      "{}",
      '{"code":"made-up"}',
      '{"code":"bad-frame"}',
      '{"code":"stopped","caf\u00e9":1}',
    ]) {
      const payload = Uint8Array.from(source, (character) => character.charCodeAt(0));
      const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
      writeHeader(frame, {
        ...BLANK_HEADER,
        kind: downCode("failure"),
        wire: WIRE_VERSION,
      });
      frame.set(payload, FRAME_HEADER_BYTES);
      expect(failureOf(decodeDown(frame)), `${source}`).toMatchObject({ code: "bad-frame", offset: 28 });
    }
  });
});

describe("the header's layout", () => {
  it("fills 28 bytes without gap or overlap", () => {
    let at = 0;
    for (const { offset, bytes: size } of HEADER_LAYOUT) {
      expect(offset).toBe(at);
      at += size;
    }
    expect(at).toBe(FRAME_HEADER_BYTES);
  });
  it("is little-endian and pinned", () => {
    const frame = encodeUp({
      kind: "activations",
      sequence: 0x01020304,
      position: 0x05060708,
      count: 1,
      want: "last",
      session: 0x0a0b,
      adapter: 12,
      version: 0x0d0e,
      payload: Uint8Array.of(0xee),
    });
    expect([...frame.subarray(0, 8)]).toEqual([1, 1, 3, 12, 0x0b, 0x0a, 0x0e, 0x0d]);
    expect([...frame.subarray(8)]).toEqual([4, 3, 2, 1, 8, 7, 6, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xee]);
  });
});
