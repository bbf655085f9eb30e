/** Plugins as an edge server takes, serves and compares them. This file's registries are its own. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Failure } from "#core/run/failure.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { PluginOnDisk } from "#node/plugin-file.ts";
import { bundlePlugin } from "#tools/plugin-bundle.mjs";
import { openPlugins, pluginLines } from "./plugins.ts";
import { hello, testEdge, TestClient, type TestEdge } from "./testing/harness.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
let plugins: readonly PluginOnDisk[];
let edge: TestEdge;

const written = async (name: string, source: string): Promise<string> => {
  await writeFile(join(folder, name), source);
  return join(folder, name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cutlayer-plugin-"));
  const built = await Promise.all(
    ["favourite.ts", "streak.ts", "mu-law.ts"].map((file) => bundlePlugin(ROOT, join(ROOT, "tools/examples", file))),
  );
  plugins = await openPlugins(built);
  edge = await testEdge({ plugins });
}, 30_000);
afterAll(async () => edge.server.close());

async function answerTo(
  changes: Parameters<typeof hello>[0],
): Promise<{ readonly kind: string; readonly failure?: Failure }> {
  const client = new TestClient(edge.url);
  const answer = await client.greet(hello(changes));
  client.socket.close();
  return answer;
}
const shaOf = (file: string): string => plugins.find((plugin) => plugin.file === file)?.sha256 ?? "missing";

test("each is served under its hash, byte for byte, and named in /info.json and on the terminal", async () => {
  const info = (await (await fetch(`${edge.url}/info.json`)).json()) as { readonly plugins: unknown };
  expect(info.plugins).toEqual([
    { file: "favourite.ts", sha256: shaOf("favourite.ts"), adds: [{ kind: "rule", name: "favourite" }] },
    { file: "streak.ts", sha256: shaOf("streak.ts"), adds: [{ kind: "policy", name: "streak" }] },
    { file: "mu-law.ts", sha256: shaOf("mu-law.ts"), adds: [{ kind: "codec", name: "mu-law" }] },
  ]);
  for (const { sha256, bytes } of plugins) {
    const response = await fetch(`${edge.url}/plugins/${sha256}.js`);
    expect(response.headers.get("content-type")).toContain("text/javascript");
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(bytes));
  }
  expect((await fetch(`${edge.url}/plugins/${"0".repeat(64)}.js`)).status).toBe(404);
  expect(pluginLines()[2]).toBe(`Plugin mu-law.ts (${shaOf("mu-law.ts").slice(0, 12)}): codec mu-law`);
});

test("the same plugin in another folder is the same plugin", async () => {
  const source = await readFile(join(ROOT, "tools/examples/mu-law.ts"), "utf8");
  const again = await bundlePlugin(ROOT, await written("mu-law.ts", source));
  expect(again).toContain(shaOf("mu-law.ts").slice(0, 16));
});

test("a session is begun when both tiers mean the same by its names, and refused with a sentence otherwise", async () => {
  const both = [shaOf("favourite.ts"), shaOf("mu-law.ts")].sort();
  expect((await answerTo({})).kind).toBe("welcome");
  expect((await answerTo({ verify: "favourite", codec: "mu-law", plugins: both })).kind).toBe("welcome");
  for (const [changes, page, here] of [
    [{ verify: "favourite" }, [], [shaOf("favourite.ts")]],
    [{ verify: "favourite", plugins: ["0".repeat(64)] }, ["0".repeat(64)], [shaOf("favourite.ts")]],
    [{ verify: "nobody-knows", plugins: ["1".repeat(64)] }, ["1".repeat(64)], []],
    [{ codec: "mu-law", plugins: both }, both, [shaOf("mu-law.ts")]],
  ] as const) {
    const { failure } = await answerTo(changes);
    expect(failure).toEqual({ code: "plugin-mismatch", page, edge: here });
    if (failure !== undefined) expect(describeFailure(failure).title).toContain("different plugins");
  }
  expect((await answerTo({ plugins: ["no hash"] })).failure).toMatchObject({
    code: "bad-frame",
    what: expect.stringContaining("plugins[0]") as string,
  });
});

test("what cannot be used is refused before anything starts, with the file's name", async () => {
  const refusal = async (path: string): Promise<string> =>
    openPlugins([path]).then(
      () => "taken",
      (thrown: { readonly failure: Failure }) => describeFailure(thrown.failure).title,
    );
  expect(await refusal(join(folder, "nowhere.js"))).toContain(
    "nowhere.js cannot be used as a plugin: it cannot be read",
  );
  expect(await refusal(await written("mine.ts", "export default 3"))).toContain(
    "mine.ts cannot be used as a plugin: it is not built",
  );
  expect(await refusal(await written("broken.ts.js", "export default {"))).toContain(
    "broken.ts cannot be used as a plugin: it does not load: ",
  );
  expect(await refusal(await written("three.js", "export default 3"))).toContain("its default export is 3");
  expect(
    await refusal(
      await written("again.js", `export default { name: "streak", summary: "s", source: "s", draftLength: () => 1 }`),
    ),
  ).toContain("there is a policy called streak already");
  expect(
    await refusal(
      await written("lax.js", `export default { name: "lax", summary: "s", source: "s", draftLength: () => 0.5 }`),
    ),
  ).toContain('does not keep "wants what can be drafted": it wants 0.5 tokens');
});

test("what could not be on both tiers is not bundled", async () => {
  const refusal = async (source: string): Promise<string> =>
    bundlePlugin(ROOT, await written("impure.ts", source)).then(
      () => "bundled",
      (thrown: Error) => thrown.message,
    );
  expect(await refusal(`import fs from "node:fs"; export default fs;`)).toContain(
    "it imports node:fs, which only one tier has",
  );
  expect(await refusal(`import { createEngine } from "#engine/engine.ts"; export default createEngine;`)).toContain(
    "it imports #engine/engine.ts",
  );
  expect(await refusal(`export const mine = 1;`)).toContain("it has no default export");
  expect(await refusal(`export default {`)).toContain("1:17");
  expect(await refusal(`import x from "#core/nowhere.ts"; export default x;`)).toContain("nowhere.ts");
});
