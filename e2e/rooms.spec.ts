/** The views with an address of their own: the list of runs, which outlives a visit and stays in this browser; the edge server's own figures; a page for the last row of a room. */
import { expect, test, type Page } from "@playwright/test";
import { isRecord } from "#core/schema/json.ts";
import { violations } from "./axe.ts";
import { goodRun, openLab, PROMPTS, ready } from "./lab.ts";

const RUN = {
  mode: "split",
  model: "concierge-1m",
  cut: 1,
  codec: "f32",
  backend: "wasm",
  link: "loopback",
  temperature: 0,
  maxTokens: 4,
  prompt: PROMPTS[0],
} as const;

const rows = (page: Page) => page.getByTestId("history-row");

/** In the browser's database, under a key as the page writes it. */
const putThere = (page: Page, text: string): Promise<void> =>
  page.evaluate(
    (torn) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open("cutlayer-runs");
        opening.onerror = () => reject(opening.error ?? new Error("it does not open"));
        opening.onsuccess = () => {
          const writing = opening.result.transaction("runs", "readwrite");
          writing.objectStore("runs").put(torn, [1, "torn", torn.length]);
          writing.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
    text,
  );

async function fitsAndPasses(page: Page, view: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.evaluate((name) => document.documentElement.setAttribute("data-mantine-color-scheme", name), scheme);
    expect(await violations(page), `${view}, ${scheme}`).toEqual([]);
  }
  for (const width of [390, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    // A chart follows a frame or two behind.
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), `${view}, ${width}`).toBe(width);
  }
}

test("runs outlive the visit: chosen by keyboard, compared, opened, deleted; what is torn says so; not kept where nobody wants it", async ({
  page,
}) => {
  await openLab(page);
  await goodRun(page, RUN);
  await goodRun(page, { ...RUN, cut: 2, maxTokens: 6 });
  await page.getByTestId("open-history").click();
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText("this visit");

  await putThere(page, '{"schema":4,');
  await page.reload();
  await ready(page);
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first()).not.toContainText("this visit");
  await expect(rows(page).last()).toContainText("Unreadable");
  await page.getByTestId("history-sort").click();
  await expect(rows(page).first()).toContainText("Unreadable");

  for (const box of [page.getByTestId("history-choose").first(), page.getByTestId("history-choose").last()]) {
    await box.focus();
    await page.keyboard.press("Space");
  }
  const comparison = page.getByTestId("comparison");
  await expect(comparison).toContainText("1.50×"); // six tokens to four
  await expect(comparison.getByTestId("compared-agreement")).toHaveCount(2);
  await expect(page.getByTestId("differences").getByRole("row")).toHaveText(["SettingAB", "cut12", "maxTokens46"]);
  await fitsAndPasses(page, "history");

  await rows(page).first().getByTestId("history-delete").click();
  await expect(rows(page)).toHaveCount(2);
  await page.getByTestId("history-open").last().click();
  await expect(page.getByTestId("opened")).toContainText("The run of");
  await expect(page.getByRole("slider", { name: /cut/i }).first()).toHaveAttribute("aria-valuenow", "2");
  await expect(page.getByTestId("prompt")).toHaveValue(PROMPTS[0]);

  await page.getByTestId("open-history").click();
  await page.getByTestId("keep-runs").click();
  await expect(page.getByTestId("keep-runs")).not.toBeChecked();
  await goodRun(page, RUN);
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).last()).toContainText("in this tab alone"); // the oldest is first by now
  await page.reload();
  await ready(page);
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByTestId("keep-runs")).not.toBeChecked();
  await page.getByTestId("clear-history").click();
  await page.getByTestId("clear-history-yes").click();
  await expect(page.getByTestId("history-empty")).toBeVisible();
});

test("where the browser stores nothing a run is a run, and the list says why it will be gone", async ({ page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(window, "indexedDB", {
      get: () => {
        throw new DOMException("The operation is insecure.", "SecurityError");
      },
    }),
  );
  await openLab(page);
  await goodRun(page, RUN);
  await page.getByTestId("open-history").click();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByTestId("history-failure")).toContainText("The operation is insecure.");
  await page.getByTestId("history-open").click();
  await expect(page.getByTestId("opened")).toContainText("The run of");
});

