import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeFailure } from "./failure-text.ts";
import { failure, type Failure, type FailureCode } from "../failure.ts";
import { parseFailure } from "./parse-failure.ts";

/** One of each; the compiler asks for all. */
const SAMPLES: { readonly [C in FailureCode]: Extract<Failure, { code: C }> } = {
  "unknown-key": { code: "unknown-key", key: "temprature", known: ["temperature", "topK"] },
  "bad-value": { code: "bad-value", key: "cut", value: "-1", expected: "a number of blocks from 0 up" },
  "keys-conflict": { code: "keys-conflict", keys: ["prompt", "promptIds"], why: "only one can say what is run" },
  "cut-out-of-range": { code: "cut-out-of-range", cut: 99, blocks: 12 },
  "empty-middle": { code: "empty-middle", cut: 11, tail: 1, blocks: 12 },
  "no-plan": {
    code: "no-plan",
    options: 28,
    limits: [
      { limit: "maxDeviceMb", excludes: 20 },
      { limit: "minDeviceBlocks", excludes: 8 },
    ],
  },
  "unknown-model": { code: "unknown-model", model: "gpt", known: ["concierge-10m", "concierge-1m"] },
  "prompt-too-long": { code: "prompt-too-long", tokens: 600, capacity: 512 },
  "model-unsupported": {
    code: "model-unsupported",
    model: "m",
    what: "model_type",
    found: "mamba",
    supported: "llama",
  },
  "model-broken": {
    code: "model-broken",
    model: "m",
    file: "model.safetensors",
    what: "the header is longer than the file",
  },
  "plugin-unfit": { code: "plugin-unfit", file: "mine.ts", what: "rule mine: there is no verify" },
  "plugin-mismatch": { code: "plugin-mismatch", page: ["ab".repeat(32)], edge: [] },
  "download-failed": { code: "download-failed", url: "/shards/ab", status: 503, why: "Service Unavailable" },
  "shard-corrupt": { code: "shard-corrupt", sha256: "ab".repeat(32), from: "storage" },
  "storage-full": { code: "storage-full", neededBytes: 20_000_000, freeBytes: 1000 },
  "disk-full": { code: "disk-full", path: "/models", neededBytes: 2e9, freeBytes: 1e6 },
  "history-unavailable": { code: "history-unavailable", reason: "denied", what: "the operation is insecure" },
  "backend-unavailable": { code: "backend-unavailable", backend: "webgpu", why: "no adapter" },
  "device-lost": { code: "device-lost", backend: "webgpu", why: "driver reset" },
  "out-of-memory": { code: "out-of-memory", tier: "device", what: "weights", bytes: 40_000_000 },
  "edge-unreachable": { code: "edge-unreachable", url: "ws://localhost:8080", why: "connection refused" },
  "edge-gone": { code: "edge-gone", url: "ws://localhost:8080", attempts: 5 },
  "mixed-content": { code: "mixed-content", url: "ws://192.168.0.2:8080" },
  "protocol-mismatch": { code: "protocol-mismatch", page: "1", edge: "2" },
  "manifest-mismatch": {
    code: "manifest-mismatch",
    model: "concierge-10m",
    page: "a".repeat(64),
    edge: "b".repeat(64),
  },
  "access-denied": { code: "access-denied", why: "the token is wrong" },
  "edge-full": { code: "edge-full", what: "sessions", limit: 8, retryAfterMs: 1500 },
  "edge-draining": { code: "edge-draining", retryAfterMs: 5000 },
  "next-refused": { code: "next-refused", endpoint: "http://192.168.0.7:8080", flag: "--next" },
  "session-lost": { code: "session-lost", session: "0".repeat(32), why: "it was idle for too long" },
  "bad-frame": { code: "bad-frame", what: "kind 127 is none that goes up", offset: 0 },
  "position-gap": { code: "position-gap", position: 9, held: 4 },
  "context-full": { code: "context-full", capacity: 512 },
  "class-refused": { code: "class-refused", reason: "full", limit: 300 },
  "given-up": { code: "given-up", failures: 2, last: "internal" },
  "run-too-long": { code: "run-too-long", limitMs: 180_000 },
  stopped: { code: "stopped" },
  internal: { code: "internal", where: "decode", what: "TypeError: x is not a function" },
};
const all: readonly Failure[] = Object.values(SAMPLES);

