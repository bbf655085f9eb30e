/**
 * The lab's charts on recorded results, without an edge: a file is what the page shows, words keep
 * clear of each other at every width, and pointer, keyboard and buttons do what they say.
 */
import { readFile } from "node:fs/promises";
import { expect, test, type Locator, type Page } from "@playwright/test";
import { violations } from "./axe.ts";
import { collisions, openLesson } from "./chart-words.ts";
import { shifts, sumOf, watchShifts } from "./shifts.ts";
import { STATIC_PORT } from "./servers.ts";
import { serveFolder, type StaticServer } from "./static-server.ts";

let host: StaticServer;

/** One page for most: each test opens its lesson anew. */
let page: Page;

test.beforeAll(async ({ browser }) => {
  host = await serveFolder("dist/page", STATIC_PORT);
  page = await browser.newPage();
});
test.afterAll(async () => {
  await page.close();
  await host.close();
});
test.beforeEach(() => page.emulateMedia({ colorScheme: "light" }));
test.setTimeout(240_000);

async function saved(page: Page, testId: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByTestId(testId).click();
  return readFile(await (await download).path(), "utf8");
}

const textsOf = (panels: Locator): Promise<readonly string[]> =>
  panels.locator("text").evaluateAll((all) => all.map(({ textContent }) => textContent ?? "").sort());

/** What stands in a saved figure, read back by the browser. */
const inFile = (page: Page, svg: string) =>
  page.evaluate((source) => {
    const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
    const texts = (selector: string): readonly string[] =>
      [...root.querySelectorAll(selector)].map(({ textContent }) => textContent ?? "");
    return {
      panels: [...texts("[data-panel] text")].sort(),
      legend: texts("[data-legend] text"),
      all: texts(":scope > text"),
      marks: root.querySelectorAll("[data-panel] [data-mark], [data-panel] [data-verdict]").length,
      fonts: root.getAttribute("font-family"),
      ground: root.querySelector("rect")?.getAttribute("fill"),
    };
  }, svg);

for (const [id, plots] of [
  ["where-to-cut", 3],
  ["what-a-codec-costs", 4],
  ["when-to-draft", 2],
  ["where-the-time-goes", 1],
] as const)
  test(`${id}: a file says what the page shows, light also from a dark page, with its legend and fonts`, async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "dark" });
    await openLesson(page, host.url, id);
    const plot = page.getByTestId("plot-0");
    const svg = await saved(page, "plot-0-slide-svg");
    expect(svg).not.toMatch(/var\(|class=|style=|currentcolor|NaN|undefined/i);
    const file = await inFile(page, svg);
    const panels = plot.locator("[data-panel]");
    expect(file.panels).toEqual(await textsOf(panels));
    expect(file.marks).toBe(await panels.locator("[data-mark], [data-verdict]").count());
    expect(file.legend).toEqual(await plot.getByRole("list").getByRole("button").allTextContents());
    expect(file.fonts).toContain("IBM Plex Sans");
    expect(file.ground).toBe("#ffffff");
    expect(file.all[0]).toBe(await plot.getByRole("heading", { level: 2 }).textContent());
    expect(file.all.slice(1).join(" ")).toMatch(/\d runs? over \d+ prompts?|One run an arm/);
    await page.emulateMedia({ colorScheme: "light" });
    const named = (text: string): string => text.replaceAll(/figure-\d+-/g, "");
    expect(named(await saved(page, "plot-0-slide-svg"))).toBe(named(svg));
    expect(await page.getByTestId(/^plot-\d+$/).count()).toBeGreaterThanOrEqual(plots);
  });

for (const id of ["what-a-codec-costs", "when-to-draft", "where-the-time-goes", "a-day-on-a-link", "who-is-served"])
  test(`${id}: no word lies on another, on a point or outside, from phone to projector`, async () => {
    await openLesson(page, host.url, id);
    for (const width of [390, 700, 1440, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth))
        .toBe(true);
      await page.evaluate(async () => document.fonts.ready);
      await expect.poll(() => collisions(page), { message: `${width} px` }).toEqual([]);
    }
  });

test("a point is read out with n and spread by pointer and by keys; a legend hides a series", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLesson(page, host.url, "where-to-cut");
  const plot = page.getByTestId("plot-0");
  const panel = plot.locator("[data-panel]").first();
  const marks = panel.locator("[data-mark]");
  await expect(marks).toHaveCount(5);
  await marks.nth(1).hover();
  const readout = panel.getByTestId("readout");
  await expect(readout).toContainText(/split\s*[\d.]+ \[[\d.]+, [\d.]+\] n=\d+/);
  const pointed = await readout.textContent();
  await page.mouse.move(0, 0);
  await panel.locator("svg.recharts-surface").focus();
  await page.keyboard.press("ArrowRight");
  await expect(readout).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await expect(panel.getByTestId("spoken")).toContainText("cut: blocks on the device");
  expect(await readout.textContent()).not.toBe(pointed);

  const split = plot.getByRole("button", { name: "split", exact: true });
  await expect(split).toHaveAttribute("aria-pressed", "true");
  await split.press("Enter");
  await expect(split).toHaveAttribute("aria-pressed", "false");
  await expect(marks).toHaveCount(0);
  const svg = await inFile(page, await saved(page, "plot-0-slide-svg"));
  expect([svg.marks, svg.legend.includes("split")]).toEqual([0, false]); // the file shows what the page shows
  await split.click();
  await expect(marks).toHaveCount(5);
});

