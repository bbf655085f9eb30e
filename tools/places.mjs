/**
 * How many source files have to be touched to add a member of each kind, besides the member's own.
 * An example of each kind is carried out in a copy of the tree, and the copy has to compile, so nobody
 * counts by hand. Strategies and codecs are the worked examples of docs/guides/extending.md, which
 * are true by that; families, formats, operators and messages are those of `ADDITIONS`, which
 * `additions.test.ts` also runs. Tests and the table of keys in docs/guides/automation.md are not counted;
 * `docs.test.ts` holds that one to its names. `node tools/places.mjs` prints the table.
 */
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { giveKnownTypes } from "./known-types.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * `heading`: of the example's section in the guide. `union`: the file whose edit comes first, where
 * the compiler must then name all other places by itself.
 * @type {readonly { kind: string, most: number, heading: string, union?: string }[]}
 */
export const KINDS = [
  { kind: "strategy", most: 5, heading: "A strategy", union: "src/core/run/config.ts" },
  { kind: "codec", most: 1, heading: "A codec" },
];

const FAMILIES = "src/core/model/families";
const FORMATS = "src/core/model/formats";

/**
 * Kinds whose members need no more than their row. `own`: the member's file, from tools/examples. `edits`: text put in
 * front of a place that stands once in a file. A message has no file of its own, but a row and a handler.
 * @type {readonly { kind: string, most: number, own: readonly { path: string, example: string }[], edits: readonly { path: string, before: string, text: string }[] }[]}
 */
export const ADDITIONS = [
  {
    kind: "family",
    most: 1,
    own: [{ path: `${FAMILIES}/parallel.ts`, example: "tools/examples/parallel.ts" }],
    edits: [
      {
        path: `${FAMILIES}/registry.ts`,
        before: "\nconst FAMILIES",
        text: 'import { parallel } from "./parallel.ts";\n',
      },
      { path: `${FAMILIES}/registry.ts`, before: "  llama,", text: "  parallel,\n" },
    ],
  },
  {
    kind: "format",
    most: 1,
    own: [{ path: `${FORMATS}/bare.ts`, example: "tools/examples/bare.ts" }],
    edits: [
      { path: `${FORMATS}/registry.ts`, before: "\nconst FORMATS", text: 'import { bare } from "./bare.ts";\n' },
      { path: `${FORMATS}/registry.ts`, before: " } satisfies Readonly", text: ", bare" },
    ],
  },
  {
    kind: "operator",
    most: 1,
    own: [],
    edits: [
      { path: "src/core/onnx/operators.ts", before: "  readonly Transpose:", text: "  readonly Exp: NoSettings;\n" },
      {
        path: "src/core/onnx/operators.ts",
        before: "  Transpose: {",
        text: "  Exp: { ...ONNX, shapes: likeFirst },\n",
      },
    ],
  },
  {
    kind: "scenario",
    most: 1,
    own: [{ path: "src/app/scenarios/kiosk.ts", example: "tools/examples/kiosk.ts" }],
    edits: [
      {
        path: "src/app/scenarios/table.ts",
        before: "import { robot }",
        text: 'import { kiosk } from "./kiosk.ts";\n',
      },
      { path: "src/app/scenarios/table.ts", before: "robot };", text: "kiosk, " },
    ],
  },
  {
    kind: "message",
    most: 2,
    own: [],
    edits: [
      {
        path: "src/core/frames/message-table.ts",
        before: "] as const;\n\n/** Edge to device. */",
        text: '  row(0x0d, "forget", up.position, "room"),\n',
      },
      {
        path: "src/edge/socket/client-session.ts",
        before: '      case "check":',
        text: `      case "forget":
        return this.#fail(link, message.sequence, { code: "position-gap", position: message.position, held: 0 });
`,
      },
    ],
  },
];

/** @typedef {{ path: string, own: boolean, lines: string[] }} Step One file of an example: whole, or as lines to add behind others. */
/** @typedef {{ kind: string, most: number, own: string[], places: string[], named: string[] | null }} Count `named`: by the compiler, after the edit of the union. */

/**
 * The steps under a heading of the guide: blocks whose language is followed by a path; `diff` edits, all else is a new file.
 * @returns {Promise<Step[]>}
 */
