/**
 * `npm run record:tour`: the README's pictures. Twenty seconds of the real page as one moving picture: the
 * cut is dragged, a question is asked, and the ways to run it race. Nothing is cut or sped up: each
 * frame stands as long as it stood on the screen. And the page as it stands after a run.
 *
 * Flags: --out FILE (docs/images/tour.webp), --picture FILE (docs/images/page.png), --port.
 */
import { writeFile } from "node:fs/promises";
import { chromium, type Browser, type CDPSession, type Page } from "@playwright/test";
import sharp from "sharp";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import { startEdge } from "#tools/edge-process.ts";
import { ready } from "../lab.ts";
import { readFlags } from "#tools/read-flags.ts";

const { values: flags } = readFlags({
  options: {
    out: { type: "string", default: "docs/images/tour.webp" },
    picture: { type: "string", default: "docs/images/page.png" },
    port: { type: "string", default: "8148" },
  },
});

const SIZE = { width: 1200, height: 750 } as const;
/** Of the picture, px; the page is recorded larger and made smaller. */
const WIDTH = 1000;
const LONGEST_MS = 20_000;
/** Frames that follow sooner are left out. */
const LEAST_MS = 110;
const MOST_BYTES = 2_000_000;

interface Frame {
  readonly png: Buffer;
  readonly atMs: number;
}

/** Frames as the browser paints them, with the time of each, until `stop`. */
async function screencast(session: CDPSession): Promise<{ stop(): Promise<readonly Frame[]> }> {
  const frames: Frame[] = [];
  session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    frames.push({ png: Buffer.from(data, "base64"), atMs: (metadata.timestamp ?? 0) * 1000 });
    void session.send("Page.screencastFrameAck", { sessionId });
  });
  await session.send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
  return {
    async stop() {
      await session.send("Page.stopScreencast");
      return frames;
    },
  };
}

/** A pointer that is seen: the browser's own is not in what it paints. */
const POINTER = `document.addEventListener("DOMContentLoaded", () => {
  const dot = document.createElement("div");
  dot.style.cssText = "position:fixed;z-index:99;width:22px;height:22px;margin:-11px;border-radius:50%;" +
    "background:rgb(0 0 0/.28);border:2px solid #fff;box-shadow:0 1px 6px rgb(0 0 0/.4);pointer-events:none";
  document.body.append(dot);
  addEventListener("pointermove", ({ clientX, clientY }) => {
    dot.style.left = clientX + "px";
    dot.style.top = clientY + "px";
  }, true);
});`;

/** Moves as a hand does: in steps that take their time. */
async function glide(page: Page, to: { readonly x: number; readonly y: number }, ms: number): Promise<void> {
  const from = hand;
  const steps = Math.round(ms / 40);
  for (let nth = 1; nth <= steps; nth += 1) {
    const way = nth / steps;
    const eased = way * way * (3 - 2 * way);
    await page.mouse.move(from.x + (to.x - from.x) * eased, from.y + (to.y - from.y) * eased);
    await page.waitForTimeout(25);
  }
  hand = to;
}
let hand = { x: 600, y: 420 };

async function middleOf(page: Page, testId: string): Promise<{ x: number; y: number }> {
  const box = await page.getByTestId(testId).first().boundingBox();
  if (box === null) throw new Error(`${testId} is not on the page`);
  return { x: box.x + box.width / 2, y: box.y + Math.min(box.height / 2, 60) };
}

async function press(page: Page, testId: string): Promise<void> {
  await page.getByTestId(testId).first().scrollIntoViewIfNeeded();
  await glide(page, await middleOf(page, testId), 500);
  await page.getByTestId(testId).first().click();
}

async function play(page: Page): Promise<void> {
  const strip = await page.getByTestId("strip").boundingBox();
  if (strip === null) throw new Error("no strip");
  await glide(page, await middleOf(page, "cut-handle"), 600);
  await page.mouse.down();
  for (const share of [0.62, 0.2, 0.42]) {
    await glide(page, { x: strip.x + strip.width * share, y: hand.y }, 900);
    await page.waitForTimeout(300);
  }
  await page.mouse.up();
  await press(page, "run");
  await page.getByTestId("stop").waitFor({ state: "detached" });
  await page.waitForTimeout(1500);
  await press(page, "race-start");
}

async function encode(frames: readonly Frame[], quality: number): Promise<Buffer> {
  const kept = frames.filter(({ atMs }, at) => at === 0 || atMs - lastKept(frames, at) >= LEAST_MS);
  const began = kept[0]?.atMs ?? 0;
  const shown = kept.filter(({ atMs }) => atMs - began <= LONGEST_MS);
  const small = await Promise.all(shown.map(({ png }) => sharp(png).resize({ width: WIDTH }).png().toBuffer()));
  const delay = shown.map(({ atMs }, at) => Math.max(20, Math.round((shown[at + 1]?.atMs ?? atMs + 1500) - atMs)));
  return sharp(small, { join: { animated: true } })
    .webp({ quality, effort: 6, delay, loop: 0 })
    .toBuffer();
}

/** At the best quality that fits. */
async function withinBounds(frames: readonly Frame[]): Promise<Buffer> {
  for (const quality of [80, 65, 50, 35]) {
    const moving = await encode(frames, quality);
    console.log(`${frames.length} frames, quality ${quality}: ${(moving.byteLength / 1e6).toFixed(2)} MB`);
    if (moving.byteLength <= MOST_BYTES) return moving;
  }
  throw new Error(`larger than ${MOST_BYTES / 1e6} MB at every quality`);
}

/** When the frame before `at` that is kept was painted, ms. */
function lastKept(frames: readonly Frame[], at: number): number {
  let last = frames[0]?.atMs ?? 0;
  for (const { atMs } of frames.slice(1, at)) if (atMs - last >= LEAST_MS) last = atMs;
  return last;
}

/** A second answer, since the first waits for weights and programs. */
async function picture(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });
  await page.goto(url);
  await ready(page);
  for (const start of ["run", "turn-regenerate"]) {
    await page.getByTestId(start).last().click();
    await page.getByTestId("stop").waitFor({ state: "detached" });
    await page.locator("[data-testid=verdict-agreement][data-state=exact]").waitFor();
  }
  await page.mouse.move(0, 0);
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.waitForTimeout(1000);
  await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toFile(flags.picture);
}

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const edge = await startEdge(Number(flags.port), ["--log-level", "warn"]);
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  try {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: "light" });
    await page.addInitScript(POINTER);
    await page.goto(edge.url);
    await ready(page);
    const recording = await screencast(await page.context().newCDPSession(page));
    const deadline = page.waitForTimeout(LONGEST_MS);
    await play(page);
    await deadline;
    const frames = await recording.stop();
    await writeFile(flags.out, await withinBounds(frames));
    await picture(browser, edge.url);
  } finally {
    await browser.close();
    await edge.stop("SIGTERM");
  }
}

await main();
