import { describe, expect, it } from "vitest";
import favourite from "#tools/examples/favourite.ts";
import muLaw from "#tools/examples/mu-law.ts";
import streak from "#tools/examples/streak.ts";
import type { OwnCodec } from "../codec/registry.ts";
import { f32 } from "../codec/floats/f32.ts";
import { ok } from "../run/failure.ts";
import { describeFailure } from "../run/failure/failure-text.ts";
import { parseConfig } from "../run/config/parse-config.ts";
import { policyNamed } from "../speculation/policies/registry.ts";
import { coupled } from "../speculation/rules/coupled.ts";
import { ruleNamed } from "../speculation/rules/registry.ts";
import { clausesOf, holdsQuickly } from "./plugin-contract.ts";
import { addPlugin, importPlugin, loadedPlugins, pluginOf, pluginsBehind } from "./plugins.ts";
import { readPlugin, type Addition } from "./read-plugin.ts";

const ownF32 = f32;
const SHA = "ab".repeat(32);
const refusal = (exported: unknown): string => {
  const read = readPlugin("mine.ts", exported);
  if (read.ok) return "taken";
  expect(read.failure).toMatchObject({ code: "plugin-unfit", file: "mine.ts" });
  return describeFailure(read.failure).title;
};

describe("what a plugin exports", () => {
  it("is told apart by its members, alone or in a list", () => {
    const read = readPlugin("mine.ts", [favourite, streak, muLaw]);
    expect(read.ok && read.value.map(({ kind }) => kind)).toEqual(["rule", "policy", "codec"]);
    expect(readPlugin("mine.ts", streak)).toEqual({ ok: true, value: [{ kind: "policy", value: streak }] });
  });
  it.each([
    [undefined, "is nothing"],
    [() => 3, "is a function"],
    [[], "an empty list"],
    [
      { name: "mine" },
      "neither draft and verify (a rule), nor draftLength (a policy), nor encode and decode (a codec)",
    ],
    [{ ...favourite, verify: undefined }, "of the rule favourite its verify should be a function, and is nothing"],
    [{ ...favourite, settle: undefined }, "its settle should be a function, or null"],
    [{ ...favourite, lossless: "mostly" }, 'its lossless should be one of exact, in-distribution, and is "mostly"'],
    [{ ...streak, name: "4" }, "of the policy 4 its name should be"],
    [{ ...streak, name: "My Policy" }, "a name of small letters"],
    [{ ...streak, source: "" }, "its source should be a text"],
    [{ ...muLaw, errorBound: 3 }, "of the codec mu-law its errorBound should be a function, and is 3"],
    [[streak, { ...muLaw, exact: "no" }], "its exact should be true or false"],
  ] as const)("refuses %j, naming the file and what is wrong", (exported, said) => {
    expect(refusal(exported)).toContain("mine.ts cannot be used as a plugin: ");
    expect(refusal(exported)).toContain(said);
  });
});

