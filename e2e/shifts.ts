/** Layout shifts, as the browser counts them: what follows a press at once is not among them. */
import type { Page } from "@playwright/test";

export interface Shift {
  readonly value: number;
  readonly moved: string;
}

/** Before the page is opened. */
export async function watchShifts(page: Page): Promise<void> {
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
}

/** Since the last look, or since the page was opened. */
export const shifts = (page: Page): Promise<readonly Shift[]> =>
  page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts.splice(0));

export const sumOf = (seen: readonly Shift[]): number => seen.reduce((total, { value }) => total + value, 0);
