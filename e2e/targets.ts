/** What a finger cannot meet: controls in sight with less than 40 px of room either way. */
import type { Page } from "@playwright/test";

export async function smallTargets(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>(
      "a, button, textarea, select, summary, input, [role='slider']",
    );
    // A box is pressed by its label too.
    const target = (element: HTMLElement): HTMLElement =>
      element.matches("[type=checkbox]") ? (element.closest<HTMLElement>("[class*=body], label") ?? element) : element;
    const room = (element: HTMLElement, side: "width" | "height"): number =>
      Math.max(
        element.getBoundingClientRect()[side],
        ...["::before", "::after"].map((pseudo) => {
          const style = getComputedStyle(element, pseudo);
          return style.content === "none" || style.position !== "absolute" ? 0 : Number.parseFloat(style[side]) || 0;
        }),
      );
    return [...controls]
      .filter((each) => each.checkVisibility({ visibilityProperty: true }))
      .map(target)
      .filter((each) => Math.min(room(each, "width"), room(each, "height")) < 39.5)
      .map((each) => `${each.outerHTML.slice(0, 120)}: ${room(each, "width")} by ${room(each, "height")}`);
  });
}
