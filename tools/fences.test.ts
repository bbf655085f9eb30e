/**
 * A fence that has never stopped anybody proves nothing. Here one violation of each is planted in
 * a tree of its own that has this project's real configs, and the compiler and the linter must
 * name every one of them, and nothing else.
 */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const LAYERS = [
  "src/core",
  "src/wire",
  "src/engine",
  "src/lab",
  "src/runtime/web",
  "src/runtime/node",
  "src/edge",
  "src/app",
  "workers",
  "tools",
] as const;
type Layer = (typeof LAYERS)[number];

const ALIAS: Readonly<Record<Layer, string>> = {
  "src/core": "#core",
  "src/wire": "#wire",
  "src/engine": "#engine",
  "src/lab": "#lab",
  "src/runtime/web": "#web",
  "src/runtime/node": "#node",
  "src/edge": "#edge",
  "src/app": "#app",
  workers: "#workers",
  tools: "#tools",
};

/** The table of DESIGN.md: what each layer may import besides itself. */
const MAY_IMPORT: Readonly<Record<Layer, readonly Layer[]>> = {
  "src/core": [],
  "src/wire": ["src/core"],
  "src/engine": ["src/core", "src/wire"],
  "src/lab": ["src/core"],
  "src/runtime/web": ["src/core", "src/wire", "src/engine"],
  "src/runtime/node": ["src/core", "src/wire", "src/engine"],
  "src/edge": ["src/core", "src/wire", "src/engine", "src/runtime/node"],
  "src/app": ["src/core", "src/lab"],
  workers: ["src/core", "src/wire", "src/engine", "src/runtime/web"],
  tools: ["src/core", "src/wire", "src/engine", "src/runtime/node", "src/edge", "src/lab"],
};

const fenced = LAYERS.filter((layer) => layer !== "tools");

/** What a layer must not compile: every layer it may not import, and hosts that it must not know. */
const HOSTS: Partial<Record<Layer, Readonly<Record<string, string>>>> = {
  "src/core": {
    dom: "export const x = document;",
    node: "export const x = process;",
    timer: "export const x = setTimeout;",
    fetch: "export const x = fetch;",
  },
  "src/wire": { dom: "export const x = WebSocket;", node: "export const x = Buffer;" },
  "src/engine": {
    dom: "export const x = navigator;",
    node: "export const x = process;",
    timer: "export const x = setTimeout;",
  },
  "src/lab": { dom: "export const x = document;", node: "export const x = process;" },
  "src/runtime/web": { node: "export const x = Buffer;" },
  "src/runtime/node": { dom: "export const x = document;" },
  "src/edge": { dom: "export const x = window;" },
  workers: { node: "export const x = Buffer;" },
  "src/app": { node: "export const x = Buffer;" },
};

/** What a layer must not pass the linter with: packages that it must not name, and habits. */
const LINT: Partial<Record<Layer, Readonly<Record<string, string>>>> = {
  "src/core": {
    package: 'import "react";',
    builtin: 'import "node:fs";',
    clock: "export const x = Date.now();",
    random: "export const x = Math.random();",
    cast: "export const x = (y: unknown) => y as string;",
  },
  "src/wire": { package: 'import "ws";' },
  "src/engine": {
    package: 'import "onnxruntime-node";',
    subpath: 'export const x = () => import("onnxruntime-web/webgpu");',
    clock: "export const x = performance;",
  },
  "src/lab": { package: 'import "react";' },
  "src/runtime/web": { package: 'import "onnxruntime-node";', builtin: 'import "node:fs";' },
  "src/runtime/node": { package: 'import "onnxruntime-web/wasm";' },
  "src/edge": { package: 'import "onnxruntime-node";' },
  "src/app": {
    package: 'import "onnxruntime-web/webgpu";',
    transformers: 'export const x = () => import("@huggingface/transformers");',
  },
  workers: { package: 'import "react";' },
  tools: {
    any: "export const x = (y: any): number => y;",
    ignore: "// @ts-ignore\nexport const x = 1;",
    floating: "export const x = (): void => { Promise.resolve(1); };",
    barrel: 'export * from "./own.ts";',
    circle: 'import type { Back } from "./lint-circle-back.ts";\nexport type There = Back;',
    "circle-back": 'import type { There } from "./lint-circle.ts";\nexport type Back = There[];',
    bang: "export const x = (y: string | null): string => y!;",
  },
};

