/**
 * Somebody's own rule, policy and codec: given to the edge server at start, chosen in the page's
 * lists, run on both tiers, checked by the badge, and named in the record.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { fileURLToPath } from "node:url";
import { bundlePlugin } from "#tools/plugin-bundle.mjs";
import { startEdge } from "#tools/edge-process.ts";
import { failureCode, goodRun, openLab } from "./lab.ts";
import { SPARE_PORT } from "./servers.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const base = {
  model: "concierge-10m",
  draftModel: "concierge-1m",
  backend: "wasm",
  link: "loopback",
  prompt: "Find me an Italian restaurant in San Jose, please.",
  maxTokens: 8,
} as const;

test("a rule, a policy and a codec of one's own, from the command line to the badge", async ({ page }) => {
  test.setTimeout(60_000);
  const files = ["favourite.ts", "streak.ts", "mu-law.ts"];
  const built = await Promise.all(files.map((file) => bundlePlugin(ROOT, `${ROOT}tools/examples/${file}`)));
  const edge = await startEdge(SPARE_PORT, ["--log-level", "warn", ...built.flatMap((path) => ["--plugin", path])]);
  try {
    // An address names one before the page has said anything; the lists take the others.
    await openLab(
      page,
      edge.url,
      `mode=speculative&verify=favourite&temperature=0.8&model=${base.model}&backend=wasm&maxTokens=8`,
    );
    await page.getByTestId("more").click();
    await expect(page.getByTestId("verify")).toHaveValue("favourite");
    await expect(page.getByTestId("verify").locator("option:checked")).toHaveText("favourite, plugin");
    await page.getByTestId("draft-length").selectOption("streak");
    await expect(page.getByTestId("codec").locator("option", { hasText: "mu-law, plugin" })).toHaveCount(1);
    await page.getByTestId("prompt").fill(base.prompt);
    await page.getByTestId("run").click();
    await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", "exact", { timeout: 30_000 });

    const atEdge = await goodRun(page, {
      ...base,
      mode: "colocated",
      verify: "favourite",
      draftLength: "streak",
      temperature: 0.8,
    });
    expect(atEdge.agreement).toMatchObject({ kind: "checked", exact: true });
    expect(atEdge.provenance.plugins?.map(({ file, adds }) => [file, adds])).toEqual([
      ["favourite.ts", [{ kind: "rule", name: "favourite" }]],
      ["streak.ts", [{ kind: "policy", name: "streak" }]],
      ["mu-law.ts", [{ kind: "codec", name: "mu-law" }]],
    ]);
    for (const [at, path] of built.entries())
      expect(path).toContain(atEdge.provenance.plugins?.[at]?.sha256.slice(0, 16) ?? "none");

    const split = await goodRun(page, { ...base, mode: "split", cut: 6, codec: "mu-law", temperature: 0 });
    expect(split.agreement.kind).toBe("checked");
    expect(split.tokens[1]?.upBytes).toBe(28 + 256 + 4); // one position: a code a value and a scale
    expect(await failureCode(page, { ...base, mode: "split", codec: "mu-lore" })).toBe("bad-value");
  } finally {
    await edge.stop("SIGTERM");
  }
});

test("one command says of every clause whether a plugin keeps it", () => {
  const folder = mkdtempSync(join(tmpdir(), "cutlayer-plugin-"));
  const check = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/tools/check-plugin.js", ...words], {
      encoding: "utf8",
      env: { ...process.env, INIT_CWD: folder },
    });
    return { status, output: stdout + stderr };
  };
  const good = check(`${ROOT}tools/examples/streak.ts`, "--seed", "3");
  expect(good.output).toContain("policy streak, seed 3\n  ok    never throws");
  expect(good.output).toContain("7 passed, 0 failed");
  expect(good.status).toBe(0);

  writeFileSync(
    join(folder, "moody.ts"),
    `import type { Policy } from "#core/speculation/policies/policy.ts";
export default { name: "moody", summary: "s", source: "s", draftLength: () => performance.now() % 3 } satisfies Policy;`,
  );
  const moody = check("moody.ts");
  expect(moody.output).toContain("FAIL  has the types of this version: ");
  expect(moody.output).toContain("Cannot find name 'performance'");
  expect(moody.output).toContain("FAIL  wants what can be drafted: ");
  expect(moody.status).toBe(1);
  expect(check("nowhere.ts")).toMatchObject({ status: 1, output: expect.stringContaining("There is no plugin") });
});
