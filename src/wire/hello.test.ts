import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnswer, parseHello, writeHandshake } from "./hello.ts";
import { WIRE_VERSION, type Hello, type Refusal, type Welcome } from "./messages.ts";

const hello: Hello = {
  kind: "hello",
  wire: WIRE_VERSION,
  build: "abc",
  model: "concierge-10m",
  revision: "f".repeat(64),
  segment: { embedding: false, from: 4, to: 12, head: true },
  codec: "f16",
  capacity: 128,
  kvCache: true,
  sampling: { temperature: 0.8, topK: 0, topP: 1, seed: 1 },
  edgeLoad: 1,
  verify: null,
  draft: null,
  access: null,
  resume: { session: "0123456789abcdef0123456789abcdef", position: 17 },
};
const welcome: Welcome = {
  kind: "welcome",
  wire: WIRE_VERSION,
  build: "abc",
  session: "0123456789abcdef0123456789abcdef",
  position: 0,
  edge: { version: "0.1.0", runtime: "onnxruntime-node 1.30.0", provider: "cpu", threads: 1, cores: 2 },
  memory: { weightBytes: 1, kvBytes: 2 },
  maxMessageBytes: 1 << 20,
  idleTimeoutMs: 60_000,
};
const refusal: Refusal = {
  kind: "refusal",
  failure: { code: "edge-full", what: "sessions", limit: 8, retryAfterMs: 1000 },
};

/** Every path to a leaf of a value, to break one at a time. */
function leaves(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))];
}
/** The value with what lies at `path` left out, or replaced. */
function without(value: unknown, [key = "", ...rest]: readonly string[], replacement?: unknown): unknown {
  return Object.fromEntries(
    Object.entries(value ?? {}).flatMap(([name, inner]) => {
      if (name !== key) return [[name, inner]];
      if (rest.length > 0) return [[name, without(inner, rest, replacement)]];
      return replacement === undefined ? [] : [[name, replacement]];
    }),
  );
}

describe("handshake", () => {
  it("round-trips", () => {
    expect(parseHello(writeHandshake(hello))).toEqual({ ok: true, value: hello });
    const stop = { endpoint: "http://second", segment: hello.segment, codec: "f32" };
    expect(parseHello(writeHandshake({ ...hello, onward: [stop] }))).toEqual({
      ok: true,
      value: { ...hello, onward: [stop] },
    });
    expect(parseHello(writeHandshake({ ...hello, onward: Array.from({ length: 9 }, () => stop) }))).toMatchObject({
      failure: { code: "bad-frame" },
    });
    expect(parseHello(writeHandshake({ ...hello, sampling: null, resume: null, access: "key" }))).toEqual({
      ok: true,
      value: { ...hello, sampling: null, resume: null, access: "key" },
    });
    const plugged: Hello = { ...hello, verify: "mine", plugins: ["a".repeat(64), "b".repeat(64)] };
    expect(parseHello(writeHandshake(plugged))).toEqual({ ok: true, value: plugged });
    for (const plugins of [null, "a", [7], ["../etc"], ["A".repeat(64)]])
      expect(parseHello(JSON.stringify({ ...hello, plugins }))).toMatchObject({
        ok: false,
        failure: { code: "bad-frame" },
      });
    expect(parseAnswer(writeHandshake(welcome))).toEqual({ ok: true, value: welcome });
    expect(parseAnswer(writeHandshake(refusal))).toEqual({ ok: true, value: refusal });
  });
  it("ignores what a newer build adds", () => {
    expect(parseHello(JSON.stringify({ ...hello, colour: "red" }))).toEqual({ ok: true, value: hello });
  });
  it.each(
    leaves(hello)
      .filter((path) => path.length > 0)
      .map((path) => [path.join("."), path] as const),
  )("names hello.%s when it is missing or of another type", (name, path) => {
    for (const broken of [without(hello, path), without(hello, path, { odd: [] })]) {
      const parsed = parseHello(JSON.stringify(broken));
      expect(parsed).toMatchObject({ ok: false, failure: { code: "bad-frame" } });
      expect(JSON.stringify(parsed)).toContain(name);
    }
  });
  it.each(
    leaves(welcome)
      .filter((path) => path.length > 0)
      .map((path) => [path.join("."), path] as const),
  )("names welcome.%s when it is missing", (name, path) => {
    const parsed = parseAnswer(JSON.stringify(without(welcome, path)));
    expect(parsed).toMatchObject({ ok: false, failure: { code: "bad-frame" } });
    expect(JSON.stringify(parsed)).toContain(name);
  });
  it("refuses values that cannot be", () => {
    const wrong: readonly Partial<Record<keyof Hello, unknown>>[] = [
      { capacity: 0 },
      { capacity: 1.5 },
      { edgeLoad: 0 },
      { segment: { ...hello.segment, from: -1 } },
      { segment: { ...hello.segment, from: 12, to: 4 } },
      { resume: { session: "short", position: 0 } },
      { resume: { session: hello.resume!.session, position: -1 } },
      { sampling: { ...hello.sampling!, temperature: -1 } },
      { sampling: { ...hello.sampling!, seed: 2 ** 32 } },
      { kind: "welcome" },
    ];
    for (const change of wrong)
      expect(parseHello(JSON.stringify({ ...hello, ...change })), `${JSON.stringify(change)}`).toMatchObject({
        ok: false,
        failure: { code: "bad-frame" },
      });
  });
  it("tells another wire version apart from a broken message, whatever else is in it", () => {
    expect(parseHello(JSON.stringify({ kind: "hello", wire: WIRE_VERSION + 1, all: "different" }))).toEqual({
      ok: false,
      failure: { code: "protocol-mismatch", page: String(WIRE_VERSION + 1), edge: String(WIRE_VERSION) },
    });
    expect(parseHello(JSON.stringify({ ...hello, wire: 0 }))).toMatchObject({
      failure: { code: "protocol-mismatch", page: "0", edge: String(WIRE_VERSION) },
    });
    expect(parseAnswer(JSON.stringify({ ...welcome, wire: 7 }))).toEqual({
      ok: false,
      failure: { code: "protocol-mismatch", page: String(WIRE_VERSION), edge: "7" },
    });
  });
  it("a refusal is understood whatever the edge's wire version", () => {
    expect(
      parseAnswer(
        JSON.stringify({ kind: "refusal", wire: 9, failure: { code: "protocol-mismatch", page: "1", edge: "9" } }),
      ),
    ).toMatchObject({ ok: true });
  });
  it("never throws on any text", () => {
    const json = fc.json();
    fc.assert(
      fc.property(fc.oneof(fc.string(), json), (source) => {
        expect(parseHello(source).ok).toBe(false);
        expect(parseAnswer(source).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