let tree: string;
/** The files that each named, as paths from the tree's root. */
let refused: { readonly types: ReadonlySet<string>; readonly lint: ReadonlySet<string> };

async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, command), ...args], { cwd: tree });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.on("close", resolve));
  return Buffer.concat(chunks).toString();
}

const filesNamed = (text: string, pattern: RegExp): ReadonlySet<string> =>
  new Set([...text.matchAll(pattern)].map(([, file]) => file ?? ""));

const plant = async (layer: Layer, name: string, source: string): Promise<void> =>
  writeFile(join(tree, layer, name), `${source}\n`);

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), "fences-"));
  await symlink(join(root, "node_modules"), join(tree, "node_modules"), "junction");
  for (const file of ["package.json", "tsconfig.base.json", ".oxlintrc.json"])
    await cp(join(root, file), join(tree, file));
  const references = LAYERS.map((layer) => ({ path: layer }));
  await writeFile(join(tree, "tsconfig.json"), JSON.stringify({ files: [], references }));
  for (const layer of LAYERS) {
    await mkdir(join(tree, layer), { recursive: true });
    await writeFile(join(tree, layer, "tsconfig.json"), await readFile(join(root, layer, "tsconfig.json")));
    await plant(layer, "own.ts", `export const own = "${layer}";`);
    await plant(
      layer,
      "allowed.ts",
      MAY_IMPORT[layer].map((other, i) => `export { own as own${i} } from "${ALIAS[other]}/own.ts";`).join("\n"),
    );
    for (const other of forbidden(layer))
      await plant(layer, `imports-${slug(other)}.ts`, `export { own } from "${ALIAS[other]}/own.ts";`);
    for (const [name, source] of Object.entries(HOSTS[layer] ?? {})) await plant(layer, `host-${name}.ts`, source);
  }
  const types = await output("node_modules/typescript/bin/tsc", ["-b", "--pretty", "false"]);
  // Only now: a package that must not be named would bring its host's types along.
  for (const layer of LAYERS)
    for (const [name, source] of Object.entries(LINT[layer] ?? {})) await plant(layer, `lint-${name}.ts`, source);
  const lint = await output("node_modules/oxlint/bin/oxlint", ["--type-aware", "--format", "unix"]);
  refused = { types: filesNamed(types, /^([\w/-]+\.ts)\(\d/gm), lint: filesNamed(lint, /^([\w/-]+\.ts):\d/gm) };
}, 120_000);

afterAll(async () => rm(tree, { recursive: true, force: true }));

const slug = (layer: Layer): string => layer.replaceAll("/", "-");
const forbidden = (layer: Layer): readonly Layer[] =>
  layer === "tools" ? [] : LAYERS.filter((other) => other !== layer && !MAY_IMPORT[layer].includes(other));

describe("the compiler", () => {
  test.each(fenced.flatMap((layer) => forbidden(layer).map((other) => [layer, other] as const)))(
    "refuses %s importing %s",
    (layer, other) => {
      expect(refused.types).toContain(`${layer}/imports-${slug(other)}.ts`);
    },
  );

  test.each(fenced.flatMap((layer) => Object.keys(HOSTS[layer] ?? {}).map((name) => [layer, name] as const)))(
    "refuses in %s a host of kind %s",
    (layer, name) => {
      expect(refused.types).toContain(`${layer}/host-${name}.ts`);
    },
  );

  test.each(LAYERS)("accepts what %s may import", (layer) => {
    expect(refused.types).not.toContain(`${layer}/allowed.ts`);
    expect(refused.types).not.toContain(`${layer}/own.ts`);
  });
});

describe("the linter", () => {
  test.each(LAYERS.flatMap((layer) => Object.keys(LINT[layer] ?? {}).map((name) => [layer, name] as const)))(
    "refuses in %s the %s",
    (layer, name) => {
      expect(refused.lint).toContain(`${layer}/lint-${name}.ts`);
    },
  );

  test.each(fenced.filter((layer) => forbidden(layer).length > 0))(
    "refuses in %s what the compiler refuses",
    (layer) => {
      for (const other of forbidden(layer)) expect(refused.lint).toContain(`${layer}/imports-${slug(other)}.ts`);
    },
  );

  test.each(LAYERS)("accepts %s itself", (layer) => {
    expect(refused.lint).not.toContain(`${layer}/own.ts`);
  });
});
