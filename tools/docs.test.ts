/**
 * What the documents say against what is there: every file that they point to exists, the table of
 * keys names every key and everything that can be chosen by name, and the glossary is the table's.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { TOKEN_COLUMNS } from "#app/format/tokens-csv.ts";
import { CODEC_NAMES } from "#core/codec/registry.ts";
import { glossaryPage } from "#core/glossary/glossary-page.ts";
import { LINK_PRESETS } from "#core/link/presets.ts";
import { MODES, BACKENDS, EXITS, OBJECTIVES } from "#core/run/config.ts";
import { CONFIG_KEY_NAMES } from "#core/run/config/config-keys.ts";
import { allPolicies } from "#core/speculation/policies/registry.ts";
import { allRules } from "#core/speculation/rules/registry.ts";
import { EXPERIMENTS } from "#lab/experiment/registry.ts";
import { RUN_COLUMNS, TOKEN_ROW_COLUMNS } from "#lab/results/csv.ts";
import { HELP } from "../e2e/bench/experiment/bench-options.ts";
import { resultSchemaText } from "#lab/results/result-schema.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join("docs", path)),
];

test("every file that a document links to, or names from the root, is there", () => {
  const missing = documents.flatMap((document) => {
    const text = read(document);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, to = ""]) => join(dirname(document), to));
    const named = [...text.matchAll(/`((?:src|e2e|tools|public|docs|workers)\/[\w./-]+)`/g)].map(
      ([, path = ""]) => path,
    );
    return [...links, ...named].filter((path) => !existsSync(join(root, path))).map((path) => `${document}: ${path}`);
  });
  expect(documents.length).toBeGreaterThan(10);
  expect(missing).toEqual([]);
});

test("the guide to automation names every key and every name that can be chosen", () => {
  const guide = read("docs/guides/automation.md");
  const names = [
    ...CONFIG_KEY_NAMES,
    ...MODES,
    ...BACKENDS,
    ...EXITS,
    ...OBJECTIVES,
    ...CODEC_NAMES,
    ...[...LINK_PRESETS, ...allPolicies(), ...allRules()].map(({ name }) => name),
  ];
  expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});

test("the guide to automation names every way a run ends, every flag of npm run bench and every column of the CSV files", () => {
  const guide = read("docs/guides/automation.md");
  const ends = read("src/core/run/record.ts").match(/const finish = variants\([^;]*;/)?.[0] ?? "";
  const kinds = [...ends.matchAll(/oneOf\("(\w+)"\)/g)].map(([, kind]) => kind);
  expect(kinds.length).toBe(5);
  const flags = [...HELP.matchAll(/(?<=^ {2}|-- )--[a-z-]+/gm)].map(([flag]) => flag);
  expect(flags.length).toBeGreaterThan(14);
  expect(flags.filter((flag) => !guide.includes(`\`${flag}`))).toEqual([]);
  const names = [...kinds, ...TOKEN_COLUMNS, ...RUN_COLUMNS, ...TOKEN_ROW_COLUMNS];
  expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});

test("every npm script that a document names is there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
  const named = documents.flatMap((document) =>
    [...read(document).matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script = ""]) => script),
  );
  expect(named.length).toBeGreaterThan(5);
  expect([...new Set(named)].filter((script) => scripts[script] === undefined)).toEqual([]);
});

test("the glossary is what its table gives; `npm run generated` writes it", async () => {
  await expect(glossaryPage()).toMatchFileSnapshot(join(root, "docs/glossary.md"));
});

test("every claim has an id of its own and a status; what has a figure says what answers it, by chapters that are there", () => {
  const document = read("docs/claims.md");
  const claims = [...document.matchAll(/^\| (P\d-\d+) \|.*$/gm)].map(([line, id = ""]) => ({
    id,
    cells: line.split("|").map((cell) => cell.trim()),
  }));
  const statuses = ["reproduced", "in part", "not reproduced", "not tried"];
  expect(claims.length).toBeGreaterThan(90);
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  const unsound = claims.filter(({ cells: [, , claim = "", status = "", figure = "", answer = ""] }) => {
    const tried = status !== "not tried";
    return (
      claim === "" ||
      !statuses.includes(status) ||
      (tried && (figure === "" || (answer === "" && !/P\d-\d+/.test(figure))))
    );
  });
  expect(unsound.map(({ id }) => id)).toEqual([]);
  const chapters = [...document.matchAll(/npm run bench -- ([a-z][\w-]*)/g)].map(([, name = ""]) => name);
  expect(chapters.filter((name) => !EXPERIMENTS.some(({ id }) => id === name))).toEqual([]);
});

test("the JSON Schema that ships is that of the schemas which read a result file", async () => {
  await expect(resultSchemaText()).toMatchFileSnapshot(join(root, "public/schemas/result-line.json"));
});
