/** What is read stays where it is: layout shifts that nobody asked for, on load. */
import { expect, test, type Page } from "@playwright/test";
import { ready } from "./lab.ts";

const MOST = 0.05;

interface Shift {
  readonly value: number;
  readonly moved: string;
}

/** Shifts since the last look, as the browser counts them: what follows a press at once is not among them. */
const shifts = (page: Page): Promise<readonly Shift[]> =>
  page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts.splice(0));

async function expectStill(page: Page, when: string): Promise<void> {
  const seen = await shifts(page);
  const sum = seen.reduce((total, { value }) => total + value, 0);
  expect(sum, `${when}: ${JSON.stringify(seen.filter(({ value }) => value > 0.002))}`).toBeLessThanOrEqual(MOST);
}

test.beforeEach(async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.addInitScript(() => {
    interface Moved extends PerformanceEntry {
      readonly value: number;
      readonly hadRecentInput: boolean;
      readonly sources: readonly { readonly node: Node | null }[];
    }
    const list: Shift[] = [];
    (window as unknown as { shifts: Shift[] }).shifts = list;
    const name = ({ node }: { readonly node: Node | null }): string =>
      node instanceof HTMLElement ? (node.dataset["testid"] ?? node.className) : (node?.textContent ?? "");
    new PerformanceObserver((entries) => {
      for (const entry of entries.getEntries() as Moved[])
        if (!entry.hadRecentInput) list.push({ value: entry.value, moved: entry.sources.map(name).join(", ") });
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto("/");
  await ready(page);
  await expect(page.getByTestId("forecast")).toContainText("Modelled");
});

test("while the page loads", async ({ page }) => {
  await expectStill(page, "load");
});