test("in a cloud the nearest point speaks, and arrow keys go through all of them", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLesson(page, host.url, "what-a-codec-costs");
  const panel = page.getByTestId("plot-0").locator("[data-panel]").first();
  const cloud = panel.getByRole("application", { name: /15 points/ });
  await cloud.focus();
  const names = new Set<string>();
  for (let nth = 0; nth < 15; nth += 1) {
    await page.keyboard.press("ArrowRight");
    names.add((await panel.getByTestId("readout").locator("strong").textContent()) ?? "");
  }
  expect(names.size).toBe(15);
  await expect(panel.getByTestId("spoken")).toContainText(/f32, .*n=\d+/);
  await page.keyboard.press("Escape");
  await expect(panel.getByTestId("readout")).toHaveCount(0);
});

test("stacked bars are read out one after the other, by keys and wherever the pointer is in their row", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLesson(page, host.url, "where-the-time-goes");
  const panel = page.getByTestId("plot-0").locator("[data-panel]").first();
  const bars = panel.getByRole("application", { name: /4 bars/ });
  await page.mouse.move(0, 0);
  await bars.focus();
  const names: string[] = [];
  for (let nth = 0; nth < 4; nth += 1) {
    await page.keyboard.press("ArrowDown");
    names.push((await panel.getByTestId("readout").locator("strong").textContent()) ?? "");
  }
  expect(names.map((name) => name.split(":")[0])).toEqual(["split", "u-split", "edge-only", "device-only"]);
  await expect(panel.getByTestId("spoken")).toContainText(/device-only: .*n = \d+ runs/);
  await bars.hover({ position: { x: 300, y: 20 } }); // right of what the first bar takes
  await expect(panel.getByTestId("readout")).toContainText("split:");
});

test("far values are cut off, said and let in; an axis is logarithmic when asked", async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLesson(page, host.url, "who-is-served");
  const first = page.getByTestId("plot-1");
  const open = first.getByRole("button", { name: /^Show \d+ values above the axis \(up to [\d.]+\)$/ });
  await expect(first.locator("[data-beyond]").first()).toBeVisible();
  await open.click();
  await expect(first.locator("[data-beyond]")).toHaveCount(0);
  const plot = page.getByTestId("plot-0");
  const ticks = plot.locator(".recharts-yAxis-tick-labels .recharts-cartesian-axis-tick-value");
  const linear = await ticks.allTextContents();
  const log = plot.getByRole("button", { name: "Logarithmic" });
  await expect(log).toHaveAttribute("aria-pressed", "false");
  await log.click();
  await expect(log).toHaveAttribute("aria-pressed", "true");
  await expect.poll(() => ticks.allTextContents()).not.toEqual(linear);
  expect(linear[0]).toBe("0");
});

test("a long timeline has a window, by keys, and comes back whole", async ({ page: fresh }) => {
  await fresh.setViewportSize({ width: 1440, height: 900 });
  const recording = "recordings/experiments/a-day-on-a-link.json";
  await fresh.route(`**/${recording}`, async (route) => {
    const json = JSON.parse(await readFile(`public/${recording}`, "utf8")) as {
      readonly plots: readonly { readonly panels: readonly { readonly series: { points: unknown[] }[] }[] }[];
    };
    const [first] = json.plots[0]?.panels[0]?.series ?? [];
    if (first !== undefined)
      first.points = Array.from({ length: 90 }, (_, x) => ({
        x,
        y: 10 + (x % 7),
        interval: null,
        prompts: [],
        runs: 1,
        label: null,
      }));
    await route.fulfill({ json });
  });
  await openLesson(fresh, host.url, "a-day-on-a-link");
  const plot = fresh.getByTestId("plot-0");
  const marks = plot.locator("[data-panel]").first().locator("[data-mark='0']");
  const whole = await marks.count();
  const from = plot.getByRole("slider", { name: /^From, seconds/ });
  await from.focus();
  for (let nth = 0; nth < 10; nth += 1) await fresh.keyboard.press("PageUp");
  await expect.poll(() => marks.count()).toBeLessThan(whole);
  await expect(from).toHaveAttribute("aria-valuetext", /^\d/);
  await plot.getByRole("button", { name: "Show all" }).click();
  await expect(marks).toHaveCount(whole);
});

for (const scheme of ["light", "dark"] as const)
  test(`axe finds nothing at a chart of each kind, ${scheme}; charts come without moving what is there`, async ({
    page: fresh,
  }) => {
    await fresh.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const id of ["when-to-draft", "a-day-on-a-link"]) {
      await watchShifts(fresh);
      await openLesson(fresh, host.url, id);
      expect(await violations(fresh)).toEqual([]);
      expect(sumOf(await shifts(fresh))).toBeLessThanOrEqual(0.05);
    }
  });