/** These join registries of this file's own: every test file has its modules to itself. */
describe("joining", () => {
  it("refuses a name that is taken, and then joins nothing of the file", () => {
    for (const exported of [
      [streak, { ...favourite, name: "coupled" }],
      [streak, { ...muLaw, name: "f16" }],
      [streak, { ...streak, name: "learner" }],
      [streak, { ...streak }],
    ]) {
      expect(addPlugin({ file: "mine.ts", sha256: SHA }, exported)).toMatchObject({
        ok: false,
        failure: { code: "plugin-unfit", what: expect.stringContaining("already: choose another name") as string },
      });
    }
    expect(policyNamed("streak").ok).toBe(false);
    expect(loadedPlugins()).toEqual([]);
  });
  it("makes names known to configs, and to whoever asks where they come from", () => {
    const config = { prompt: "hi", mode: "speculative", verify: "favourite", draftLength: "streak", codec: "mu-law" };
    expect(parseConfig(config)).toMatchObject({ ok: false, failure: { code: "bad-value", key: "codec" } });
    expect(addPlugin({ file: "mine.ts", sha256: SHA }, [favourite, streak]).ok).toBe(true);
    expect(addPlugin({ file: "codec.ts", sha256: "cd".repeat(32) }, muLaw).ok).toBe(true);
    expect(parseConfig(config)).toMatchObject({ ok: true, value: config });
    expect(ruleNamed("favourite")).toEqual({ ok: true, value: favourite });
    expect(loadedPlugins()).toEqual([
      {
        file: "mine.ts",
        sha256: SHA,
        adds: [
          { kind: "rule", name: "favourite" },
          { kind: "policy", name: "streak" },
        ],
      },
      { file: "codec.ts", sha256: "cd".repeat(32), adds: [{ kind: "codec", name: "mu-law" }] },
    ]);
    expect(pluginOf("rule", "favourite")?.file).toBe("mine.ts");
    expect(pluginOf("policy", "favourite")).toBeNull();
    expect(pluginsBehind({ codec: "f16", verify: "coupled", draftLength: 4 })).toEqual([]);
    expect(pluginsBehind({ codec: "mu-law", verify: "favourite", draftLength: "streak" })).toEqual([
      SHA,
      "cd".repeat(32),
    ]);
  });
  it("refuses a module that does not load", async () => {
    expect(
      await importPlugin({ file: "mine.ts", sha256: SHA }, () => Promise.reject(new SyntaxError("Unexpected token"))),
    ).toEqual({
      ok: false,
      failure: { code: "plugin-unfit", file: "mine.ts", what: "it does not load: SyntaxError: Unexpected token" },
    });
  });
});

describe("the contract as it is put to a plugin", () => {
  it("is kept by the examples, quickly and whatever the seed", () => {
    const additions = [
      { kind: "rule", value: favourite },
      { kind: "policy", value: streak },
      { kind: "codec", value: muLaw },
    ] as const;
    for (const seed of [0, 1]) expect(holdsQuickly("mine.ts", additions, seed)).toEqual({ ok: true, value: undefined });
  });
  const lie: OwnCodec = {
    ...ownF32,
    name: "lie",
    decode: (_bytes, count, width) => ok(new Float32Array(count * width)),
  };
  it.each<readonly [Addition, string]>([
    [
      {
        kind: "rule",
        value: { ...coupled, name: "lax", verify: () => ok({ accepted: 0, next: 0, distribution: new Uint8Array(0) }) },
      },
      "accepts some and rejects some",
    ],
    [{ kind: "rule", value: { ...favourite, bytesPerToken: () => 1 } }, "sends the bytes it says"],
    [
      {
        kind: "rule",
        value: {
          ...favourite,
          draft: () => {
            throw new Error("oops");
          },
        },
      },
      "threw Error: oops",
    ],
    [{ kind: "policy", value: { ...streak, draftLength: () => NaN } }, "wants what can be drafted"],
    [{ kind: "policy", value: { ...streak, draftLength: () => 0 } }, "begins by drafting"],
    [
      {
        kind: "policy",
        value: {
          ...streak,
          draftLength: (() => {
            let calls = 0;
            return () => 1 + (calls++ % 3);
          })(),
        },
      },
      "answers from what it is shown alone",
    ],
    [{ kind: "policy", value: { ...streak, draftLength: ({ rounds }) => Number(rounds[0]!.drafted) } }, "never throws"],
    [
      {
        kind: "policy",
        value: {
          ...streak,
          draftLength: ({ confidences }) => {
            (confidences as number[]).push(1);
            return 1;
          },
        },
      },
      "leaves what it is shown as it was",
    ],
    [{ kind: "codec", value: lie }, "keeps within its error bound"],
  ])("refuses what breaks it, with the clause and the seed", (addition, said) => {
    const held = holdsQuickly("mine.ts", [addition], 7);
    const what = held.ok ? "held" : held.failure.code === "plugin-unfit" ? held.failure.what : held.failure.code;
    expect(what).toContain(said);
    expect(what).toContain("seed 7");
  });
  it("has the registries' own clauses in whole", () => {
    expect(clausesOf({ kind: "rule", value: favourite }, "whole", 0).map(({ text }) => text)).toContain(
      "cannot be told from the target under filters",
    );
  });
});
