/**
 * The charts of a run, by pointer, keys and ear. A recording that the page ships is opened from a
 * file, made long and given stalls: no engine and no edge server take part.
 */
import { expect, test, type Locator, type Page } from "@playwright/test";
import { violations } from "./axe.ts";
import { touching } from "./chart-words.ts";
import { visit } from "./lab.ts";
import { dropRecord, longRecord, TOKENS } from "./long-record.ts";

const record = longRecord();

/** One page for all: what a test changes it changes back. Loading it anew is most of the time. */
let page: Page;
test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await openLong(page);
});
test.afterAll(() => page.close());
test.afterEach(async () => {
  await page.mouse.move(0, 0);
  await page.evaluate(() =>
    document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined,
  );
});

async function openLong(on: Page): Promise<void> {
  await visit(on);
  await on.getByTestId("token-chart").waitFor();
  await dropRecord(on, record);
  await expect(on.getByTestId("brush").first()).toBeVisible();
}

const chart = (name: string) => page.getByTestId(name);
const drawing = (name: string) => chart(name).getByRole("application");
const exact = (ms: number): string =>
  `${ms.toLocaleString("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 })}\u00a0ms`;

/** Over the middle of a drawing. */
async function pointAt(at: Locator): Promise<void> {
  await at.scrollIntoViewIfNeeded();
  const box = await at.boundingBox();
  if (box === null) throw new Error("nothing is drawn");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
}

test("a token's exact figures are read out under the pointer, in both charts of the run and on its lane", async () => {
  await pointAt(drawing("token-chart"));
  const readout = chart("token-chart").getByTestId("readout");
  await expect(readout).toContainText(/^Token \d+/);
  const number = Number(/Token (\d+)/.exec((await readout.textContent()) ?? "")?.[1]);
  const token = record.tokens[number - 1];
  const before = record.tokens[number - 2];
  if (token === undefined || before === undefined) throw new Error(`no token ${number}`);
  await expect(readout).toContainText(`Interval${exact(token.atMs - before.atMs)}`);
  await expect(readout).toContainText(exact(token.edgeMs));
  const bytes = chart("byte-chart").getByTestId("readout");
  await expect(bytes, "linked").toContainText(`Token ${number}`);
  await expect(bytes).toContainText(`Up${token.upBytes}\u00a0B`);
  await expect(chart("token-chart").getByTestId("spoken"), "the pointer says nothing aloud").toBeEmpty();
});

test("the arrow keys read out one token after the other, politely", async () => {
  await drawing("token-chart").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const spoken = chart("token-chart").getByTestId("spoken");
  await expect(spoken).toHaveAttribute("aria-live", "polite");
  await expect(spoken).toContainText(/Token 4\b/);
  await expect(spoken).toContainText(
    `Interval ${exact((record.tokens[3]?.atMs ?? 0) - (record.tokens[2]?.atMs ?? 0))}`,
  );
  await page.keyboard.press("ArrowLeft");
  await expect(spoken).toContainText(/Token 3\b/);
  expect(await page.locator("[aria-live=assertive]").count()).toBe(0);
});

test("the lane is a slider over its tokens, with the same figures, by keys and by pointer", async () => {
  const lane = page.getByTestId("lane-split").getByTestId("track");
  await lane.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await expect(lane).toHaveAttribute("aria-valuenow", "2");
  const interval = exact((record.tokens[1]?.atMs ?? 0) - (record.tokens[0]?.atMs ?? 0));
  await expect(lane).toHaveAttribute("aria-valuetext", new RegExp(`^Token 2\\b.*Interval ${interval}`));
  await expect(lane.getByTestId("readout")).toContainText(interval);
  await page.keyboard.press("Escape");
  await expect(lane.getByTestId("readout")).toBeHidden();
  await pointAt(lane);
  await expect(lane.getByTestId("readout")).toContainText(/^Token \d+/);
  await expect(page.getByTestId("lanes-legend")).toContainText("Uplink");
});

