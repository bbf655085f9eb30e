/**
 * The product as a benchmark drives it: a browser on the page of an edge server of our own, asked
 * through `window.cutlayer` as any researcher would. A page that crashed or no longer answers is
 * opened anew for the next run, so that one bad run costs itself only.
 */
import { chromium, type Browser, type Page } from "@playwright/test";
import type { RunConfig } from "#core/run/config.ts";
import { Failed, type Failure } from "#core/run/failure.ts";
import { parseFailure } from "#core/run/failure/parse-failure.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { ModelSummary, Preflight } from "#core/run/worker-api.ts";
import type { SvgFile } from "#lab/plot/figure.ts";
import type { Plot } from "#lab/plot/plot.ts";
import type { RunPort } from "#lab/sweep/runner.ts";
import { roughRunMs } from "#lab/sweep/schedule.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import { startEdge } from "#tools/edge-process.ts";
import { figures, models, preflight, ready, type CutlayerApi } from "../../lab.ts";

/** For fetching, compiling and checking; on top of it the run itself may take so many times what it is modelled to. */
const SET_UP_MS = 180_000;
const SLOWER_AT_MOST = 30;
/** The longest that a timer can wait. */
const TIMER_MS = 2 ** 31 - 1;

/** How long the page is waited for: for what a run of its length may take on a slow machine. */
const longestRunMs = (config: RunConfig): number => Math.min(TIMER_MS, SET_UP_MS + SLOWER_AT_MOST * roughRunMs(config));

export interface LabBrowser {
  readonly run: RunPort;
  readonly models: readonly ModelSummary[];
  readonly preflight: Preflight;
  /** A file that the page ships, as text. */
  text(path: string): Promise<string | null>;
  /** Makes a recorded link known to the page as `trace:name`. Throws Failed where it cannot be replayed. */
  addTrace(name: string, source: string): Promise<void>;
  /** Plots drawn by the page, each as an SVG file for a report. */
  figures(plots: readonly Plot[]): Promise<readonly SvgFile[]>;
  close(): Promise<void>;
}

export interface LabOptions {
  readonly port: number;
  readonly headed: boolean;
  /** How long any run may take; null for what its settings make likely. */
  readonly longestMs: number | null;
  /** Bundled. */
  readonly plugins: readonly string[];
}

/** One thread at the edge, as in all benchmarks: thread counts matter more than the wire. */
export async function openLabBrowser({ port, headed, longestMs, plugins }: LabOptions): Promise<LabBrowser> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const edge = await startEdge(port, [
    "--threads",
    "1",
    "--log-level",
    "warn",
    ...plugins.flatMap((path) => ["--plugin", path]),
  ]);
  const browser = await chromium.launch({
    executablePath,
    headless: !headed,
    args: [...BROWSER_FLAGS],
    handleSIGINT: false,
  }); // Ctrl-C is ours: what was measured is written first
  const product = await ProductPage.open(browser, edge.url);
  return {
    run: (config, options) => product.run(config, options, longestMs ?? longestRunMs(config)),
    models: await models(product.page),
    preflight: await preflight(product.page),
    text: async (path) => {
      const response = await fetch(`${edge.url}${path}`);
      return response.ok ? response.text() : null;
    },
    addTrace: (name, source) => product.addTrace(name, source),
    figures: (plots) => figures(product.page, plots, "report"),
    async close() {
      await browser.close();
      await edge.stop("SIGTERM");
    },
  };
}

/** The page that is open, and the links that it, and any page opened in its place, is told of. */
class ProductPage {
  page: Page;
  readonly #browser: Browser;
  readonly #url: string;
  readonly #traces = new Map<string, string>();

  private constructor(browser: Browser, url: string, page: Page) {
    this.#browser = browser;
    this.#url = url;
    this.page = page;
  }

  static async open(browser: Browser, url: string): Promise<ProductPage> {
    return new ProductPage(browser, url, await openPage(browser, url));
  }

  async addTrace(name: string, source: string): Promise<void> {
    this.#traces.set(name, source);
    await tellTraces(this.page, this.#traces);
  }

  /** Throws Failed: what the page refused the run with, run-too-long. */
  async run(...[config, options, limitMs]: [...Parameters<RunPort>, limitMs: number]): Promise<RunRecord> {
    const answer = await asked(this.page, config, options, limitMs).catch((thrown: unknown) => thrown);
    if (answer instanceof Error) {
      await this.page.close().catch(() => undefined); // it may have crashed
      this.page = await openPage(this.#browser, this.#url);
      await tellTraces(this.page, this.#traces);
      throw answer;
    }
    const refused = refusalIn(answer);
    if (refused !== null) throw new Failed(refused);
    return answer as RunRecord; // what the page's own `run` resolves to
  }
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  await ready(page);
  return page;
}

/** Throws with the page's failure as JSON in its message. */
async function tellTraces(page: Page, traces: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, source] of traces) {
    const refused = await page.evaluate(
      async ([given, text]) => {
        const { cutlayer } = window as unknown as { cutlayer: CutlayerApi };
        try {
          await cutlayer.addTrace(given, text);
          return null;
        } catch (thrown) {
          return (thrown as { failure: unknown }).failure;
        }
      },
      [name, source] as const,
    );
    const failure = refused === null ? null : parseFailure(refused);
    if (failure !== null)
      throw failure.ok ? new Failed(failure.value) : new Error(`the page refused the trace ${name}`);
  }
}

/** Throws Failed: run-too-long. */
async function asked(page: Page, config: unknown, options: unknown, limitMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failed({ code: "run-too-long", limitMs })), limitMs);
  });
  const answered = page.evaluate(
    async ([given, how]) => {
      const { cutlayer } = window as unknown as { cutlayer: CutlayerApi };
      try {
        return await cutlayer.run(given as Parameters<CutlayerApi["run"]>[0], how as Parameters<CutlayerApi["run"]>[1]);
      } catch (thrown) {
        return { refused: (thrown as { failure: unknown }).failure };
      }
    },
    [config, options] as const,
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The failure with which the page refused a configuration outright. */
function refusalIn(answer: unknown): Failure | null {
  if (typeof answer !== "object" || answer === null || !("refused" in answer)) return null;
  const failure = parseFailure(answer.refused);
  return failure.ok ? failure.value : { code: "internal", where: "page", what: JSON.stringify(answer.refused) };
}
