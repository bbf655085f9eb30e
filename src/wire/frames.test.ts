import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DOWN_KINDS,
  FRAME_HEADER_BYTES,
  HEADER_LAYOUT,
  UP_KINDS,
  offsetOf,
  readHeader,
  writeHeader,
} from "#core/run/frame-header.ts";
import { decodeDown, decodeUp, encodeDown, encodeUp } from "./frames.ts";
import { HEADER_BYTES, WIRE_VERSION, type DownMessage, type UpMessage } from "./messages.ts";

const u32 = fc.nat(0xffffffff);
const position = fc.nat(2 ** 30);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const ids = (least = 1) => fc.array(u32, { minLength: least, maxLength: 40 }).map((values) => Uint32Array.from(values));
const timing = fc.record({ queueUs: u32, computeUs: u32 });
/** count positions, each of the same number of bytes */
const activations = fc
  .record({ count: fc.integer({ min: 1, max: 9 }), width: fc.integer({ min: 1, max: 20 }) })
  .chain(({ count, width }) => bytes(count * width).map((payload) => ({ count, payload })));

const upMessages: fc.Arbitrary<UpMessage> = fc.oneof(
  fc
    .record({
      sequence: u32,
      position,
      want: fc.constantFrom("none" as const, "last" as const, "all" as const),
      filled: activations,
    })
    .map(({ filled, ...rest }) => ({ kind: "activations" as const, ...rest, ...filled })),
  fc.record({ kind: fc.constant("generate" as const), sequence: u32, position, ids: ids(), generate: u32 }),
  ids().chain((values) =>
    fc.record({
      kind: fc.constant("check" as const),
      sequence: u32,
      ids: fc.constant(values),
      judged: fc.integer({ min: 1, max: values.length }),
    }),
  ),
  fc
    .record({ sequence: u32, position, filled: activations })
    .chain(({ filled: { count, payload }, ...rest }) =>
      fc
        .array(u32, { minLength: count, maxLength: count })
        .map((targets) => ({ kind: "score" as const, ...rest, targets: Uint32Array.from(targets), payload })),
    ),
  ids().chain((values) =>
    fc.record({
      kind: fc.constant("verify" as const),
      sequence: u32,
      position,
      ids: fc.constant(values),
      drafted: fc.nat(values.length - 1),
      follows: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 64 }),
    }),
  ),
  fc.record({
    kind: fc.constant("move" as const),
    sequence: u32,
    phase: fc.constantFrom("prepare" as const, "commit" as const),
    position,
    from: fc.nat(99),
    to: fc.integer({ min: 99, max: 999 }),
  }),
  fc
    .record({ sequence: u32, position, from: fc.nat(99), to: fc.integer({ min: 100, max: 999 }), filled: activations })
    .map(({ filled, ...rest }) => ({ kind: "kv" as const, ...rest, ...filled })),
  fc
    .record({ sequence: u32, position, filled: activations })
    .map(({ filled, ...rest }) => ({ kind: "rebuild" as const, ...rest, ...filled })),
  fc.record({
    kind: fc.constant("fetch" as const),
    sequence: u32,
    position,
    count: fc.integer({ min: 1, max: 9 }),
    from: fc.nat(99),
    to: fc.integer({ min: 100, max: 999 }),
  }),
  fc.record({ kind: fc.constant("stop" as const), sequence: u32 }),
  fc.record({ kind: fc.constant("ping" as const), sequence: u32, payload: fc.uint8Array({ maxLength: 64 }) }),
);

