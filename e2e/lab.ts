/**
 * The page as tests and tools drive it: opened, ready, and asked through `window.cutlayer`, the
 * same way that a researcher does it from Playwright.
 */
import { expect, type Page } from "@playwright/test";
import type { RunConfig } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { ModelSummary, Preflight } from "#core/run/worker-api.ts";
import type { FigureSize, SvgFile } from "#lab/plot/figure.ts";
import type { Plot } from "#lab/plot/plot.ts";

/** `window.cutlayer` as the documentation promises it. */
export interface CutlayerApi {
  readonly ready: Promise<unknown>;
  run(
    config: Partial<RunConfig>,
    options?: {
      readonly signal?: AbortSignal;
      readonly onToken?: (token: unknown) => void;
      readonly reconnectMs?: number;
    },
  ): Promise<RunRecord>;
  addTrace(name: string, source: string): Promise<unknown>;
  models(): Promise<readonly ModelSummary[]>;
  preflight(): Promise<Preflight>;
  figures(plots: readonly Plot[], size: FigureSize): Promise<readonly SvgFile[]>;
}

/**
 * Opens the page, as every test does that opens it. `address` is what stands behind the `#`: where only that differs,
 * the document stays. All of the page is shown, unless the address names a level.
 */
export async function visit(page: Page, url = "/", address = ""): Promise<void> {
  const keys = address.split("&").filter((each) => each !== "");
  const leveled = keys.some((each) => each.startsWith("level="));
  await page.goto(`${url}#${(leveled ? keys : [...keys, "level=expert"]).join("&")}`);
}

/** Opens the page and waits until it can run. */
export async function openLab(page: Page, url = "/", address = ""): Promise<void> {
  await visit(page, url, address);
  await ready(page);
}

/** Opens the page where no run is drawn, which takes longer than a short run itself: for tests that ask `window.cutlayer` alone. */
export const openForRuns = (page: Page, url = "/"): Promise<void> => openLab(page, url, "view=about");

export async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => "cutlayer" in window);
  await page.evaluate(async () => {
    await (window as unknown as { cutlayer: { ready: Promise<unknown> } }).cutlayer.ready;
  });
}

/** Runs one configuration to its end, or stops it after so many tokens; an edge that stays away is tried for `reconnectMs`. A configuration that is refused outright is thrown. */
export async function run(
  page: Page,
  config: Partial<RunConfig>,
  { stopAfter, reconnectMs }: { readonly stopAfter?: number; readonly reconnectMs?: number } = {},
): Promise<RunRecord> {
  return page.evaluate(
    async ([given, last, patience]) => {
      const { cutlayer } = window as unknown as { cutlayer: CutlayerApi };
      const controller = new AbortController();
      const counted = window as unknown as { tokensSeen: number };
      counted.tokensSeen = 0;
      const onToken = (): void => {
        counted.tokensSeen += 1;
        if (counted.tokensSeen === last) controller.abort();
      };
      return cutlayer.run(given, {
        signal: controller.signal,
        onToken,
        ...(patience === null ? {} : { reconnectMs: patience }),
      });
    },
    [config, stopAfter ?? null, reconnectMs ?? null] as const,
  );
}

/** Starts a run and resolves once it has given so many tokens: the run goes on while the test does something to it. */
export async function runUntil(
  page: Page,
  config: Partial<RunConfig>,
  tokens: number,
  patience: { readonly reconnectMs?: number } = {},
): Promise<{ readonly record: Promise<RunRecord> }> {
  await page.evaluate(() => ((window as unknown as { tokensSeen: number }).tokensSeen = 0));
  const record = run(page, config, patience);
  await Promise.race([
    page.waitForFunction((wanted) => (window as unknown as { tokensSeen: number }).tokensSeen >= wanted, tokens),
    record,
  ]);
  return { record };
}

/** The code of the failure that a configuration ends with, whether it is refused outright or fails as a run; null when it runs. */
export async function failureCode(page: Page, config: Readonly<Record<string, unknown>>): Promise<string | null> {
  return page.evaluate(async (given) => {
    const { cutlayer } = window as unknown as { cutlayer: CutlayerApi };
    try {
      const { finish } = await cutlayer.run(given);
      return finish.kind === "failed" ? finish.failure.code : null;
    } catch (thrown) {
      return (thrown as { failure: { code: string } }).failure.code;
    }
  }, config);
}

/** A run that must end as runs should: with tokens, and not failed. */
export async function goodRun(page: Page, config: Partial<RunConfig>): Promise<RunRecord> {
  const record = await run(page, config);
  expect(record.finish, JSON.stringify({ config, finish: record.finish })).not.toMatchObject({ kind: "failed" });
  expect(record.tokenIds.length, JSON.stringify(config)).toBeGreaterThan(0);
  return record;
}

export const models = (page: Page): Promise<readonly ModelSummary[]> =>
  page.evaluate(async () => (window as unknown as { cutlayer: CutlayerApi }).cutlayer.models());

export const preflight = (page: Page): Promise<Preflight> =>
  page.evaluate(async () => (window as unknown as { cutlayer: CutlayerApi }).cutlayer.preflight());

/** Plots as the page draws them, each as an SVG file. */
export const figures = (page: Page, plots: readonly Plot[], size: FigureSize): Promise<readonly SvgFile[]> =>
  page.evaluate(
    async ([given, wanted]) => (window as unknown as { cutlayer: CutlayerApi }).cutlayer.figures(given, wanted),
    [plots, size] as const,
  );

/** Five requests that have nothing to do with each other. */
export const PROMPTS = [
  "Find me an Italian restaurant in San Jose, please.",
  "What will the weather be like in Portland on March 5th?",
  "Play the album Golden Hour on Spotify.",
  "I need a one-way flight from Boston to Seattle for two people.",
  "Tell me a story about a dragon and seven keys.",
] as const;

/** The large model cut at 4, nothing shaped: what most tests of a split run ask for. */
export const SPLIT = {
  mode: "split",
  model: "concierge-10m",
  cut: 4,
  codec: "f32",
  backend: "wasm",
  link: "loopback",
} as const;

/** Slow enough that something can happen in the middle of an answer. */
export const slowLink = (rttMs: number) => ({ uplinkMbps: 0, downlinkMbps: 0, rttMs, jitterMs: 0, loss: 0 });
