/** What is read stays where it is: layout shifts that nobody asked for, on load. */
import { expect, test, type Page } from "@playwright/test";
import { ready } from "./lab.ts";
import { shifts, sumOf, watchShifts } from "./shifts.ts";

const MOST = 0.05;

async function expectStill(page: Page, when: string): Promise<void> {
  const seen = await shifts(page);
  expect(sumOf(seen), `${when}: ${JSON.stringify(seen.filter(({ value }) => value > 0.002))}`).toBeLessThanOrEqual(
    MOST,
  );
}

test.beforeEach(async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await watchShifts(page);
  await page.goto("/");
  await ready(page);
  await expect(page.getByTestId("forecast")).toContainText("Modelled");
});

test("while the page loads", async ({ page }) => {
  await expectStill(page, "load");
});