test("the strip says what each stretch takes of a token", async () => {
  const zone = page.getByTestId("zone-tab");
  await zone.getByRole("button").first().focus();
  await expect(zone.getByTestId("readout")).toBeVisible();
  await expect(zone.getByTestId("readout")).toContainText(/Device\d+\.\d{3}\sms/);
});

test("the legend shows and hides a series", async () => {
  const button = chart("byte-chart").getByRole("button", { name: "Down" });
  await expect(button).toHaveAttribute("aria-pressed", "true");
  const bars = chart("byte-chart").getByTestId("bars").locator("path");
  const before = await bars.count();
  await button.click();
  await expect(button).toHaveAttribute("aria-pressed", "false");
  expect(await bars.count()).toBeLessThan(before);
  await pointAt(drawing("byte-chart"));
  const readout = chart("byte-chart").getByTestId("readout");
  await expect(readout).toContainText("Up");
  await expect(readout).not.toContainText("Down");
  await button.click();
  await expect(button).toHaveAttribute("aria-pressed", "true");
});

test("the brush shows a window, the same in both charts, by keys", async () => {
  const brush = chart("token-chart").getByTestId("brush");
  const last = brush.getByRole("slider", { name: "Last token shown" });
  await expect(last).toHaveAttribute("aria-valuetext", `token ${TOKENS}`);
  await last.focus();
  await page.keyboard.press("PageDown");
  await page.keyboard.press("ArrowLeft");
  const shown = Number(await last.inputValue());
  expect(shown).toBeLessThan(TOKENS - 1);
  await expect(last).toHaveAttribute("aria-valuetext", `token ${shown}`);
  await expect(brush).toContainText(`Tokens 2 to ${shown} of ${TOKENS}`);
  await expect(chart("byte-chart").getByTestId("brush")).toContainText(`to ${shown} of`);
  await page.keyboard.press("Home");
  await expect(brush, "a window keeps some tokens").toContainText("Tokens 2 to 9");
  const ticks = chart("token-chart").locator(".recharts-xAxis-tick-labels text");
  await expect(ticks).toHaveText(["2", "3", "4", "5", "6", "7", "8", "9"]);
  await brush.getByRole("button", { name: "Show all" }).click();
  await expect(last).toHaveAttribute("aria-valuetext", `token ${TOKENS}`);
});

test("a stall is cut off with a mark that says so, and can be shown", async () => {
  const topTick = chart("token-chart").locator(".recharts-yAxis-tick-labels text").last();
  await expect(topTick).toHaveText(/^\d{2,3}$/);
  const clip = chart("token-chart").getByRole("button", { name: "2 cut off" });
  await clip.click();
  await expect(topTick).toHaveText(/^1\d{3}$/);
  await chart("token-chart").getByRole("button", { name: "Cut off the 2 highest" }).click();
  await expect(topTick).toHaveText(/^\d{2,3}$/);
});

test("a chart's axis is logarithmic or linear", async () => {
  const ticks = chart("byte-chart").locator(".recharts-yAxis-tick-labels text");
  await expect(ticks).toHaveText(["1", "10", "100", "1000", "10k"]);
  await chart("byte-chart").getByRole("button", { name: "Logarithmic" }).click();
  await expect(ticks.first()).toHaveText("0");
  await chart("byte-chart").getByRole("button", { name: "Logarithmic" }).click();
});

for (const scheme of ["light", "dark"] as const)
  for (const width of [390, 1440, 1920])
    test(`${scheme}, ${width} px: axe finds nothing, and no two labels touch`, async () => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 1000 });
      await drawing("token-chart").focus();
      expect(await violations(page)).toEqual([]);
      for (const name of ["cut-chart", "token-chart", "byte-chart"])
        expect(await touching(chart(name)), name).toEqual([]);
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(sideways, "nothing sticks out sideways").toBeLessThanOrEqual(0);
    });

test.describe("with the opening playing", () => {
  test.use({ contextOptions: { reducedMotion: "no-preference" } });

  test("nothing moves when the charts come", async ({ page: fresh }) => {
    await visit(fresh);
    await fresh.getByTestId("token-chart").waitFor();
    const moved = await fresh.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => resolve(sum), 1500);
        }),
    );
    expect(moved).toBeLessThan(0.1);
  });
});