export async function exampleUnder(/** @type {string} */ heading) {
  const guide = await readFile(join(root, "docs/guides/extending.md"), "utf8");
  const section = guide.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```(\w+) (\S+)\n([^]*?)^```$/gm)].map(([, language, path = "", text = ""]) => ({
    path,
    own: language !== "diff",
    lines: text.trimEnd().split("\n"),
  }));
}

/** Writes a new file, or adds the lines marked `+` behind the line before them. */
async function carryOut(/** @type {string} */ tree, /** @type {Step} */ { path, own, lines }) {
  const file = join(tree, path);
  if (own) {
    if (existsSync(file)) throw new Error(`${path} is there already: the example is none`);
    return writeFile(file, `${lines.join("\n")}\n`);
  }
  const text = (await readFile(file, "utf8")).split("\n");
  let at = -1;
  for (const line of lines) {
    if (line.startsWith("+")) text.splice(++at, 0, line.slice(1));
    else at = text.indexOf(line.slice(1));
    if (at < 0) throw new Error(`${path} has no line "${line.slice(1)}" any more`);
  }
  return writeFile(file, text.join("\n"));
}

async function addTo(/** @type {string} */ tree, /** @type {(typeof ADDITIONS)[number]} */ { own, edits }) {
  for (const { path, example } of own) await cp(join(root, example), join(tree, path));
  for (const { path, before, text } of edits) {
    const [head, tail, ...more] = (await readFile(join(tree, path), "utf8")).split(before);
    if (head === undefined || tail === undefined || more.length > 0)
      throw new Error(`${before} does not stand once in ${path}`);
    await writeFile(join(tree, path), head + text + before + tail);
  }
}

/** The sources of the product without their tests, in a folder of their own. */
async function copyOfTree() {
  const tree = await mkdtemp(join(tmpdir(), "places-"));
  await symlink(join(root, "node_modules"), join(tree, "node_modules"), "junction");
  for (const path of ["package.json", "tsconfig.base.json", "src", "workers"])
    await cp(join(root, path), join(tree, path), { recursive: true, filter: (from) => !/\.test\.tsx?$/.test(from) });
  const { references } = /** @type {{ references: { path: string }[] }} */ (
    JSON.parse(await readFile(join(root, "tsconfig.json"), "utf8"))
  );
  const layers = references.filter(({ path }) => /^(src|workers)/.test(path));
  await writeFile(join(tree, "tsconfig.json"), JSON.stringify({ files: [], references: layers }));
  await giveKnownTypes(root, tree);
  return tree;
}

/** The files that the compiler names, as paths from the tree's root. */
async function refused(/** @type {string} */ tree) {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const child = spawn(process.execPath, [compiler, "-b", "--pretty", "false"], { cwd: tree });
  let said = "";
  child.stdout.on("data", (chunk) => (said += String(chunk)));
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  await new Promise((resolve) => child.on("close", resolve));
  return [...new Set([...said.matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(([, file = ""]) => relative("", file)))];
}

/** Carries out every example and counts. Throws where one does not fit the tree, or the tree with all of them does not compile. */
export async function countPlaces() {
  const tree = await copyOfTree();
  try {
    /** @type {Count[]} */
    const counts = [];
    for (const { kind, most, heading, union } of KINDS) {
      const steps = await exampleUnder(heading);
      const first = steps.filter(({ path }) => path === union);
      for (const step of first) await carryOut(tree, step);
      const named = first.length === 0 ? null : await refused(tree);
      for (const step of steps) if (!first.includes(step)) await carryOut(tree, step);
      const paths = (/** @type {boolean} */ own) => [...new Set(steps.flatMap((s) => (s.own === own ? s.path : [])))];
      counts.push({ kind, most, own: paths(true), places: paths(false), named });
    }
    for (const addition of ADDITIONS) {
      await addTo(tree, addition);
      const { kind, most, own, edits } = addition;
      const places = [...new Set(edits.map(({ path }) => path))];
      counts.push({ kind, most, own: own.map(({ path }) => path), places, named: null });
    }
    const broken = await refused(tree);
    if (broken.length > 0) throw new Error(`With the examples in it these do not compile: ${broken.join(", ")}`);
    return counts;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

export const lineOf = (/** @type {Count} */ { kind, most, own, places }) =>
  `${kind}: ${places.length} of at most ${most} ${most === 1 ? "place" : "places"}${own.length === 0 ? "" : ` besides its own ${own.length === 1 ? "file" : "files"}`} (${places.join(", ")})`;

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const count of await countPlaces()) console.log(lineOf(count));
