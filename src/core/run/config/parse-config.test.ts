import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LINK_PRESETS } from "../../link/presets.ts";
import { CODEC_NAMES } from "../../codec/registry.ts";
import { fromAddress, LEVELS, PANELS, VIEWS, toAddress, toLink } from "./address.ts";
import { CONFIG_KEYS, CONFIG_KEY_NAMES, LATER_KEYS } from "./config-keys.ts";
import { MODES, BACKENDS, EXITS, OBJECTIVES, type RunConfig } from "../config.ts";
import { LONGEST } from "../../speculation/policies/policy.ts";
import { allPolicies } from "../../speculation/policies/registry.ts";
import { allRules } from "../../speculation/rules/registry.ts";
import { editDistance, isNear, nearestFirst } from "./nearest.ts";
import { parseConfig } from "./parse-config.ts";
import { exitFor, resolveCapacity, resolveCut, resolveSplit, tiersOf } from "./resolve.ts";

const DEFAULTS = {
  mode: "split",
  model: "concierge-10m",
  cut: "50%",
  tail: 1,
  codec: "f16",
  kvCache: true,
  backend: "auto",
  link: "loopback",
  maxTokens: 64,
  endless: false,
  temperature: 0,
  topK: 0,
  topP: 1,
  seed: 1,
  draftModel: "concierge-1m",
  draftLength: "learner",
  exit: "trained",
  verify: "coupled",
  windows: 1,
  threshold: 0.8,
  edgeLoad: 1,
  clients: 1,
  threads: 0,
  maxDeviceMb: 0,
  minDeviceBlocks: 0,
  maxEdgeKvMb: 0,
  busyClients: 0,
  objective: "least-time",
  maxTpotMs: 0,
} as const;
const failureOf = (input: unknown, purpose?: "run" | "prepare") => {
  const result = parseConfig(input, purpose);
  return result.ok ? null : result.failure;
};

