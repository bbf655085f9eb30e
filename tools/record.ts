/**
 * `npm run record`: real runs for the page to play when it opens. Starts an edge server, drives
 * the built page in a browser through `window.cutlayer`, as any researcher would, and writes the
 * records with their provenance to public/recordings. Warms up first; every run is checked.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "@playwright/test";
import type { RunConfig } from "../src/core/run/config.ts";
import type { RunRecord } from "../src/core/run/record.ts";
import { findBrowser, NO_BROWSER } from "./browser.mjs";
import { BROWSER_FLAGS } from "./browser-flags.mjs";
import { startEdge } from "./edge-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "public/recordings");
const PORT = 8149;

const base = {
  model: "concierge-10m",
  prompt: "Find me an Italian restaurant in San Jose, please.",
  codec: "f16",
  temperature: 0,
  seed: 1,
  maxTokens: 48,
} as const;

/** The first one plays when the page opens. */
const RUNS: Readonly<Record<string, Partial<RunConfig>>> = {
  "split-5g": { ...base, mode: "split", cut: 4, link: "5g", backend: "wasm", threads: 1 },
  "edge-only-5g": { ...base, mode: "edge-only", link: "5g" },
  "device-only": { ...base, mode: "device-only", backend: "wasm", threads: 1 },
};

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const edge = await startEdge(PORT, ["--log-level", "warn"]);
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  try {
    const page = await browser.newPage();
    await page.goto(edge.url);
    await page.waitForFunction(() => "cutlayer" in window);
    await mkdir(folder, { recursive: true });
    for (const [name, config] of Object.entries(RUNS)) {
      await run(page, { ...config, maxTokens: 8 });
      await keep(name, await run(page, config));
    }
    await writeFile(
      join(folder, "index.json"),
      `${JSON.stringify({ recordings: Object.keys(RUNS).map((name) => `${name}.json`) }, null, 2)}\n`,
    );
  } finally {
    await browser.close();
    await edge.stop("SIGTERM");
  }
}

async function keep(name: string, record: RunRecord): Promise<void> {
  const { agreement, finish, totals } = record;
  if (finish.kind === "failed") throw new Error(`${name} failed: ${JSON.stringify(finish.failure)}`);
  if (agreement.kind !== "checked" || !agreement.exact)
    throw new Error(`${name} does not agree with the unsplit model: ${JSON.stringify(agreement)}`);
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(record)}\n`);
  console.log(
    `${name}: ${record.tokenIds.length} tokens, first after ${totals.ttftMs?.toFixed(0) ?? "?"} ms, then ${totals.tpotMs?.toFixed(1) ?? "?"} ms a token, exact`,
  );
}

function run(page: Page, config: Partial<RunConfig>): Promise<RunRecord> {
  return page.evaluate(async (given) => {
    const { cutlayer } = window as unknown as {
      cutlayer: { ready: Promise<void>; run(config: unknown): Promise<RunRecord> };
    };
    await cutlayer.ready;
    return cutlayer.run(given);
  }, config);
}

await main();
