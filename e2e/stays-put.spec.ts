/** What is read stays where it is: layout shifts that nobody asked for, on load and while runs are written into the page. */
import { expect, test, type Page } from "@playwright/test";
import { openLab } from "./lab.ts";
import { shifts, sumOf, watchShifts } from "./shifts.ts";

test.use({ contextOptions: { reducedMotion: "no-preference" } });

/** The sum of them all, where the web's own measure takes the worst five seconds. */
const MOST = 0.05;
const WIDTHS = { "1440": { width: 1440, height: 900 }, "390": { width: 390, height: 844 } } as const;

async function expectStill(page: Page, when: string): Promise<void> {
  const seen = await shifts(page);
  expect(sumOf(seen), `${when}: ${JSON.stringify(seen.filter(({ value }) => value > 0.002))}`).toBeLessThanOrEqual(
    MOST,
  );
}

async function open(page: Page, size: keyof typeof WIDTHS, address = ""): Promise<void> {
  await page.setViewportSize(WIDTHS[size]);
  await watchShifts(page);
  await openLab(page, "/", address);
}

/** A whole race on a newcomer's page; shifts count from the press on. */
async function racePlainly(page: Page): Promise<void> {
  const start = page.getByTestId("race-start");
  await start.scrollIntoViewIfNeeded();
  await shifts(page);
  await start.click();
  await expect(start).toBeDisabled();
  await expect(start).toBeEnabled({ timeout: 90_000 });
}

for (const size of ["1440", "390"] as const) {
  test.describe(size, () => {
    test.use({ hasTouch: size === "390" });

    test("while the page loads", async ({ page }) => {
      await open(page, size);
      await expect(page.getByTestId("forecast")).toContainText("Modelled");
      await expectStill(page, "load");
    });

    test("while an address of another model loads", async ({ page }) => {
      await open(page, size, "model=concierge-1m&cut=2");
      await expect(page.getByTestId("cut-handle")).toHaveAttribute("aria-valuetext", /2 of 4/);
      await expectStill(page, "load");
    });

    test("on a newcomer's page, in a run and a race", async ({ page }) => {
      const small = "mode=split&model=concierge-1m&cut=2&codec=f32&backend=wasm&maxTokens=32&link=wifi6";
      await open(page, size, `level=beginner&${small}`);
      await expectStill(page, "load");
      await page.getByRole("button", { name: "A restaurant" }).click();
      await shifts(page);
      await page.getByTestId("run").click();
      await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", "exact", { timeout: 30_000 });
      await expectStill(page, "run");
      await racePlainly(page);
      await expect(page.getByTestId("spent")).toContainText("Split, cut after 2 of 4 blocks");
      await expectStill(page, "race");
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wider, "nothing hangs over the side").toBeLessThanOrEqual(0);
    });

    test("on a newcomer's page, in a race that is the first thing done", async ({ page }) => {
      await open(page, size, "level=beginner&maxTokens=16");
      await racePlainly(page);
      await expectStill(page, "race");
    });

    test("in a run, a broken one and a race", async ({ page }) => {
      await open(page, size, "mode=split&model=concierge-1m&cut=2&codec=f32&backend=wasm&maxTokens=32&link=wifi6");
      await page.getByTestId("prompt").fill("Play the album Golden Hour on Spotify.");
      await shifts(page);
      const badge = page.getByTestId("verdict-agreement");
      await page.getByTestId("run").click();
      await expect(badge).toHaveAttribute("data-state", "exact", { timeout: 30_000 });
      await expectStill(page, "run");

      await page.getByTestId("break-corrupt").click();
      await expect(badge).toHaveAttribute("data-state", "wrong", { timeout: 30_000 });
      await expectStill(page, "a broken one");

      const start = page.getByTestId("race-start");
      await page.getByLabel("Times").fill("2");
      await start.scrollIntoViewIfNeeded();
      await shifts(page);
      await start.click();
      await expect(start).toBeHidden();
      await expect(start).toBeVisible({ timeout: 90_000 });
      await expectStill(page, "race");
    });
  });
}
