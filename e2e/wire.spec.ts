/** What crosses the link: bytes counted by the page are those that really went over. */
import { expect, test, type Page } from "@playwright/test";
import { goodRun, openForRuns, PROMPTS, SPLIT } from "./lab.ts";
import { TAP_PORT, TEST_URL } from "./servers.ts";
import { sharedLab } from "./shared-lab.ts";
import { openTap, type Tap } from "./tap.ts";

const HIDDEN = 256;
let tap: Tap;

/** Behind the tap. */
let page: Page;

test.beforeAll(async ({ browser }) => {
  tap = await openTap(TAP_PORT, TEST_URL);
  page = await browser.newPage();
  await openForRuns(page, tap.url);
});
test.afterAll(async () => {
  await page.close();
  await tap.close();
});

const split = {
  ...SPLIT,
  prompt: PROMPTS[0],
  temperature: 0,
  maxTokens: 12,
} as const;

test("with the KV cache a decode step's bytes do not grow, and the header costs at most 32", async () => {
  tap.forget();
  const record = await goodRun(page, split);
  const decode = record.tokens.slice(1);
  expect(new Set(decode.map(({ upBytes }) => upBytes)).size).toBe(1);
  for (const { upBytes, positions } of record.tokens) expect(upBytes - positions * HIDDEN * 4).toBeLessThanOrEqual(32);
  for (const { downBytes } of decode) expect(downBytes - 4).toBeLessThanOrEqual(32);
  // The page's own account against what the tap saw: the messages of the run are among those that passed.
  const sizes = tap.up.filter(({ binary }) => binary).map(({ bytes }) => bytes.byteLength);
  for (const { upBytes } of record.tokens) expect(sizes).toContain(upBytes);
});

test("without the KV cache a decode step's bytes grow with the context", async () => {
  const record = await goodRun(page, { ...split, kvCache: false });
  const growth = record.tokens.slice(1).map(({ upBytes }, i) => upBytes - (record.tokens[i]?.upBytes ?? 0));
  for (const bytes of growth) expect(bytes).toBe(HIDDEN * 4);
  expect(record.memory.device.kvBytes).toBe(0);
  expect(record.memory.edge?.kvBytes).toBe(0);
  expect(record.tokenIds).toEqual((await goodRun(page, split)).tokenIds);
});

test("the parts of every token's interval add up to it", async ({ browser }) => {
  const lab = await sharedLab(browser);
  for (const mode of ["split", "u-split", "edge-only", "device-only"] as const) {
    const record = await goodRun(lab, { ...split, mode, link: "5g" });
    let before = 0;
    for (const token of record.tokens) {
      const parts =
        token.deviceMs +
        token.encodeMs +
        token.uplinkMs +
        token.queueMs +
        token.edgeMs +
        token.downlinkMs +
        token.decodeMs +
        token.sampleMs +
        token.otherMs;
      const interval = token.atMs - before;
      before = token.atMs;
      // 1%, or what the clock cannot tell apart.
      expect
        .soft(Math.abs(parts - interval), `${mode}, token ${token.index}`)
        .toBeLessThanOrEqual(Math.max(interval * 0.01, 0.3));
      expect
        .soft(
          Math.min(token.deviceMs, token.uplinkMs, token.edgeMs, token.downlinkMs, token.otherMs),
          `${mode}: no part is negative`,
        )
        .toBeGreaterThanOrEqual(0);
    }
  }
});
