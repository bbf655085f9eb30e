/**
 * Finds a browser to test and record with: the one named in CUTLAYER_CHROME, an installed Chrome
 * or Chromium, Playwright's own; else one sentence says what to install.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome"];

const PLACES = {
  linux: [],
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  ],
};

export const NO_BROWSER =
  "No browser found: install Google Chrome or Chromium (Debian: `apt-get install chromium`; anywhere: `npx playwright install chromium`), or name one in CUTLAYER_CHROME.";

/** Path of a Chromium-family browser, or null. */
export async function findBrowser() {
  const named = process.env["CUTLAYER_CHROME"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : null;
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const places = PLACES[/** @type {keyof typeof PLACES} */ (process.platform)] ?? [];
  const installed = [...onPath, ...places].find((path) => existsSync(path));
  if (installed !== undefined) return installed;
  const { chromium } = await import("@playwright/test");
  const own = chromium.executablePath();
  return existsSync(own) ? own : null;
}