const downMessages: fc.Arbitrary<DownMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("token" as const),
    sequence: u32,
    position,
    id: u32,
    finish: fc.constantFrom("none" as const, "eos" as const, "length" as const, "context" as const),
    timing,
  }),
  fc
    .record({ sequence: u32, position, timing, filled: activations })
    .map(({ filled, ...rest }) => ({ kind: "activations" as const, ...rest, ...filled })),
  fc.nat(20).chain((n) =>
    fc.record({
      kind: fc.constant("log-probs" as const),
      sequence: u32,
      position,
      values: fc.array(fc.float(), { minLength: n, maxLength: n }).map((values) => Float32Array.from(values)),
      favourites: fc.array(u32, { minLength: n, maxLength: n }).map((values) => Uint32Array.from(values)),
      timing,
    }),
  ),
  fc.nat(20).chain((n) => {
    const some = fc.array(fc.float(), { minLength: n, maxLength: n }).map((values) => Float32Array.from(values));
    return fc.record({
      kind: fc.constant("verdicts" as const),
      sequence: u32,
      ids: fc.array(u32, { minLength: n, maxLength: n }).map((values) => Uint32Array.from(values)),
      leads: some,
      margins: some,
      logProbs: some,
      timing,
    });
  }),
  fc.record({ sequence: u32, position, timing, accepted: fc.nat(40) }).chain((common) =>
    fc.oneof(
      u32.map((next) => ({
        kind: "verified" as const,
        ...common,
        next,
        dropped: false,
        distribution: new Uint8Array(0),
      })),
      fc
        .uint8Array({ maxLength: 64 })
        .map((distribution) => ({ kind: "verified" as const, ...common, next: null, dropped: false, distribution })),
      fc.constant({
        kind: "verified" as const,
        ...common,
        accepted: 0,
        next: null,
        dropped: true,
        distribution: new Uint8Array(0),
      }),
    ),
  ),
  ids(0).chain((drafted) =>
    fc
      .record({
        kind: fc.constant("round" as const),
        sequence: u32,
        position,
        drafted: fc.constant(drafted),
        accepted: fc.nat(drafted.length),
        next: fc.option(fc.nat(0xfffffffe)),
        finish: fc.constantFrom("none" as const, "eos" as const, "length" as const, "context" as const),
        timing,
      })
      .filter(({ next, finish }) => next !== null || finish !== "none"),
  ),
  fc.record({ kind: fc.constant("done" as const), sequence: u32, position, timing }),
  fc
    .record({ sequence: u32, position, timing, filled: activations })
    .map(({ filled, ...rest }) => ({ kind: "kv" as const, ...rest, ...filled })),
  fc.record({
    kind: fc.constant("pong" as const),
    sequence: u32,
    upBytes: fc.maxSafeNat(),
    downBytes: fc.maxSafeNat(),
  }),
  fc.record({
    kind: fc.constant("failure" as const),
    sequence: u32,
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
);

const UP_BY_KIND: readonly UpMessage[] = [
  { kind: "activations", sequence: 1, position: 5, count: 2, want: "last", payload: new Uint8Array(8) },
  { kind: "generate", sequence: 1, position: 0, ids: Uint32Array.of(7, 8), generate: 3 },
  { kind: "check", sequence: 1, ids: Uint32Array.of(7, 8), judged: 1 },
  { kind: "score", sequence: 1, position: 0, targets: Uint32Array.of(7, 8), payload: new Uint8Array(8) },
  {
    kind: "verify",
    sequence: 1,
    position: 4,
    ids: Uint32Array.of(7, 8, 9),
    drafted: 2,
    follows: true,
    payload: new Uint8Array(3),
  },
  { kind: "move", sequence: 1, phase: "commit", position: 9, from: 3, to: 12 },
  { kind: "kv", sequence: 1, position: 0, count: 2, from: 3, to: 4, payload: new Uint8Array(16) },
  { kind: "rebuild", sequence: 1, position: 0, count: 2, payload: new Uint8Array(8) },
  { kind: "fetch", sequence: 1, position: 0, count: 2, from: 3, to: 4 },
  { kind: "stop", sequence: 1 },
  { kind: "ping", sequence: 1, payload: new Uint8Array(3) },
];
const timing0 = { queueUs: 1, computeUs: 2 };
const DOWN_BY_KIND: readonly DownMessage[] = [
  { kind: "token", sequence: 1, position: 5, id: 9, finish: "eos", timing: timing0 },
  { kind: "activations", sequence: 1, position: 5, count: 2, payload: new Uint8Array(8), timing: timing0 },
  {
    kind: "log-probs",
    sequence: 1,
    position: 5,
    values: Float32Array.of(-1, -2),
    favourites: Uint32Array.of(3, 4),
    timing: timing0,
  },
  {
    kind: "verdicts",
    sequence: 1,
    ids: Uint32Array.of(1, 2),
    leads: Float32Array.of(0, Infinity),
    margins: Float32Array.of(1, 2),
    logProbs: Float32Array.of(-1, -Infinity),
    timing: timing0,
  },
  {
    kind: "verified",
    sequence: 1,
    position: 5,
    accepted: 2,
    next: 0,
    dropped: false,
    distribution: new Uint8Array(0),
    timing: timing0,
  },
  {
    kind: "round",
    sequence: 1,
    position: 5,
    drafted: Uint32Array.of(3, 4),
    accepted: 1,
    next: 8,
    finish: "none",
    timing: timing0,
  },
  { kind: "done", sequence: 1, position: 5, timing: timing0 },
  { kind: "kv", sequence: 1, position: 0, count: 2, payload: new Uint8Array(16), timing: timing0 },
  { kind: "pong", sequence: 1, upBytes: 2 ** 40 + 3, downBytes: 5 },
  { kind: "failure", sequence: 1, failure: { code: "context-full", capacity: 512 } },
];

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
  it("throws on a message that no frame can hold: a bug here, not a failure there", () => {
    for (const sequence of [-1, 1.5, 2 ** 32, NaN])
      expect(() => encodeUp({ kind: "stop", sequence })).toThrow(RangeError);
  });
});

