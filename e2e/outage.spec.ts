/**
 * The edge server goes in the middle of an answer, and the page says so while it waits: what it
 * tries, what it ends with, and what can be done. No token is lost or doubled by it.
 */
import { expect, test, type Page } from "@playwright/test";
import type { RunRecord } from "#core/run/record.ts";
import { startEdge } from "#tools/edge-process.ts";
import { goodRun, openLab, PROMPTS, run, runUntil, slowLink, SPLIT } from "./lab.ts";
import { SPARE_PORT } from "./servers.ts";

const split = {
  ...SPLIT,
  prompt: PROMPTS[4],
  temperature: 0,
  maxTokens: 24,
} as const;
const slow = { ...split, link: slowLink(150) } as const;
const turns = (page: Page) => page.getByTestId("turns").locator("li[data-role]");

/** Holds all weights in the tab, and has a slow split of them set. */
async function openWithWeights(page: Page, url: string): Promise<RunRecord> {
  await openLab(page, url);
  const here = await goodRun(page, { ...split, mode: "device-only" });
  await page.getByTestId("mode").selectOption("split");
  await page.getByTestId("link").selectOption("3g");
  return here;
}

test("killed and started again: the headline says what is tried, then what it cost, apart from everything else", async ({
  page,
}) => {
  test.setTimeout(180_000);
  let edge = await startEdge(SPARE_PORT);
  try {
    await openLab(page, edge.url);
    const whole = await goodRun(page, split);
    const { record: running } = await runUntil(page, slow, 4);
    await edge.stop("SIGKILL");
    await expect(page.getByTestId("verdict")).toContainText(
      /^Reconnecting, attempt \d+ of about \d+ \(next in \d+ s\)\.$/,
    );
    await expect(page.getByTestId("reconnecting")).toContainText("The edge server does not answer.");
    await expect(page.getByTestId("provenance")).toContainText("Interrupted");
    edge = await startEdge(SPARE_PORT);
    const record = await running;
    expect(record.tokenIds).toEqual(whole.tokenIds);
    expect(record.outages).toHaveLength(1);
    const away = record.outages?.[0]?.ms ?? 0;
    expect(Math.abs((record.totals.outageMs ?? 0) - away)).toBeLessThan(0.1 * away);
    expect(Math.max(...record.tokens.map(({ otherMs }) => otherMs))).toBeLessThan(away);
    await expect(page.getByTestId("reconnecting")).toHaveCount(0);
    await expect(page.getByTestId("provenance")).toContainText("The edge server was away for");
    await expect(page.getByTestId("verdict")).not.toContainText("between threads");
    await expect(page.getByTestId("token-chart")).toContainText("cut off: show up to");
  } finally {
    await edge.stop("SIGKILL");
  }
});

test("Cancel ends the waiting, with what there was", async ({ page }) => {
  test.setTimeout(120_000);
  const edge = await startEdge(SPARE_PORT);
  await openLab(page, edge.url);
  const { record: running } = await runUntil(page, slow, 4);
  await edge.stop("SIGKILL");
  await page.getByTestId("end-waiting").click();
  const record = await running;
  expect(record.finish.kind).toBe("stopped");
  expect(record.tokenIds.length).toBeGreaterThanOrEqual(4);
  await expect(page.getByTestId("reconnecting")).toHaveCount(0);
});

test("with nobody there the request stays where it is, and Retry answers it when the server is back", async ({
  page,
}) => {
  test.setTimeout(180_000);
  let edge = await startEdge(SPARE_PORT);
  try {
    await openWithWeights(page, edge.url);
    await edge.stop("SIGKILL");
    await page.getByTestId("run").click();
    await expect(page.getByTestId("verdict")).toHaveText("The run failed before its first token.", { timeout: 30_000 });
    await expect(turns(page)).toContainText([PROMPTS[4], "No answer came"]);
    await expect(page.getByTestId("go-on-alone")).toBeVisible();
    edge = await startEdge(SPARE_PORT);
    await page.getByTestId("retry").click();
    await expect(page.getByTestId("verdict")).toContainText("a token, cut at 4 of 12", { timeout: 60_000 });
    await expect(page.getByTestId("failure")).toHaveCount(0);
    await expect(page.getByTestId("stop")).toHaveCount(0, { timeout: 60_000 });
    await expect(turns(page)).toHaveCount(2);
    await expect(turns(page).nth(1)).not.toContainText("No answer came");
  } finally {
    await edge.stop("SIGKILL");
  }
});

