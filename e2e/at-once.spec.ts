/**
 * The page answers at once: how soon the cut can be dragged, and how long the page is deaf while
 * tokens arrive. What else the machine does makes both longer and never shorter, so the best of
 * three counts; all three are printed. What is wanted is a second and 200 ms; a test fails only at three times as much,
 * which no busy machine explains.
 */
import { expect, test, type Page } from "@playwright/test";
import { goodRun, openLab, PROMPTS, ready, SPLIT } from "./lab.ts";

const TRIES = [1, 2, 3];

/** From the start of a navigation until the cut has followed the mouse, ms. */
async function dragged(page: Page): Promise<number> {
  await page.goto("about:blank");
  await page.goto("/", { waitUntil: "commit" });
  const handle = page.getByTestId("cut-handle");
  await handle.waitFor();
  const [before, box] = [await handle.getAttribute("aria-valuenow"), await handle.boundingBox()];
  if (box === null) throw new Error("no handle");
  const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.8];
  const followed = handle.evaluate(
    (element, was) =>
      new Promise<number>((resolve) => {
        const look = (): void =>
          element.getAttribute("aria-valuenow") === was ? void requestAnimationFrame(look) : resolve(performance.now());
        look();
      }),
    before,
  );
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 150, y, { steps: 3 });
  await page.mouse.up();
  return followed;
}

test("on a warm page the cut follows the mouse soon after navigation", async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openLab(page);
  const taken: number[] = [];
  for (const _ of TRIES) {
    taken.push(Math.round(await dragged(page)));
    await ready(page);
  }
  console.log(`from navigation to a dragged cut: ${taken.join(", ")} ms`);
  expect(Math.min(...taken)).toBeLessThanOrEqual(3 * 1000);
});

/** The longest task of the page's own thread while `work` is on, ms; 0 where none was over 50 ms. */
async function longest(page: Page, work: () => Promise<unknown>): Promise<number> {
  await page.evaluate(() => {
    const seen: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.push(duration);
    });
    observer.observe({ type: "longtask" });
    (window as unknown as { longTasks: () => number }).longTasks = () => {
      for (const { duration } of observer.takeRecords()) seen.push(duration);
      observer.disconnect();
      return Math.max(0, ...seen);
    };
  });
  await work();
  return page.evaluate(() => (window as unknown as { longTasks: () => number }).longTasks());
}

test("while tokens arrive no task of the page is long", async ({ page }) => {
  await openLab(page);
  const config = { ...SPLIT, prompt: PROMPTS[0], temperature: 1, seed: 3, maxTokens: 96, link: "loopback" } as const;
  await goodRun(page, config);
  const tasks: number[] = [];
  for (const _ of TRIES) tasks.push(Math.round(await longest(page, () => goodRun(page, config))));
  console.log(`longest task of the page while tokens arrive: ${tasks.join(", ")} ms`);
  expect(Math.min(...tasks)).toBeLessThanOrEqual(3 * 200);
});
