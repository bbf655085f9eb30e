/** A page and its worker, built together: what both need is one file, and what the worker loads needs no document. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Rollup } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sharedWorkers, withoutDocument } from "./shared-workers.ts";

const FILES: Readonly<Record<string, string>> = {
  "index.html": '<script type="module" src="./main.ts"></script>',
  "main.ts": `import { both } from "./both.ts";
    console.log(both());
    new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });`,
  "worker.ts": `import { both } from "./both.ts";
    console.log(both());
    void import("./later.ts").then(({ later }) => console.log(later));`,
  "both.ts": "export const both = () => `needed by both of them at ${Date.now()}`;",
  "later.ts": 'export const later = "loaded later";',
};

let root: string;
let scripts: readonly Rollup.OutputChunk[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "cutlayer-workers-"));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(root, name), text);
  const built = await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "silent",
    plugins: [sharedWorkers()],
    build: { write: false, target: "es2023" },
  });
  scripts = (built as Rollup.RollupOutput).output.filter((part) => part.type === "chunk");
});
afterAll(() => rm(root, { recursive: true }));

const withText = (text: string) => scripts.filter(({ code }) => code.includes(text));

it("has what page and worker both need once, and both load it", () => {
  const [shared, ...others] = withText("needed by both of them");
  expect(others).toEqual([]);
  for (const name of ["index", "worker"])
    expect(scripts.find((script) => script.name === name)?.imports, name).toContain(shared?.fileName);
});

it("names the worker's file where the page makes it", () => {
  const worker = scripts.find(({ name }) => name === "worker")?.fileName.replace("assets/", "") ?? "";
  expect(withText("new Worker(").map(({ code }) => code.includes(worker))).toEqual([true]);
});

it("asks for a document only where there is one", () => {
  const [helper, ...others] = withText("vite:preloadError");
  expect(others).toEqual([]);
  expect(helper?.code).toContain("typeof document");
  expect(helper?.code).toContain("globalThis.dispatchEvent");
});

it("does not build on with a helper that it does not know", () => {
  expect(() => withoutDocument("export const __vitePreload = (load) => load();")).toThrow("preload helper has changed");
});
