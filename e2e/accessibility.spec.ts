/** axe finds nothing: light and dark, wide and phone, before and after a run. */
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { expect, test, type Page } from "@playwright/test";
import { goodRun, openLab, PROMPTS } from "./lab.ts";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

async function violations(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: axe });
  const results = await page.evaluate(async () =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help} — ${node.target.join(" ")}`),
  );
}

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

for (const scheme of ["light", "dark"] as const) {
  for (const size of ["wide", "phone"] as const) {
    test(`${scheme}, ${size}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setViewportSize(SIZES[size]);
      await openLab(page);
      expect.soft(await violations(page), "as it opens").toEqual([]);
      await goodRun(page, {
        mode: "split",
        model: "concierge-1m",
        cut: 2,
        backend: "wasm",
        prompt: PROMPTS[0],
        temperature: 0,
        maxTokens: 8,
        link: "loopback",
      });
      await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", /exact|near/);
      await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running")); // colours in transit have no contrast of their own
      expect.soft(await violations(page), "after a run").toEqual([]);
      const { scrollWidth, clientWidth } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        clientWidth: document.documentElement.clientWidth,
      }));
      expect(scrollWidth, "nothing sticks out sideways").toBeLessThanOrEqual(clientWidth);
    });
  }
}

test("the experiments", async ({ page }) => {
  await openLab(page, "/", "experiment=what-a-codec-costs");
  await page.getByTestId("lab").waitFor();
  expect(await violations(page)).toEqual([]);
});
