/** At 390 px, under a finger: the request, Run and the answer in the first screen, and targets that a finger meets. */
import { expect, test } from "@playwright/test";
import { openLab, PROMPTS } from "./lab.ts";
import { smallTargets } from "./targets.ts";

test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

test("the request, Run and the answer stand within the first screen", async ({ page }) => {
  await openLab(page, "/", "mode=split&model=concierge-1m&cut=2&codec=f32&backend=wasm&maxTokens=12");
  const run = page.getByTestId("run");
  await page.getByTestId("prompt").fill(PROMPTS[0]);
  for (const each of [page.getByTestId("prompt"), run]) {
    const box = await each.boundingBox();
    expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
  }
  await run.tap();
  await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", "exact", { timeout: 30_000 });
  const answer = await page.getByTestId("turns").boundingBox();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
  expect((answer?.y ?? Infinity) + (answer?.height ?? 0)).toBeLessThanOrEqual(844);
});

test("the buttons, fields and the handle are 40 px both ways; a word in a line has as much room around it", async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: "reduce" }); // all tokens are there
  await openLab(page);
  await expect(page.getByTestId("forecast")).toContainText("Modelled");
  await page.getByTestId("more").tap();
  await page.getByTestId("more-settings").waitFor();
  await page.getByTestId("race").waitFor();
  await page.getByTestId("byte-chart").waitFor();
  expect(await smallTargets(page)).toEqual([]);
});
