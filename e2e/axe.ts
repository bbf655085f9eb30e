/** What axe finds on a page as it stands. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

const file = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Colours in transit have no contrast of their own. What goes round for ever is not waited for. */
const settled = (page: Page): Promise<unknown> =>
  page.waitForFunction(() =>
    document
      .getAnimations()
      .every(({ playState, effect }) => playState !== "running" || effect?.getTiming().iterations === Infinity),
  );

/** A line each: the rule, and where it is broken. */
export async function violations(page: Page): Promise<readonly string[]> {
  await settled(page);
  await page.evaluate(await readFile(file, "utf8")); // as a script of the page its policy would not let it run
  const results = await page.evaluate(async () =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help} — ${node.target.join(" ")}`),
  );
}