/** 0 is unshaped. */
const rates = fc.oneof(fc.constant(0), fc.double({ min: 1e-4, max: 1e6, noNaN: true }));
const decimals = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
const figures = fc.record({
  uplinkMbps: rates,
  downlinkMbps: rates,
  rttMs: decimals(1e4),
  jitterMs: decimals(1e3),
  loss: fc.double({ min: 0, max: 0.99, noNaN: true }),
});
const words = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.trim() !== "");
const ids = fc.array(fc.nat(2 ** 31 - 1), { minLength: 2, maxLength: 20 });
const prompts = fc.oneof(
  fc.constant({}),
  fc.record({
    prompt: fc.oneof(
      words,
      fc.constantFrom("1+1=2 & 50% #off?", "a+b c%20d", "\n\ttabs", "“quoted” — ümlaut 🚕", "run=1&mode=score"),
    ),
  }),
  fc.record({ promptIds: ids }),
  fc.record({
    messages: fc.array(
      fc.record({
        role: fc.constantFrom("user" as const, "assistant" as const, "call" as const, "result" as const),
        content: fc.string({ unit: "grapheme" }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);
/** Any config that a run could have, by its own types. */
const configs = fc
  .tuple(
    fc.record({
      mode: fc.constantFrom(...MODES),
      model: fc.constantFrom("concierge-10m", "concierge-1m", "my model (v2)", "a&b=c"),
      cut: fc.oneof(
        fc.nat(200),
        fc.integer({ min: 0, max: 100 }).map((share) => `${share}%` as const),
        fc.constant("33.3%" as const),
      ),
      tail: fc.integer({ min: 1, max: 100 }),
      codec: fc.constantFrom(...CODEC_NAMES),
      kvCache: fc.boolean(),
      backend: fc.constantFrom(...BACKENDS),
      link: fc.oneof(
        fc.constantFrom(...LINK_PRESETS.map(({ name }) => name)),
        fc.constant("trace:drive-1.a"),
        figures.map((f) => ({ ...f })),
      ),
      maxTokens: fc.integer({ min: 1, max: 5000 }),
      endless: fc.boolean(),
      temperature: decimals(100),
      topK: fc.nat(200_000),
      topP: fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
      seed: fc.nat(0xffffffff),
      draftModel: fc.constantFrom("concierge-1m", "my draft"),
      draftLength: fc.oneof(
        fc.integer({ min: 1, max: LONGEST }),
        fc.constantFrom(...allPolicies().map(({ name }) => name)),
      ),
      exit: fc.constantFrom(...EXITS),
      verify: fc.constantFrom(...allRules().map(({ name }) => name)),
      windows: fc.integer({ min: 1, max: 8 }),
      threshold: decimals(1),
      edgeLoad: fc.integer({ min: 1, max: 1000 }),
      clients: fc.integer({ min: 1, max: 64 }),
      threads: fc.nat(256),
      maxDeviceMb: decimals(1e9),
      minDeviceBlocks: fc.nat(10_000),
      maxEdgeKvMb: decimals(1e9),
      busyClients: fc.nat(10_000),
      objective: fc.constantFrom(...OBJECTIVES),
      maxTpotMs: decimals(1e6),
    }),
    prompts,
    fc.oneof(
      fc.constant({}),
      fc.record({ edge: fc.constantFrom("http://192.168.0.2:8080", "wss://edge.example/path", "https://[::1]:8080") }),
    ),
  )
  .map(([keys, prompt, edge]): RunConfig => ({ ...keys, ...prompt, ...edge }))
  .filter((config) => parseConfig(config, "prepare").ok);

describe("parseConfig", () => {
  it("fills in every default", () => {
    expect(parseConfig({ prompt: "hi" })).toEqual({ ok: true, value: { ...DEFAULTS, prompt: "hi" } });
    expect(Object.keys(DEFAULTS).sort()).toEqual(
      CONFIG_KEY_NAMES.filter((name) => CONFIG_KEYS[name].fallback !== undefined).sort(),
    );
  });
  it("gives back what it made", () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(parseConfig(config, "prepare")).toEqual({ ok: true, value: config });
      }),
    );
  });
  it("reads every value from its text, too", () => {
    const texts = {
      mode: "u-split",
      cut: "4",
      tail: "2",
      codec: "int8",
      kvCache: "0",
      link: "up:20,down:100,rtt:30,jitter:3,loss:0.01",
      promptIds: "1,2,3",
      maxTokens: "8",
      temperature: "0.7",
      topK: "40",
      topP: ".9",
      seed: "7",
      edgeLoad: "2",
      threads: "1",
    };
    expect(parseConfig(texts)).toEqual({
      ok: true,
      value: {
        ...DEFAULTS,
        mode: "u-split",
        cut: 4,
        tail: 2,
        codec: "int8",
        kvCache: false,
        link: { uplinkMbps: 20, downlinkMbps: 100, rttMs: 30, jitterMs: 3, loss: 0.01 },
        promptIds: [1, 2, 3],
        maxTokens: 8,
        temperature: 0.7,
        topK: 40,
        topP: 0.9,
        seed: 7,
        edgeLoad: 2,
        threads: 1,
      },
    });
    expect(parseConfig({ messages: '[{"role":"user","content":"hi"}]' })).toMatchObject({
      value: { messages: [{ role: "user", content: "hi" }] },
    });
  });
  it.each([
    ["mode", "splitt"],
    ["mode", 3],
    ["model", ""],
    ["model", "../etc"],
    ["cut", -1],
    ["cut", 1.5],
    ["cut", "101%"],
    ["cut", "-5%"],
    ["cut", "half"],
    ["cut", ""],
    ["tail", 0],
    ["codec", "zip"],
    ["kvCache", "maybe"],
    ["kvCache", 1],
    ["backend", "webgl"],
    ["link", "6G"],
    ["link", "up:"],
    ["link", "up:1,up:2"],
    ["link", "up:-1"],
    ["link", "loss:1"],
    ["link", "rtt:1e300"],
    ["link", "rtt:60001"],
    ["link", "up:1e-300"],
    ["link", { downlinkMbps: 1e9 }],
    ["link", { jitterMs: Infinity }],
    ["link", "speed:9"],
    ["link", "trace:"],
    ["link", { uplinkMbps: -1 }],
    ["link", { rttMs: NaN }],
    ["link", null],
    ["maxTokens", 0],
    ["maxTokens", "1e9"],
    ["maxTokens", Infinity],
    ["temperature", -0.1],
    ["temperature", "hot"],
    ["temperature", NaN],
    ["topK", -1],
    ["topK", 0.5],
    ["topP", 0],
    ["topP", 1.01],
    ["seed", -1],
    ["seed", 2 ** 32],
    ["edgeLoad", 0],
    ["clients", 0],
    ["clients", 65],
    ["threads", -1],
    ["edge", "localhost:8080"],
    ["edge", "file:///etc"],
    ["edge", "http://"],
    ["prompt", ""],
    ["prompt", "  "],
    ["prompt", 7],
    ["promptIds", []],
    ["promptIds", [1, -1]],
    ["promptIds", "1,x"],
    ["promptIds", "1,,2"],
    ["messages", []],
    ["messages", [{ role: "system", content: "" }]],
    ["draftModel", "a/b"],
    ["draftLength", 0],
    ["draftLength", LONGEST + 1],
    ["draftLength", "luck"],
    ["verify", "hope"],
    ["windows", 0],
    ["windows", 9],
    ["threshold", 1.1],
    ["messages", "[{]"],
    ["messages", [{ role: "user" }]],
  ] as const)("refuses %s=%j, naming it and what is possible", (key, value) => {
    const failure = failureOf({
      prompt: "hi",
      ...(["prompt", "promptIds", "messages"].includes(key) ? { prompt: undefined } : {}),
      [key]: value,
    });
    if (failure?.code !== "bad-value") throw new Error(JSON.stringify(failure));
    expect(failure.key).toMatch(new RegExp(`^${key}\\b`));
    expect(failure.expected).toMatch(/\w{3}/);
  });
  it("refuses an unknown key with the nearest known one first", () => {
    expect(failureOf({ prompt: "hi", temprature: 1 })).toMatchObject({ code: "unknown-key", key: "temprature" });
    const nearest = (key: string) => {
      const failure = failureOf({ [key]: 1 });
      return failure?.code === "unknown-key" ? failure.known[0] : null;
    };
    expect(["temprature", "maxtoken", "max_tokens", "kv-cache", "top_p", "Cut", "prompts"].map(nearest)).toEqual([
      "temperature",
      "maxTokens",
      "maxTokens",
      "kvCache",
      "topP",
      "cut",
      "prompt",
    ]);
  });
  it("does not know the keys and modes of later versions yet", () => {
    for (const key of LATER_KEYS)
      expect(failureOf({ prompt: "hi", [key]: "1" })).toMatchObject({ code: "unknown-key", key });
  });
  it("refuses drafting that could not be what it claims", () => {
    expect(failureOf({ prompt: "hi", mode: "speculative", kvCache: false })).toMatchObject({
      code: "keys-conflict",
      keys: ["mode", "kvCache"],
    });
    expect(failureOf({ prompt: "hi", mode: "speculative", verify: "greedy", temperature: 0.8 })).toMatchObject({
      code: "keys-conflict",
      keys: ["verify", "temperature"],
    });
    expect(failureOf({ prompt: "hi", mode: "speculative", verify: "greedy" })).toBeNull();
    for (const mode of ["colocated", "cooperative"])
      expect(failureOf({ prompt: "hi", mode, draftModel: "lookup" })).toMatchObject({
        code: "keys-conflict",
        keys: ["mode", "draftModel"],
      });
    expect(failureOf({ prompt: "hi", mode: "speculative", draftModel: "lookup" })).toBeNull();
  });
  it("refuses simulated clients where there is nothing to repeat", () => {
    for (const mode of ["device-only", "baseline", "cooperative"])
      expect(failureOf({ prompt: "hi", mode, clients: 2 })).toMatchObject({
        code: "keys-conflict",
        keys: ["mode", "clients"],
      });
    expect(failureOf({ mode: "score", promptIds: [1, 2], clients: 2 })).toMatchObject({
      code: "keys-conflict",
      keys: ["mode", "clients"],
    });
    expect(failureOf({ prompt: "hi", mode: "device-only", clients: 1 })).toBeNull();
  });
  it("takes one prompt, and none only to prepare", () => {
    expect(failureOf({})).toMatchObject({ code: "bad-value", key: "prompt" });
    expect(failureOf({}, "prepare")).toBeNull();
    expect(failureOf({ prompt: "a", promptIds: [1] })).toMatchObject({
      code: "keys-conflict",
      keys: ["prompt", "promptIds"],
    });
    expect(failureOf({ prompt: "a", messages: [{ role: "user", content: "" }] }, "prepare")).toMatchObject({
      code: "keys-conflict",
    });
  });
  it("refuses what no run can be", () => {
    expect(failureOf({ mode: "score", prompt: "hi" })).toMatchObject({
      code: "keys-conflict",
      keys: ["mode", "prompt"],
    });
    expect(failureOf({ mode: "score", promptIds: [1] })).toMatchObject({ code: "bad-value", key: "promptIds" });
    expect(failureOf({ mode: "baseline", kvCache: false, prompt: "hi" })).toMatchObject({
      code: "keys-conflict",
      keys: ["mode", "kvCache"],
    });
  });
  it("never throws and never lets through what it did not read", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom(...CONFIG_KEY_NAMES, "__proto__", "constructor"), fc.anything()),
        ),
        (input) => {
          const result = parseConfig(input, "prepare");
          expect(result.ok ? parseConfig(result.value, "prepare") : result).toEqual(result);
        },
      ),
      { numRuns: 2000 },
    );
  });
  it("makes lone surrogates encodable", () => {
    expect(parseConfig({ prompt: "a\ud800b" })).toMatchObject({ value: { prompt: "a\ufffdb" } });
  });
});

