/**
 * `npm run bench:charts`: what the live token chart costs the main thread, an update, at 512
 * tokens of nine parts and 30 updates a second, against a bare drawing of the same bars. Arms take
 * turns; each sample is a ratio within its own round; time is the browser's own count of tasks.
 *
 * Flags: --rounds N (9), --out FOLDER, --anyway.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type CDPSession, type Page } from "@playwright/test";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import { BUILD } from "#core/run/build.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import type { ChartArm } from "../harness/charts.ts";
import { serveFolder } from "../static-server.ts";
import { requireQuiet } from "./busy.ts";
import { mid } from "./page-run.ts";
import { holds, writeReport, type Finding } from "./report.ts";
import { readFlags } from "#tools/read-flags.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = join(root, ".cache/charts-page");
const PORT = 8149;
const TOKENS = 512;
const UPDATES = 60;
const EVERY_MS = 1000 / 30;

const { values: flags } = readFlags({
  options: {
    rounds: { type: "string", default: "9" },
    out: { type: "string", default: join(root, "docs/benchmarks") },
    anyway: { type: "boolean", default: false },
  },
});

/** The page with both arms, built as the product is: a development build of React would be another measurement. */
async function buildPage(): Promise<void> {
  await build({
    configFile: false,
    root,
    base: "./",
    plugins: [react()],
    define: { __CUTLAYER_BUILD__: JSON.stringify(BUILD) },
    logLevel: "error",
    publicDir: false,
    build: { outDir: BUILT, emptyOutDir: true, rolldownOptions: { input: join(root, "e2e/harness/charts.html") } },
  });
}

/** Seconds that the main thread has been at work so far. */
async function busySeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
}

/** Main-thread ms an update while `arm` grows to `TOKENS`. */
async function costOf(page: Page, cdp: CDPSession, arm: ChartArm): Promise<number> {
  await page.evaluate(([which, from]) => window.charts?.begin(which, from), [arm, TOKENS - UPDATES] as const);
  const before = await busySeconds(cdp);
  const updates = await page.evaluate(([to, everyMs]) => window.charts?.stream(to, everyMs), [
    TOKENS,
    EVERY_MS,
  ] as const);
  if (updates === undefined) throw new Error("the page with the charts is not there");
  return (1000 * ((await busySeconds(cdp)) - before)) / updates;
}

async function measure(page: Page, rounds: number): Promise<Readonly<Record<ChartArm, readonly number[]>>> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const samples: Record<ChartArm, number[]> = { plain: [], page: [] };
  for (let round = -1; round < rounds; round++) {
    const order: readonly ChartArm[] = round % 2 === 0 ? ["plain", "page"] : ["page", "plain"];
    for (const arm of order) {
      const ms = await costOf(page, cdp, arm);
      if (round >= 0) samples[arm].push(ms); // the first round warms up
    }
  }
  return samples;
}

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  await buildPage();
  const busy = await requireQuiet(flags.anyway);
  const server = await serveFolder(BUILT, PORT);
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${server.url}e2e/harness/charts.html`);
    await page.waitForFunction(() => window.charts !== undefined);
    await report(await measure(page, Number(flags.rounds)), busy);
  } finally {
    await browser.close();
    await server.close();
  }
}

async function report({ plain, page }: Readonly<Record<ChartArm, readonly number[]>>, busy: number): Promise<void> {
  const finding: Finding = {
    name: "live-token-chart",
    what: `the live token chart at ${TOKENS} tokens x 9 parts, ${Math.round(1000 / EVERY_MS)} updates a second, against a bare drawing`,
    unit: "x",
    samples: page.map((ms, round) => ms / (plain[round] ?? Number.NaN)),
    limit: { kind: "at most", value: 2 },
  };
  const cpu = cpus();
  await writeReport(flags.out, "charts", {
    title: "What a live chart costs",
    provenance: {
      date: new Date().toISOString(),
      commit: BUILD.commit,
      machine: `${cpu.length} x ${cpu[0]?.model ?? "unknown"}`,
      "busy with other things": `${(busy * 100).toFixed(0)}%`,
      "updates a sample": UPDATES,
    },
    findings: [finding],
    figures: { "a bare drawing: main thread an update": plain, "the page's chart: main thread an update": page },
  });
  console.log(`${holds(finding) ? "holds" : "DOES NOT HOLD"}  ${finding.what}: ${mid(finding.samples).toFixed(2)}x`);
}

await main();
