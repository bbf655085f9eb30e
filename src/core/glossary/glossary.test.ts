/** The table keeps what it promises, and every name that a config or record can hold is explained in it. */
import { expect, test } from "vitest";
import { CODEC_NAMES } from "../codec/registry.ts";
import { LINK_PRESETS } from "../link/presets.ts";
import { MODES, BACKENDS, EXITS, MOVE_WAYS, OBJECTIVES } from "../run/config.ts";
import { CONFIG_KEY_NAMES } from "../run/config/config-keys.ts";
import { TOKEN_PARTS } from "../run/record.ts";
import { allPolicies } from "../speculation/policies/registry.ts";
import { allRules } from "../speculation/rules/registry.ts";
import { MOST_WORDS, type Entry } from "./entry.ts";
import { glossaryEntry, GLOSSARY, GLOSSARY_SECTIONS } from "./glossary.ts";

const entries: readonly Entry[] = GLOSSARY_SECTIONS.flatMap((section) => Object.values(section.entries));
const twice = (words: readonly string[]): readonly string[] => words.filter((word, at) => words.indexOf(word) !== at);

test("no two entries share a term, and no two sections a key", () => {
  expect(twice(entries.map(({ term }) => term.toLowerCase()))).toEqual([]);
  expect(twice(GLOSSARY_SECTIONS.flatMap((section) => Object.keys(section.entries)))).toEqual([]);
  expect(Object.keys(GLOSSARY)).toHaveLength(entries.length);
});

test("a meaning is one sentence that is not too long", () => {
  const long = entries.filter(({ short }) => short.split(/\s+/).length > MOST_WORDS);
  const notOne = entries.filter(({ short }) => !short.endsWith(".") || /[.?!] [A-Z]/.test(short));
  expect(long.map(({ term }) => term)).toEqual([]);
  expect(notOne.map(({ term }) => term)).toEqual([]);
});

test("every key of a config, every name that can be chosen, and every part of a token's time is explained", () => {
  const explained = new Set(entries.flatMap(({ term, names = [] }) => [term, ...names]));
  const names = [
    ...CONFIG_KEY_NAMES,
    ...MODES,
    ...CODEC_NAMES,
    ...[...LINK_PRESETS, ...allPolicies(), ...allRules()].map(({ name }) => name),
    ...BACKENDS,
    ...EXITS,
    ...OBJECTIVES,
    ...MOVE_WAYS,
    ...TOKEN_PARTS,
  ];
  expect(names.filter((name) => !explained.has(name))).toEqual([]);
});

test("an entry is reached by its key alone", () => {
  expect(glossaryEntry("ttft").term).toBe("TTFT");
  // @ts-expect-error -- a key that the table lacks does not compile
  expect(glossaryEntry("no such word")).toBeUndefined();
});