describe("address", () => {
  const page = fc.record({
    run: fc.boolean(),
    experiment: fc.option(fc.constantFrom("cut-sweep", "a b&c")),
    lesson: fc.option(fc.constantFrom("where-to-cut", "a=b")),
    demo: fc.boolean(),
    panel: fc.option(fc.constantFrom(...PANELS)),
    view: fc.option(fc.constantFrom(...VIEWS)),
    level: fc.option(fc.constantFrom(...LEVELS)),
    scenario: fc.option(fc.string({ minLength: 1 })),
    class: fc.option(fc.constantFrom("G8JFX", "22222")),
  });
  it("gives back the very config and the page's own keys", () => {
    fc.assert(
      fc.property(configs, page, (config, keys) => {
        const named = toAddress(config) !== "#";
        expect(fromAddress(toAddress(config, keys))).toEqual({ ok: true, value: { config, named, ...keys } });
      }),
      { numRuns: 1000 },
    );
  });
  it("survives the browser's own URL parser, and nothing of it lands in the query or path", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const url = new URL(toLink("http://localhost:8080/lab/?prompt=old#x", config));
        expect([url.pathname, url.search]).toEqual(["/lab/", ""]);
        expect(fromAddress(url.hash)).toMatchObject({ ok: true, value: { config } });
      }),
      { numRuns: 500 },
    );
  });
  it("is what URLSearchParams would read", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const params = new URLSearchParams(toAddress(config).slice(1));
        expect(parseConfig(Object.fromEntries(params), "prepare")).toEqual({ ok: true, value: config });
      }),
      { numRuns: 500 },
    );
  });
  it("writes only what differs from the defaults", () => {
    expect(toAddress(DEFAULTS)).toBe("#");
    expect(fromAddress("#")).toEqual({
      ok: true,
      value: {
        config: DEFAULTS,
        named: false,
        run: false,
        experiment: null,
        lesson: null,
        demo: false,
        panel: null,
        view: null,
        level: null,
        scenario: null,
        class: null,
      },
    });
    expect(fromAddress("")).toEqual(fromAddress("#"));
    expect(fromAddress("#level=expert&view=about"), "settings are the page's own to choose").toMatchObject({
      value: { named: false },
    });
    expect(fromAddress("#mode=split"), "a default that is written is chosen").toMatchObject({ value: { named: true } });
    expect(
      toAddress(
        {
          ...DEFAULTS,
          cut: 4,
          link: { uplinkMbps: 20, downlinkMbps: 100, rttMs: 30, jitterMs: 3, loss: 0.01 },
          prompt: "a taxi & back",
        },
        { run: true },
      ),
    ).toBe("#cut=4&link=up:20,down:100,rtt:30,jitter:3,loss:0.01&prompt=a+taxi+%26+back&run=1");
  });
  it("leads to a class by its code, as it is typed, and without one to the lecturer's view", () => {
    expect(fromAddress("#class=g8jfx")).toMatchObject({ value: { class: "G8JFX", view: null, named: false } });
    for (const hash of ["#class", "#class=", "#view=class"])
      expect(fromAddress(hash)).toMatchObject({ value: { class: null, view: "class", named: false } });
  });
  it("keeps a draft length that it names, also the one that was the default once", () => {
    expect(toAddress({ ...DEFAULTS, draftLength: 4 })).toBe("#draftLength=4");
    expect(fromAddress("#draftLength=4")).toMatchObject({ value: { config: { draftLength: 4 } } });
  });
  it("reads the address in the design", () => {
    expect(
      fromAddress(
        "#mode=split&model=concierge-10m&cut=4&codec=f16&link=5g&prompt=hello%20there&seed=1&temperature=0&maxTokens=64&backend=wasm&run=1",
      ),
    ).toEqual({
      ok: true,
      value: {
        config: { ...DEFAULTS, cut: 4, link: "5g", prompt: "hello there", backend: "wasm" },
        named: true,
        run: true,
        experiment: null,
        lesson: null,
        demo: false,
        panel: null,
        view: null,
        level: null,
        scenario: null,
        class: null,
      },
    });
  });
  it.each([
    ["#cut=4&cut=5", "keys-conflict"],
    ["#nope=1", "unknown-key"],
    ["#prompt=%ff", "bad-value"],
    ["#run=2", "bad-value"],
    ["#demo=yes", "bad-value"],
    ["#panel=kitchen", "bad-value"],
    ["#view=kitchen", "bad-value"],
    ["#level=wizard", "bad-value"],
    ["#lesson=a&lesson=b", "keys-conflict"],
    ["#cut=-1", "bad-value"],
    ["#prompt=a&promptIds=1,2", "keys-conflict"],
  ])("refuses %s", (hash, code) => {
    expect(fromAddress(hash)).toMatchObject({ ok: false, failure: { code } });
  });
  it("never throws on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (hash) => {
        expect(fromAddress(hash)).toHaveProperty("ok");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("nearest", () => {
  it("counts edits", () => {
    expect([editDistance("kitten", "sitting"), editDistance("", "abc"), editDistance("abc", "abc")]).toEqual([3, 3, 0]);
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
      }),
    );
  });
  it("orders and judges", () => {
    expect(nearestFirst("temp", ["seed", "temperature", "topP"])).toHaveLength(3);
    expect([isNear("temprature", "temperature"), isNear("zzz", "cut")]).toEqual([true, false]);
  });
});

