/** What charts say and where it stands: a lesson opened as far as its charts, and words that lie on each other. */
import { expect, type Locator, type Page } from "@playwright/test";
import { visit } from "./lab.ts";

/** A lesson with its first answers given, and what happened drawn. */
export async function openLesson(page: Page, url: string, id: string): Promise<void> {
  await page.goto("about:blank");
  await visit(page, url, `lesson=${id}`);
  await page.getByTestId("lesson-commit").waitFor();
  for (const question of await page.getByTestId(/^question-\d+$/).all()) {
    const radios = question.getByRole("radio");
    if ((await radios.count()) > 0) await radios.first().check({ force: true });
    else await question.getByRole("slider").press("ArrowRight");
  }
  await page.getByTestId("lesson-commit").click();
  await expect(page.locator("[data-panel] .recharts-xAxis").first()).toBeVisible({ timeout: 60_000 });
}

/** Words of ours that lie on each other, or on a point, or outside their panel. */
export const collisions = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const meets = (a: DOMRect, b: DOMRect): boolean =>
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
    for (const panel of document.querySelectorAll("[data-panel]")) {
      const of = (selector: string) =>
        [...panel.querySelectorAll(selector)].map((element) => ({
          said: element.textContent ?? "",
          box: element.getBoundingClientRect(),
        }));
      const names = [...of("[data-name]"), ...of("[data-total]")];
      const said = of("[data-said]");
      const ticks = of(".recharts-cartesian-axis-tick-value");
      const marks = of("[data-mark], [data-verdict]");
      const all = [...names, ...said, ...ticks];
      const outer = panel.getBoundingClientRect();
      all.forEach((one, nth) => {
        for (const other of all.slice(nth + 1))
          if (meets(one.box, other.box)) found.push(`${one.said} | ${other.said}`);
        if (one.box.left < outer.left - 4 || one.box.right > outer.right + 4) found.push(`${one.said} sticks out`);
      });
      for (const words of said)
        for (const bar of of(".recharts-bar-rectangle"))
          if (meets(words.box, bar.box)) found.push(`${words.said} on a bar`);
      for (const name of names)
        for (const mark of marks) if (meets(name.box, mark.box)) found.push(`${name.said} on a mark`);
    }
    return found;
  });

/** A line is a little higher than its letters. */
const LINE_PX = 2;

/** Pairs of labels of a chart that lie over each other. */
export function touching(at: Locator): Promise<readonly string[]> {
  return at.evaluate((element, line) => {
    const labels = [...element.querySelectorAll("svg text")].map((text) => ({
      said: text.textContent,
      box: text.getBoundingClientRect(),
    }));
    return labels.flatMap((a, index) =>
      labels.slice(index + 1).flatMap((b) => {
        const apart =
          a.box.right <= b.box.left ||
          b.box.right <= a.box.left ||
          a.box.bottom <= b.box.top + line ||
          b.box.bottom <= a.box.top + line;
        return apart ? [] : [`${a.said} and ${b.said}`];
      }),
    );
  }, LINE_PX);
}