test("the edge shows how busy it is, and at once that it is away, busy with viewers or not there", async ({ page }) => {
  await openLab(page, "/", "view=edge");
  await expect(page.getByTestId("open-edge")).toHaveAttribute("aria-current", "page");
  await goodRun(page, { ...RUN, maxTokens: 24 });
  const table = page.getByTestId("edge-client-table");
  await expect(table).toContainText("blocks of concierge-1m");
  await expect(page.getByTestId("edge-clients")).not.toHaveText("0");
  await expect(page.getByTestId("edge-batch")).not.toHaveText("\u2013");
  await expect(page.getByTestId("edge-weights")).toContainText("MB");
  await expect(page.getByTestId("edge-view")).not.toContainText("museum");
  const chart = page.getByTestId("edge-chart");
  await expect(chart.locator("svg path.recharts-line-curve")).toHaveCount(3);
  await chart.getByRole("button", { name: "As table" }).click();
  await expect(chart.getByRole("columnheader", { name: "Tokens a second" })).toBeVisible();
  await chart.getByRole("button", { name: "As chart" }).click();
  await fitsAndPasses(page, "edge");

  const answers = "**/status.json";
  await page.route(answers, (route) => route.abort());
  await expect(page.getByTestId("edge-trouble")).toHaveAttribute("data-code", "edge-unreachable");
  await expect(page.getByTestId("edge-trouble")).toContainText("What is shown is of");
  await expect(table).toBeVisible();
  await page.unroute(answers);
  await expect(page.getByTestId("edge-trouble")).toHaveCount(0);
  await page.route(answers, (route) => route.fulfill({ status: 429, body: "Too many look at once.\n" }));
  await expect(table).toBeVisible();
  await page.unroute(answers);
  await page.route(answers, (route) => route.fulfill({ status: 404, body: "There is nothing here.\n" }));
  await expect(page.getByTestId("edge-none")).toContainText("npm start");
});

/** Sizes of letters as they are drawn, px, the smallest first, each with what is written in it. */
const letters = (page: Page): Promise<readonly (readonly [number, string])[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("[data-testid='projector-view'] *")]
      .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== ""))
      .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.closest(".hidden-visually") === null)
      .map((each): [number, string] => [
        Number.parseFloat(getComputedStyle(each).fontSize) * each.currentCSSZoom,
        each.textContent ?? "",
      ])
      .toSorted(([one], [other]) => one - other),
  );

test("a room reads the projector: run, next request, cut and leave by keyboard, its address to scan", async ({
  page,
}) => {
  await page.route("**/info.json", async (route) => {
    const info: unknown = await (await route.fetch()).json();
    await route.fulfill({ json: { ...(isRecord(info) ? info : {}), urls: ["http://192.0.2.7:8740/"] } });
  });
  await page.setViewportSize({ width: 1920, height: 1080 });
  await openLab(
    page,
    "/",
    "view=projector&mode=split&model=concierge-1m&cut=1&codec=f32&backend=wasm&link=loopback&maxTokens=6",
  );
  await expect(page.getByTestId("home")).toHaveCount(0);
  const qr = await page.getByRole("img", { name: /QR code/ }).boundingBox();
  expect((qr?.height ?? 0) / 1080).toBeGreaterThan(0.33);
  await expect(page.getByTestId("projector-url")).toHaveText("192.0.2.7:8740");

  await page.keyboard.press("Space");
  await expect(page.getByTestId("projector-agreement")).toHaveAttribute("data-state", "exact", { timeout: 30_000 });
  await expect(page.getByTestId("projector-verdict")).toContainText("The answer took");
  const request = page.getByTestId("projector-view").locator("q");
  const before = await request.textContent();
  await page.keyboard.press("n");
  await expect(request).not.toHaveText(before ?? "");
  await expect(page.getByTestId("projector-run")).toBeEnabled();
  await page.keyboard.press("c");
  await expect(page.getByRole("slider", { name: /cut/i })).toHaveAttribute("aria-valuenow", "2");
  await page.keyboard.press("Shift+C");
  await expect(page.getByRole("slider", { name: /cut/i })).toHaveAttribute("aria-valuenow", "1");

  await expect(page.getByTestId("demo-bars").locator("svg text").first()).toBeVisible();
  for (const [px, text] of await letters(page)) expect(px, text).toBeGreaterThanOrEqual(28);
  for (const [width, height] of [
    [1280, 720],
    [1920, 1080],
  ] as const) {
    await page.setViewportSize({ width, height });
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollHeight), `${width}`)
      .toBeLessThanOrEqual(height);
  }
  await fitsAndPasses(page, "projector");
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("home")).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId("projector-view")).toBeVisible();
});