describe("resolve", () => {
  it("rounds a share to a block, 0% and 100% to the ends", () => {
    expect(
      [
        ["0%", 12],
        ["50%", 12],
        ["33.3%", 12],
        ["100%", 12],
        ["50%", 5],
        [4, 12],
      ].map(([cut, blocks]) => resolveCut(cut as 4, blocks as number)),
    ).toEqual([0, 6, 4, 12, 3, 4].map((value) => ({ ok: true, value })));
  });
  it("refuses a cut the model has not", () => {
    for (const cut of [-1, 13, 99, 1.5])
      expect(resolveCut(cut, 12)).toEqual({ ok: false, failure: { code: "cut-out-of-range", cut, blocks: 12 } });
  });
  it("leaves a middle under u-split, and only there", () => {
    for (let cut = 0; cut <= 12; cut++) {
      for (const tail of [1, 2, 5]) {
        expect(resolveSplit({ mode: "u-split", cut, tail }, 12).ok).toBe(cut + tail < 12);
        expect(resolveSplit({ mode: "split", cut, tail }, 12)).toEqual({ ok: true, value: { cut, tail: 0 } });
      }
    }
    expect(resolveSplit({ mode: "u-split", cut: 11, tail: 1 }, 12)).toEqual({
      ok: false,
      failure: { code: "empty-middle", cut: 11, tail: 1, blocks: 12 },
    });
  });
  it("lets the modes without a cut ignore it", () => {
    for (const [mode, cut] of [
      ["device-only", 12],
      ["baseline", 12],
      ["edge-only", 0],
    ] as const)
      expect(resolveSplit({ mode, cut: 99, tail: 1 }, 12)).toEqual({ ok: true, value: { cut, tail: 0 } });
  });
  it("gives every block to exactly one tier, embedding and head to one each", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODES),
        fc.integer({ min: 2, max: 40 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 10 }),
        (mode, blocks, cut, tail) => {
          const resolved = resolveSplit({ mode, cut: Math.min(cut, blocks), tail }, blocks);
          if (!resolved.ok) return;
          const { device, edge } = tiersOf(mode, resolved.value, blocks);
          const path = [...device.slice(0, 1), ...(edge ? [edge] : []), ...device.slice(1)];
          expect(path.filter((segment) => segment.embedding)).toEqual([path[0]]);
          expect(path.filter((segment) => segment.head)).toEqual([path.at(-1)]);
          expect(path.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
            Array.from({ length: blocks }, (_, i) => i),
          );
        },
      ),
    );
  });
  it("drafts through the deepest trained exit that the device reaches, and goes on to the cut behind it", () => {
    const mode = "split-speculative" as const;
    expect([0, 3, 4, 5, 7, 8, 12].map((cut) => exitFor({ mode, exit: "trained" }, cut, [4, 6, 8]))).toEqual([
      null,
      null,
      4,
      4,
      6,
      8,
      8,
    ]);
    expect(exitFor({ mode, exit: "own" }, 8, [4, 6, 8])).toBe(null);
    expect(exitFor({ mode: "split", exit: "trained" }, 8, [4, 6, 8])).toBe(null);
    const front = (to: number) => ({ embedding: true, from: 0, to, head: false });
    const end = { embedding: false, from: 12, to: 12, head: true };
    expect(tiersOf(mode, { cut: 7, tail: 0, exit: 6 }, 12)).toMatchObject({
      device: [front(6), { embedding: false, from: 6, to: 7, head: false }],
      beside: [{ ...end, exit: 6 }],
    });
    expect(tiersOf(mode, { cut: 6, tail: 0, exit: 6 }, 12)).toMatchObject({
      device: [front(6)],
      beside: [{ ...end, exit: 6 }],
    });
    expect(tiersOf(mode, { cut: 3, tail: 0 }, 12)).toMatchObject({ device: [front(3)], beside: [end] });
  });
  it("under u-split the edge has neither embedding nor head", () => {
    expect(tiersOf("u-split", { cut: 4, tail: 1 }, 12).edge).toEqual({
      embedding: false,
      from: 4,
      to: 11,
      head: false,
    });
  });
  it("holds the prompt and what may follow, within the context", () => {
    const mode = "split" as const;
    expect(resolveCapacity(10, { mode, maxTokens: 64 }, 512)).toEqual({ ok: true, value: 74 });
    expect(resolveCapacity(500, { mode, maxTokens: 64 }, 512)).toEqual({ ok: true, value: 512 });
    expect(resolveCapacity(512, { mode, maxTokens: 64 }, 512)).toEqual({ ok: true, value: 512 });
    expect(resolveCapacity(513, { mode, maxTokens: 1 }, 512)).toEqual({
      ok: false,
      failure: { code: "prompt-too-long", tokens: 513, capacity: 512 },
    });
    expect(resolveCapacity(100, { mode: "score", maxTokens: 64 }, 512)).toEqual({ ok: true, value: 100 });
  });
});
