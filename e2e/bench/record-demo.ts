/**
 * `npm run record:demo`: the runs that the page's show plays, into public/recordings/demo.json.
 * Drives the built page as any researcher would; the frames are taken from the wire by a server in
 * between, in a run of their own, so that no recorded time holds the detour.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "@playwright/test";
import { DEMO_SCHEMA, type DemoRecording, type RecordedFrame } from "#core/run/record/demo-recording.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { RunOptions } from "#core/run/worker-api.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import { startEdge } from "#tools/edge-process.ts";
import { ready, type CutlayerApi } from "../lab.ts";
import { openTap, type TappedMessage } from "../tap.ts";
import { readFlags } from "#tools/read-flags.ts";

const folder = join(fileURLToPath(new URL("../..", import.meta.url)), "public/recordings");
const BASE = {
  mode: "split",
  model: "concierge-10m",
  prompt: "Find me an Italian restaurant in San Jose, please.",
  codec: "f16",
  temperature: 0,
  seed: 1,
  maxTokens: 48,
  link: "5g",
  backend: "wasm",
  threads: 1,
} as const;
const CUTS = [0, 3, 6, 9, 12] as const;
const BROKEN_AT = 5;
const SHOWN_BYTES = 56;
/** The frames of a decode step: the upward one carries an activation, its answer a token. */
const STEP = 4;

async function main(): Promise<void> {
  const { values } = readFlags({
    options: {
      port: { type: "string", default: "8189" },
      machine: { type: "string" },
      note: { type: "string", default: "" },
    },
  });
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const port = Number(values.port);
  const edge = await startEdge(port, ["--threads", "1", "--log-level", "warn"]);
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  try {
    const page = await opened(browser, edge.url);
    const cuts: RunRecord[] = [];
    for (const cut of CUTS) cuts.push(await exact(page, { ...BASE, cut }));
    const broken = await run(
      page,
      { ...BASE, cut: 4 },
      { sabotage: { kind: "corrupt-activation", atToken: BROKEN_AT }, fresh: true },
    );
    if (broken.agreement.kind !== "checked" || broken.agreement.exact)
      throw new Error("the sabotaged run agrees with the unsplit model: there is nothing to show");
    const frames = await framesOnTheWire(browser, edge.url, port + 1);
    const demo: DemoRecording = {
      schema: DEMO_SCHEMA,
      machine: values.machine ?? thisMachine(),
      note: values.note,
      cuts,
      broken,
      brokenAtToken: BROKEN_AT,
      frames,
    };
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "demo.json"), `${JSON.stringify(demo, rounded)}\n`);
    console.log(`demo: ${cuts.length} cuts, a sabotaged run, ${frames.length} frames`);
  } finally {
    await browser.close();
    await edge.stop("SIGTERM");
  }
}

const thisMachine = (): string =>
  `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;

/** A microsecond is more than any clock here tells. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;

async function opened(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await ready(page);
  return page;
}

/** Warmed up first, and equal to the unsplit model. */
async function exact(page: Page, config: Partial<RunConfig>): Promise<RunRecord> {
  await run(page, { ...config, maxTokens: 6 }, { check: false, fresh: true });
  const record = await run(page, config, { fresh: true });
  if (record.agreement.kind !== "checked" || !record.agreement.exact)
    throw new Error(
      `cut ${String(config.cut)} does not agree with the unsplit model: ${JSON.stringify(record.agreement)}`,
    );
  return record;
}

function run(page: Page, config: Partial<RunConfig>, options: RunOptions): Promise<RunRecord> {
  return page.evaluate(
    async ([given, how]) => {
      const { cutlayer } = window as unknown as { cutlayer: CutlayerApi };
      return cutlayer.run(given, how);
    },
    [config, options] as const,
  );
}

async function framesOnTheWire(browser: Browser, edgeUrl: string, port: number): Promise<readonly RecordedFrame[]> {
  const tap = await openTap(port, edgeUrl);
  try {
    const page = await opened(browser, tap.url);
    tap.forget();
    await run(page, { ...BASE, cut: 4, maxTokens: 12 }, { check: false, fresh: true });
    return [...framed(tap.up, "up"), ...framed(tap.down, "down")];
  } finally {
    await tap.close();
  }
}

function framed(messages: readonly TappedMessage[], direction: "up" | "down"): readonly RecordedFrame[] {
  const message = messages.filter(({ binary }) => binary)[STEP];
  return message === undefined
    ? []
    : [{ direction, bytes: message.bytes.byteLength, head: message.bytes.subarray(0, SHOWN_BYTES).toString("hex") }];
}

await main();
