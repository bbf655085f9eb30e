/**
 * One page for all tests of a worker that ask nothing but runs of it. Opening a page and compiling the
 * engine in it cost several runs. Playwright ends a worker with its first failure, and the page with
 * it; a test that must begin with nothing held, or looks at the screen, opens a page of its own.
 */
import type { Browser, Page } from "@playwright/test";
import { openForRuns } from "./lab.ts";

let opened: Promise<Page> | null = null;

export const sharedLab = (browser: Browser): Promise<Page> => (opened ??= open(browser));

async function open(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  await openForRuns(page);
  return page;
}
