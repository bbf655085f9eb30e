/**
 * `npm run shots:charts`: every chart of the product as a picture, in both themes at 390, 1,440 and
 * 1,920 px, for somebody to look at. Runs are real ones against an edge server of our own; lessons
 * and the show play what was recorded. What can be told without eyes is printed: words that lie on
 * each other, and what a finger may miss on a phone.
 *
 * Flags: --out FOLDER (.cache/chart-shots), --only EXPRESSION that a view's name matches.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Locator, type Page } from "@playwright/test";
import { EXPERIMENTS } from "#lab/experiment/registry.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import { startEdge } from "#tools/edge-process.ts";
import { collisions, openLesson, touching } from "../chart-words.ts";
import { goodRun, openLab, PROMPTS, slowLink, SPLIT, visit } from "../lab.ts";
import { dropRecord, longRecord } from "../long-record.ts";
import { readFlags } from "#tools/read-flags.ts";

const { values: flags } = readFlags({
  options: {
    out: { type: "string", default: ".cache/chart-shots" },
    only: { type: "string", default: "" },
    port: { type: "string", default: "8147" },
  },
});

const WIDTHS = [390, 1440, 1920] as const;
const THEMES = ["light", "dark"] as const;
const HEIGHT = 1000;
const FINGER_PX = 40;

interface Picture {
  readonly name: string;
  readonly at: Locator;
  /** Taken once more with a point read out, by keys. */
  readonly read?: boolean;
}

/** Something the product shows, brought there once; its pictures are then taken at every width in every theme. */
interface View {
  readonly name: string;
  readonly open: (page: Page, url: string) => Promise<readonly Picture[]>;
}

const picturesOf = (page: Page, names: readonly string[]): readonly Picture[] =>
  names.map((name) => ({ name, at: page.getByTestId(name) }));

const short = { ...SPLIT, prompt: PROMPTS[4], maxTokens: 24, temperature: 0 } as const;
const drafting = { ...short, draftModel: "concierge-1m", draftLength: 4, link: slowLink(60), windows: 3 } as const;

const ONE_RUN = ["strip", "lanes", "figures", "anatomy", "cut-chart", "token-chart", "byte-chart"];

const VIEWS: readonly View[] = [
  {
    name: "run",
    async open(page, url) {
      await openLab(page, url);
      for (const cut of [2, 6, 9]) await goodRun(page, { ...short, cut, link: "5g" });
      for (const mode of ["device-only", "edge-only"] as const) await goodRun(page, { ...short, mode, link: "5g" });
      await goodRun(page, { ...short, link: "5g" });
      return picturesOf(page, ONE_RUN);
    },
  },
  {
    name: "long",
    async open(page, url) {
      await openLab(page, url);
      await dropRecord(page, longRecord());
      await page.getByTestId("brush").first().waitFor();
      await page.getByTestId("token-chart").getByRole("application").focus();
      for (let nth = 0; nth < 30; nth += 1) await page.keyboard.press("ArrowRight");
      return picturesOf(page, ["lanes", "token-chart", "byte-chart"]);
    },
  },
  {
    name: "drafted",
    async open(page, url) {
      await openLab(page, url);
      await goodRun(page, { ...drafting, mode: "speculative" });
      return picturesOf(page, ["lanes", "rounds", "token-chart", "byte-chart"]);
    },
  },
  {
    name: "race",
    async open(page, url) {
      await openLab(page, url, "backend=wasm&maxTokens=8");
      await page.getByTestId("race").getByLabel("Times").fill("2");
      await page.getByTestId("race-start").click();
      await page.getByRole("button", { name: "Race", exact: true }).waitFor({ timeout: 120_000 });
      return picturesOf(page, ["race", "lanes"]);
    },
  },
  {
    name: "plan",
    async open(page, url) {
      await openLab(page, url);
      const { prompt, model, backend } = short;
      await goodRun(page, { mode: "auto", model, backend, prompt, maxTokens: 8, link: "5g" });
      await page.getByTestId("open-plan").click();
      return picturesOf(page, ["plan"]);
    },
  },
  ...EXPERIMENTS.filter(({ lesson }) => lesson !== undefined).map(({ id }): View => ({
    name: id,
    async open(page, url) {
      await openLesson(page, url, id);
      const plots = await page.getByTestId(/^plot-\d+$/).all();
      return plots.map((at, nth) => ({ name: `plot-${nth}`, at, read: nth === 0 }));
    },
  })),
  ...[0, 1, 2, 3, 4, 5].map((steps): View => ({
    name: `show-${steps + 1}`,
    async open(page, url) {
      await page.emulateMedia({ reducedMotion: "reduce" });
      await visit(page, url, "demo=1");
      await page.getByTestId("demo-pause").click();
      for (let nth = 0; nth < steps; nth += 1) await page.keyboard.press("ArrowRight");
      return picturesOf(page, ["demo"]);
    },
  })),
];

