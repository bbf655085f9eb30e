/** The experiments on the page: opened by address, run, paused, cancelled, gone on with after a reload, and opened from a file. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { goodRun, openLab, PROMPTS, ready, runUntil } from "./lab.ts";
import { sharedLab } from "./shared-lab.ts";

test("an experiment runs, pauses with its charts, is cancelled, and goes on after a reload", async ({ page }) => {
  test.setTimeout(180_000);
  await openLab(page, "/", "experiment=where-to-cut");
  await expect(page.getByRole("heading", { level: 1, name: "Where to cut" })).toBeVisible();
  await page.getByTestId("experiment-start").click();
  const progress = page.getByTestId("experiment-progress");
  await expect(progress).toContainText(/[3-9] of 152 runs/, { timeout: 120_000 });
  await page.getByTestId("experiment-pause").click();
  await expect(page.getByTestId("plot-0").locator("svg").first()).toBeVisible();
  await page.getByTestId("plot-0").getByRole("button", { name: "As table" }).click();
  await expect(page.getByTestId("plot-0").getByRole("columnheader", { name: "95% interval" })).toBeVisible();
  await page.getByTestId("experiment-cancel").click();
  await expect(page.getByTestId("lab")).toContainText("not all planned runs were made");
  await page.reload();
  await ready(page);
  await expect(page.getByTestId("experiment-resume")).toContainText(/Go on after \d+ runs/);
});

test("a result file opens as it was saved, and one that is cut off says so", async ({ page }) => {
  test.setTimeout(180_000);
  await openLab(page, "/", "experiment=where-to-cut");
  await page.getByTestId("experiment-start").click();
  await expect(page.getByTestId("experiment-progress")).toContainText(/[2-9] of 152 runs/, { timeout: 120_000 });
  await page.getByTestId("experiment-pause").click();
  const saving = page.waitForEvent("download");
  await page.getByTestId("save-results").click();
  const results = await saving;
  const picture = page.waitForEvent("download");
  await page.getByTestId("plot-0-paper").click();
  expect((await readFile(await (await picture).path())).subarray(1, 4).toString()).toBe("PNG");
  const drawing = page.waitForEvent("download");
  await page.getByTestId("plot-0-slide-svg").click();
  const svg = await readFile(await (await drawing).path(), "utf8");
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+" width="1920" height="\d+"/);
  expect(svg).toContain(">Time per token over the cut</text>");
  expect(svg).toMatch(/\d runs over \d prompts? of heldout\./);
  const bundling = page.waitForEvent("download");
  await page.getByTestId("plot-0-bundle").click();
  const bundle = await bundling;
  expect(bundle.suggestedFilename()).toBe("where-to-cut-1.zip");
  const packed = (await readFile(await bundle.path())).toString("latin1");
  for (const name of [
    "records.jsonl",
    "records.schema.json",
    "figure-paper.svg",
    "figure-slide.png",
    "runs.csv",
    "command.txt",
    "methods.txt",
    "cite.bib",
  ])
    expect(packed).toContain(`where-to-cut-1/${name}`);
  const reporting = page.waitForEvent("download");
  await page.getByTestId("save-report").click();
  const report = await readFile(await (await reporting).path(), "utf8");
  expect(report.match(/<svg/g)).toHaveLength(3);
  expect(report).not.toMatch(/var\(|<script|<link|src=|NaN|undefined/);
  const text = await readFile(await results.path(), "utf8");
  await page.getByTestId("experiment-cancel").click();
  const open = async (name: string, content: string): Promise<void> => {
    const transfer = await page.evaluateHandle(
      ([file, inside]) => {
        const data = new DataTransfer();
        data.items.add(new File([inside], file));
        return data;
      },
      [name, content] as const,
    );
    await page.getByTestId("lab").dispatchEvent("drop", { dataTransfer: transfer });
  };
  await open("cut-off.jsonl", text.slice(0, -200));
  await expect(page.getByTestId("lab")).toContainText("The file ends in the middle of line");
  await open("whole.jsonl", text);
  await expect(page.getByTestId("lab")).toContainText("the experiment was not finished");
  await expect(page.getByTestId("plot-0")).toBeVisible();
  await open("other.jsonl", "hello\n");
  await expect(page.getByRole("alert")).toContainText("other.jsonl, line 1, cannot be");
});

test("a run during which the tab was hidden says so, and the next one does not", async ({ browser }) => {
  const page = await sharedLab(browser);
  const seen = (hidden: boolean): Promise<void> =>
    page.evaluate((now) => {
      Object.defineProperty(document, "hidden", { value: now, configurable: true });
      Object.defineProperty(document, "visibilityState", { value: now ? "hidden" : "visible", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  const config = {
    mode: "split",
    model: "concierge-1m",
    cut: 2,
    backend: "wasm",
    prompt: PROMPTS[0],
    maxTokens: 8,
    link: { uplinkMbps: 0, downlinkMbps: 0, rttMs: 120, jitterMs: 0, loss: 0 },
  } as const;
  const { record: running } = await runUntil(page, config, 2);
  await seen(true);
  await seen(false);
  expect((await running).provenance.hidden).toBe(true);
  expect((await goodRun(page, { ...config, link: "loopback" })).provenance.hidden).toBe(false);
});
