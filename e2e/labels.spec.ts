/** One button ends what is going on, never two; no label is cut off, and no ring of focus lies over somebody else's text. */
import { expect, test, type Page } from "@playwright/test";
import { openLab } from "./lab.ts";

test.use({ contextOptions: { reducedMotion: "no-preference" } });

test("while the model loads and the run begins there is one way to end it", async ({ page }) => {
  await openLab(page);
  await page.evaluate(() => {
    const seen = { both: false, one: false };
    const look = (): void => {
      const ends = [...document.querySelectorAll("button")].filter(({ textContent }) =>
        ["Stop", "Cancel"].includes(textContent ?? ""),
      );
      seen.both ||= ends.length > 1;
      seen.one ||= ends.length === 1;
    };
    Object.assign(window, { seen });
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
  await page.getByTestId("run").click();
  await expect(page.getByTestId("verdict")).toContainText("a token", { timeout: 40_000 });
  const seen = await page.evaluate(() => (window as unknown as { seen: unknown }).seen);
  expect(seen).toEqual({ both: false, one: true });
});

/** Words in a control that its own box cuts off. */
const clipped = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, button *, label, legend, nav a, th, summary, h1, h2, h3")]
      .filter((element) => {
        const { overflowX, textOverflow } = getComputedStyle(element);
        const cuts = overflowX === "hidden" || overflowX === "clip" || textOverflow === "ellipsis";
        const away = element.closest(".hidden-visually, [aria-hidden=true]") !== null;
        return cuts && !away && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
      })
      .map(({ textContent }) => (textContent ?? "").trim()),
  );

test("no label is cut off, from phone to projector", async ({ page }) => {
  await openLab(page);
  await page.getByTestId("more").click();
  for (const width of [390, 768, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(300);
    expect.soft(await clipped(page), `${width} px`).toEqual([]);
  }
});

test("no ring of focus lies over text that is not its own", async ({ page }) => {
  await openLab(page);
  const over = await page.evaluate(() => {
    const inside = (element: Element): readonly DOMRect[] =>
      [...element.childNodes]
        .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
        .flatMap((node) => {
          const range = document.createRange();
          range.selectNodeContents(node);
          return [...range.getClientRects()];
        });
    const texts = [...document.querySelectorAll<HTMLElement>("body *")]
      .filter((element) =>
        [...element.childNodes].some(
          ({ nodeType, data }: ChildNode & { data?: string }) => nodeType === 3 && data?.trim() !== "",
        ),
      )
      .filter((element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      .filter((element) => element.closest(".hidden-visually, svg") === null);
    const found: string[] = [];
    for (const control of document.querySelectorAll<HTMLElement>(
      "main button, main a, main input, main textarea, nav a, nav button",
    )) {
      control.focus({ preventScroll: true });
      if (document.activeElement !== control) continue;
      const { outlineWidth, outlineOffset, outlineStyle } = getComputedStyle(control);
      if (outlineStyle === "none") continue;
      const grown = Number.parseFloat(outlineOffset) + Number.parseFloat(outlineWidth);
      const box = control.getBoundingClientRect();
      for (const text of texts) {
        if (control.contains(text) || text.contains(control)) continue;
        const hit = inside(text).some(
          (rect) =>
            rect.width > 1 &&
            rect.left < box.right + grown - 1 &&
            rect.right > box.left - grown + 1 &&
            rect.top + 3 < box.bottom + grown - 1 &&
            rect.bottom - 3 > box.top - grown + 1,
        );
        if (hit)
          found.push(
            `${(control.textContent ?? "").trim() || control.dataset["testid"] || control.tagName} over ${(text.textContent ?? "").trim().slice(0, 40)}`,
          );
      }
    }
    return found;
  });
  expect(over).toEqual([]);
});
