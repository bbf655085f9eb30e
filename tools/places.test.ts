/**
 * Adding a member of a kind touches few places, and the compiler names them: an example of each is
 * carried out in a copy of the tree.
 */
import { MODES } from "#core/run/config.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { ADDITIONS, countPlaces, KINDS, lineOf } from "./places.mjs";

let counts: Awaited<ReturnType<typeof countPlaces>>;

beforeAll(async () => {
  counts = await countPlaces();
  console.log(counts.map(lineOf).join("\n"));
}, 240_000);

test.each([...KINDS, ...ADDITIONS])("a $kind touches at most $most places besides its own files", ({ kind, most }) => {
  const count = counts.find((each) => each.kind === kind);
  expect(count?.places.length).toBeGreaterThan(0);
  expect(count?.places.length).toBeLessThanOrEqual(most);
});

test.each(KINDS.filter(({ union }) => union !== undefined))(
  "the compiler names every place in the sources where a $kind has to be spoken of",
  ({ kind, union }) => {
    const count = counts.find((each) => each.kind === kind);
    const left = count?.places.filter((path) => path !== union);
    expect(count?.named?.toSorted()).toEqual(left?.toSorted());
  },
);

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = ["src", "workers"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|^src\/core\/strategies\//.test(path)),
);

/** A switch on a mode, a mode compared with a name, a list of names that is asked for a mode. */
const ASKING = new RegExp(
  [
    String.raw`switch \([\w.?]*\bmode\)`,
    String.raw`\bmode [!=]== "`,
    String.raw`"(?:${MODES.join("|")})"[^\n]*\]\.includes\([^\n]*\bmode\b`,
    String.raw`Partial<Record<Mode`,
  ].join("|"),
);

test("nobody asks for a strategy's name but the table of strategies", () => {
  expect(sources.length).toBeGreaterThan(300);
  expect(sources.filter((path) => ASKING.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
});

test.each([
  'if (config.mode === "split") return;',
  "switch (plan.config.mode) {",
  'if (["device-only", "baseline"].includes(lane.config.mode)) return;',
  "const NAMES: Partial<Record<Mode, string>> = {};",
])("%s would be found", (line) => {
  expect(line).toMatch(ASKING);
});

/** A mode that is set by its name, and a list of names. Declarations of experiments and tests' helpers name what they are about. */
const NAMING = new RegExp(
  [
    String.raw`^(?! ?\*).*\bmode: "(?:${MODES.join("|")})"`,
    String.raw`\["(?:${MODES.join("|")})", "(?:${MODES.join("|")})"`,
  ].join("|"),
  "m",
);

test("nobody sets a mode by its name: who needs a place asks which strategy stands there", () => {
  const asked = sources.filter((path) => !/\/testing\/|^src\/app\/scenarios\/|^src\/lab\/experiments\//.test(path));
  expect(asked.filter((path) => NAMING.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
});

test.each([
  'if (at < 0) return { ...choice, mode: "edge-only" };',
  'strategies: ["split", "edge-only", "device-only", "baseline"],',
])("%s would be found too", (line) => {
  expect(line).toMatch(NAMING);
});