/** Controls that a finger may miss on a phone; words that explain themselves stand in sentences, where none fits. */
const narrow = (at: Locator): Promise<readonly string[]> =>
  at.evaluate((element, least) => {
    const small = [...element.querySelectorAll("button:not([data-term]), input[type=checkbox]")]
      .map((control) =>
        ((control instanceof HTMLInputElement ? control.labels?.[0] : null) ?? control).getBoundingClientRect(),
      )
      .map(({ width, height }) => Math.round(Math.min(width, height)))
      .filter((px) => px > 0 && px < least);
    return small.length === 0 ? [] : [`${small.length} controls of ${Math.min(...small)} px or more to touch`];
  }, FINGER_PX);

async function readOut(page: Page, at: Locator, path: string): Promise<void> {
  await at.locator("[data-panel] [tabindex='0']").first().focus();
  // To and fro: at an end Recharts' cursor does not come back by the key that led there.
  for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
  await page.screenshot({ path, clip: await boxOf(at) });
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}

/** On the page, in sight: a readout may stand out of its chart. */
async function boxOf(at: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await at.first().scrollIntoViewIfNeeded();
  const box = await at.first().boundingBox();
  if (box === null) throw new Error("nothing is drawn");
  const y = Math.max(0, box.y);
  return { ...box, y, height: Math.min(HEIGHT - y, box.height) };
}

async function shoot(page: Page, view: View, pictures: readonly Picture[]): Promise<number> {
  let taken = 0;
  await page.mouse.move(0, 0);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.evaluate(async () => document.fonts.ready);
      await page.waitForTimeout(400); // a chart measures its width, then draws
      for (const { name, at, read = false } of pictures) {
        if (!(await at.first().isVisible())) continue;
        const file = (what: string): string => join(flags.out, `${view.name}.${what}.${width}.${theme}.png`);
        await at.first().screenshot({ path: file(name) });
        if (read) await readOut(page, at, file(`${name}-read`));
        taken += read ? 2 : 1;
        if (theme !== "light") continue;
        const small = width === 390 ? await narrow(at.first()) : [];
        for (const found of [...(await touching(at.first())), ...small])
          console.log(`${view.name} ${name} ${width} px: ${found}`);
      }
    }
    for (const found of await collisions(page)) console.log(`${view.name} ${width} px: ${found}`);
  }
  return taken;
}

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  await mkdir(flags.out, { recursive: true });
  const edge = await startEdge(Number(flags.port), ["--log-level", "warn"]);
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  let taken = 0;
  try {
    for (const view of VIEWS.filter(({ name }) => new RegExp(flags.only).test(name))) {
      const page = await browser.newPage({ viewport: { width: 1440, height: HEIGHT } });
      taken += await shoot(page, view, await view.open(page, edge.url));
      await page.close();
    }
  } finally {
    await browser.close();
    await edge.stop("SIGTERM");
  }
  console.log(`${taken} pictures in ${flags.out}`);
}

await main();
