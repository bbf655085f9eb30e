/**
 * Under u-split neither text nor tokens leave the tab: a tap between page and edge reads every
 * byte that goes out, and finds activations.
 */
import { expect, test, type Page } from "@playwright/test";
import { decodeUp } from "#wire/frames.ts";
import { goodRun, openForRuns, openLab } from "./lab.ts";
import { TAP_PORT, TEST_URL } from "./servers.ts";
import { openTap, type Tap } from "./tap.ts";

const PROMPT = "Please book a table for seven at Zanzibar Kitchen in Oakland.";
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

/** Ids as they might be written: 16, 32 and 64 bits, little-endian, and as decimal text. */
function encodings(ids: readonly number[]): readonly Buffer[] {
  return [
    Buffer.from(Uint16Array.from(ids).buffer),
    Buffer.from(Uint32Array.from(ids).buffer),
    Buffer.from(BigUint64Array.from(ids, BigInt).buffer),
    Buffer.from(ids.join(",")),
    Buffer.from(ids.join(", ")),
  ];
}

test("every byte that a u-split run sends is free of the prompt, its ids and the tokens", async () => {
  tap.forget();
  const record = await goodRun(page, {
    mode: "u-split",
    model: "concierge-10m",
    cut: 2,
    tail: 2,
    prompt: PROMPT,
    codec: "f32",
    backend: "wasm",
    temperature: 0,
    maxTokens: 16,
    link: "loopback",
  });
  expect(record.agreement, "the check ran, on the device").toMatchObject({ kind: "checked", exact: true });
  expect(tap.up.length).toBeGreaterThan(record.tokenIds.length);

  const sent = [...tap.up.map(({ bytes }) => bytes), ...tap.requests.map((text) => Buffer.from(text, "latin1"))];
  const needles = [PROMPT, "Zanzibar", "Oakland", record.text.slice(0, 12)].filter((text) => text.trim().length > 3);
  for (const bytes of sent) {
    for (const needle of needles) {
      expect(bytes.includes(needle), `"${needle}" in ${bytes.subarray(0, 80).toString("latin1")}`).toBe(false);
      expect(bytes.includes(encodeURIComponent(needle))).toBe(false);
    }
    // Three ids in a row are enough to give it away, and too many to be there by chance.
    for (const ids of [record.resolved?.promptIds.slice(-4, -1) ?? [], record.tokenIds.slice(0, 3)])
      for (const needle of encodings(ids)) expect(bytes.includes(needle)).toBe(false);
  }
  for (const { binary, bytes } of tap.up) {
    if (!binary) continue;
    const message = decodeUp(bytes);
    expect(message.ok && message.value.kind).toMatch(/^(activations|ping|stop)$/);
  }
});

test("the tap would notice: edge-only sends the prompt's ids", async () => {
  tap.forget();
  const record = await goodRun(page, {
    mode: "edge-only",
    model: "concierge-1m",
    prompt: PROMPT,
    temperature: 0,
    maxTokens: 2,
    link: "loopback",
  });
  const ids = Buffer.from(Uint32Array.from(record.resolved?.promptIds.slice(-4, -1) ?? []).buffer);
  expect(tap.up.some(({ bytes }) => bytes.includes(ids))).toBe(true);
});

test("a script that gets into the page as text does not run", async ({ page: other }) => {
  const broken: string[] = [];
  await other.exposeFunction("violated", (what: string) => broken.push(what));
  await other.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
      (window as unknown as { violated: (what: string) => void }).violated(violatedDirective),
    );
  });
  await openLab(other);
  await goodRun(other, { mode: "split", model: "concierge-1m", cut: 2, backend: "wasm", prompt: "Hi", maxTokens: 2 });
  expect(broken, "the page itself keeps to its policy").toEqual([]);
  await other.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", '<img src="x:" onerror="window.ran = true">');
  });
  await expect.poll(() => broken.length).toBeGreaterThan(0);
  expect(await other.evaluate(() => "ran" in window)).toBe(false);
});