test("one that stays away too long ends the run, and Retry runs the same again", async ({ page }) => {
  test.setTimeout(180_000);
  let edge = await startEdge(SPARE_PORT);
  try {
    await openLab(page, edge.url);
    const { record: running } = await runUntil(page, slow, 4, { reconnectMs: 1_000 });
    await edge.stop("SIGKILL");
    expect((await running).finish).toMatchObject({ kind: "failed", failure: { code: "edge-gone" } });
    await expect(page.getByTestId("verdict")).toContainText(/^The run failed after \d+ tokens\.$/);
    await expect(page.getByTestId("failure")).toContainText("The edge server went away.");
    edge = await startEdge(SPARE_PORT);
    await page.getByTestId("retry").click();
    await expect(page.getByTestId("verdict")).toContainText("a token, cut at 4 of 12", { timeout: 60_000 });
  } finally {
    await edge.stop("SIGKILL");
  }
});

test("with the weights in this tab the answer goes on without the server", async ({ page }) => {
  test.setTimeout(180_000);
  const edge = await startEdge(SPARE_PORT);
  const here = await openWithWeights(page, edge.url);
  await page.getByTestId("run").click();
  await expect(page.getByTestId("verdict")).toContainText("a token", { timeout: 60_000 });
  await edge.stop("SIGKILL");
  await page.getByTestId("go-on-alone").click();
  await expect(page.getByTestId("verdict")).toContainText("Nothing crosses the link.", { timeout: 60_000 });
  await expect(page.getByTestId("mode")).toHaveValue("device-only");
  await expect(page.getByTestId("stop")).toHaveCount(0, { timeout: 60_000 });
  await expect(turns(page)).toHaveCount(2);
  expect((await run(page, { ...split, mode: "device-only" })).tokenIds).toEqual(here.tokenIds);
});

test("in a race an outage is told like any other, and one that is broken off says so", async ({ page }) => {
  test.setTimeout(180_000);
  const edge = await startEdge(SPARE_PORT);
  try {
    await openLab(page, edge.url, "level=beginner&mode=split&cut=4&backend=wasm&link=rtt:400");
    await page.getByTestId("race-start").click();
    await expect(page.getByTestId("verdict")).toContainText("Racing: run 1 of 9", { timeout: 120_000 });
    await edge.stop("SIGKILL");
    await expect(page.getByTestId("verdict")).toContainText(/Reconnecting, attempt \d+ of about \d+/, {
      timeout: 30_000,
    });
    await expect(page.getByTestId("provenance")).toContainText("Interrupted");
    await page.getByTestId("end-waiting").click();
    await expect(page.getByTestId("verdict")).toContainText(/[Bb]roken off/);
  } finally {
    await edge.stop("SIGKILL");
  }
});

test("a newcomer's page shows an outage as a part of its own, and after Stop there is a way on", async ({ page }) => {
  test.setTimeout(180_000);
  let edge = await startEdge(SPARE_PORT);
  try {
    await openLab(page, edge.url, "level=beginner&mode=split&cut=4&backend=wasm&link=rtt:400");
    await page.getByTestId("run").click();
    await expect(page.getByTestId("verdict")).toContainText("The answer is coming", { timeout: 60_000 });
    await edge.stop("SIGKILL");
    await expect(page.getByTestId("verdict")).toContainText("of about");
    await expect(page.getByTestId("stop")).toHaveCount(0);
    edge = await startEdge(SPARE_PORT);
    await expect(page.getByTestId("verdict")).toContainText(/The answer (took|is coming)/, { timeout: 60_000 });
    await expect(page.getByTestId("verdict")).toContainText("The answer took", { timeout: 120_000 });
    const parts = await page.getByTestId("spent").locator("li").allTextContents();
    expect(parts.join(" ")).toContain("No connection");
    const shares = parts.map((part) => Number(/(\d+)%/.exec(part)?.[1] ?? 0));
    expect(shares.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(97);

    await page.getByTestId("turn-regenerate").last().click();
    await expect(page.getByTestId("verdict")).toContainText("The answer is coming", { timeout: 60_000 });
    await edge.stop("SIGKILL");
    await page.getByTestId("end-waiting").click();
    await expect(page.getByTestId("left-waiting")).toContainText("did not answer when this was stopped");
    await expect(page.getByTestId("provenance")).toContainText("Stopped");
    await expect(page.getByTestId("send-result")).toHaveCount(0);
    edge = await startEdge(SPARE_PORT);
    await page.getByTestId("retry").click();
    await expect(page.getByTestId("verdict")).toContainText("The answer took", { timeout: 120_000 });
  } finally {
    await edge.stop("SIGKILL");
  }
});