describe("failures read back", () => {
  it.each(all.map((failure) => [failure.code, failure] as const))("%s survives JSON", (_, failure) => {
    expect(parseFailure(JSON.parse(JSON.stringify(failure)))).toEqual({ ok: true, value: failure });
  });
  it.each(all.map((failure) => [failure.code, failure] as const))(
    "%s is refused with a field missing or wrong",
    (_, failure) => {
      for (const key of Object.keys(failure)) {
        const { [key as "code"]: _dropped, ...rest } = failure;
        expect(parseFailure(rest).ok).toBe(false);
        expect(parseFailure({ ...failure, [key]: { odd: true } }).ok).toBe(false);
      }
    },
  );
  it("knows every code", () => {
    const codes = failure.def.options.flatMap((each) => [...(each._zod.propValues?.["code"] ?? [])].map(String));
    expect(codes.sort()).toEqual(Object.keys(SAMPLES).sort());
  });
  it("refuses anything else without throwing", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseFailure(value).ok).toBe(false);
      }),
    );
    expect(parseFailure({ code: "toString" }).ok).toBe(false);
    expect(parseFailure({ code: "__proto__" }).ok).toBe(false);
  });
});

describe("failures in words", () => {
  it.each(all.map((failure) => [failure.code, failure] as const))(
    "%s says what happened and what to do",
    (_, failure) => {
      const { title, detail, next } = describeFailure(failure);
      expect(title).toMatch(/^\S.*[.]$/s);
      expect(next).toMatch(/^[A-Z].*[.]$/s);
      for (const text of [title, detail, next]) {
        expect(text).not.toMatch(/undefined|NaN|null|\[object|\.\.$/);
        expect(text).not.toMatch(/ {2}/);
      }
    },
  );
  it("all differ", () => {
    expect(new Set(all.map((failure) => describeFailure(failure).title)).size).toBe(all.length);
  });
  it("names the particulars", () => {
    expect(describeFailure(SAMPLES["cut-out-of-range"])).toEqual({
      title: "The model cannot be cut at 99.",
      detail: "It has 12 blocks.",
      next: "Choose a cut from 0 to 12, or a share of the depth such as 50%.",
    });
    expect(
      describeFailure({ code: "bad-value", key: "trace:day.csv", value: "line 3", expected: "4 cells, not 3" }),
    ).toEqual({
      title: "In the recorded link day.csv, line 3 does not fit.",
      detail: "",
      next: "It should have 4 cells, not 3.",
    });
    expect(describeFailure(SAMPLES["unknown-key"]).next).toContain("Did you mean temperature?");
    expect(describeFailure({ code: "unknown-key", key: "zzz", known: ["temperature"] }).next).not.toContain(
      "Did you mean",
    );
    expect(describeFailure({ code: "unknown-key", key: "precision", known: ["edge"] }).title).toContain(
      "not a key of this version yet",
    );
    expect(describeFailure({ code: "unknown-key", key: "promptSet", known: ["prompt"] }).next).toContain(
      "--set promptSet=demo,heldout",
    );
    expect(describeFailure(SAMPLES["edge-full"]).next).toContain("2 seconds");
    expect(describeFailure(SAMPLES["storage-full"]).detail).toBe("20.0 MB are needed, 1.0 kB are free.");
    for (const from of ["network", "storage", "file"] as const)
      expect(describeFailure({ code: "shard-corrupt", sha256: "ab", from }).title).toContain("damaged");
  });
});