describe("size", () => {
  it("a decode step carries 24 bytes beyond its payload", () => {
    expect(HEADER_BYTES).toBe(FRAME_HEADER_BYTES);
    expect(
      encodeUp({
        kind: "activations",
        sequence: 9,
        position: 511,
        count: 1,
        want: "last",
        payload: new Uint8Array(512),
      }).byteLength,
    ).toBe(512 + 24);
    expect(
      encodeDown({ kind: "token", sequence: 9, position: 512, id: 4095, finish: "none", timing: timing0 }).byteLength,
    ).toBe(24 + 4);
  });
  it("a drafted window under rules that send ids alone: 4 bytes a drafted token beyond the header", () => {
    for (const drafted of [0, 1, 4, 24]) {
      const ids = new Uint32Array(drafted + 1).fill(7); // one certain id before them
      expect(
        encodeUp({ kind: "verify", sequence: 1, position: 9, ids, drafted, follows: false, payload: new Uint8Array(0) })
          .byteLength,
      ).toBe(24 + 4 * drafted);
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
      fc.constantFrom(...Object.values(UP_KINDS), ...Object.values(DOWN_KINDS)),
      fc.nat(4),
      u32,
      u32,
      u32,
      u32,
      u32,
      fc.uint8Array({ maxLength: 100 }),
    );
    fc.assert(
      fc.property(header, ([kind, flags, sequence, at, count, first, second, payload]) => {
        const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
        writeHeader(frame, {
          kind,
          flags,
          wire: WIRE_VERSION,
          reserved: 0,
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
      for (const length of [0, 10, 23, frame.byteLength - 1])
        expect(decodeDown(frame.subarray(0, length)).ok, `${message.kind}`).toBe(false);
      expect(decodeDown(Uint8Array.from([...frame, 0])).ok, `${message.kind}`).toBe(false);
    }
  });
  it.each([
    ["another wire version", "wire", WIRE_VERSION + 1],
    ["a reserved byte in use", "reserved", 1],
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
    expect(failureOf(decodeDown(frame))).toMatchObject({ code: "bad-frame", offset: 12 });
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
        kind: 0x87,
        flags: 0,
        wire: WIRE_VERSION,
        reserved: 0,
        sequence: 0,
        position: 0,
        count: 0,
        first: 0,
        second: 0,
      });
      frame.set(payload, FRAME_HEADER_BYTES);
      expect(failureOf(decodeDown(frame)), `${source}`).toMatchObject({ code: "bad-frame", offset: 24 });
    }
  });
});

describe("the header's layout", () => {
  it("fills 24 bytes without gap or overlap", () => {
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
      payload: Uint8Array.of(0xee),
    });
    expect([...frame]).toEqual([1, 1, 2, 0, 4, 3, 2, 1, 8, 7, 6, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xee]);
  });
});
