/** Whatever is dropped on the page is recognised by its content, and answered as what it is. */
import { readFile } from "node:fs/promises";
import { expect, test, type Page } from "@playwright/test";
import { whereToCut } from "#lab/experiments/where-to-cut.ts";
import { zip } from "#lab/results/zip.ts";
import { goodRun, openLab } from "./lab.ts";

/** `content` may be bytes. */
async function drop(page: Page, name: string, content: string | Uint8Array): Promise<void> {
  const bytes = [...(typeof content === "string" ? new TextEncoder().encode(content) : content)];
  const dataTransfer = await page.evaluateHandle(
    ([file, inside]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(inside)], file));
      return data;
    },
    [name, bytes] as const,
  );
  await page.locator("body").dispatchEvent("drop", { dataTransfer });
}

test("seven kinds of files, under names that say nothing, and what is none of them", async ({ page }) => {
  await openLab(page);
  await page.getByTestId("lanes").waitFor();
  const opened = page.getByTestId("opened");
  const record = (await readFile("src/core/run/record/testing/record-schema-1.json", "utf8")).trim();

  await drop(page, "a", record);
  await expect(opened).toContainText("a: Split at 4 of 12");
  await drop(page, "b", `{"kind":"run","record":${record}}\n{"kind":"r`);
  await expect(opened).toContainText("a result file without its first line");
  await drop(page, "c", JSON.stringify(whereToCut));
  await expect(opened).toContainText("c declares an experiment and holds no results.");
  await drop(page, "d", "time_ms,up_mbps,down_mbps,rtt_ms\n0,5,20,40\n60,4,18,60\n");
  await expect(page.getByTestId("link")).toHaveValue("trace:d");
  await drop(page, "e", "0\n40\n90\n130\n260\n");
  await expect(page.getByTestId("link")).toHaveValue("trace:e");
  await drop(page, "f", '{"id":"1","prompt":"Find me a museum."}\n{"id":"2","prompt":"And a hotel."}\n');
  await expect(opened).toContainText("f is a set of 2 prompts.");
  await drop(page, "g", zip([{ name: "runs.csv", bytes: new TextEncoder().encode("a") }]));
  await expect(opened).toContainText("g is a zip archive. Unpack it");
  await drop(page, "h.json", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10));
  await expect(opened).toContainText("h.json is a PNG picture. What can be opened here:");
  await drop(page, "model.bin", "GGUF\0\0");
  await expect(opened).toContainText("model.bin is a model in the GGUF format. A model is served by the edge server");
  await drop(page, "package.json", '{"name":"x","version":"1"}');
  await expect(opened).toContainText(
    'package.json is JSON, but nothing of this page\'s: an object with "name", "version"',
  );
  await drop(page, "cut.json", record.slice(0, 200));
  await expect(opened).toContainText("cut.json begins as JSON and is damaged, or was cut off");
  await drop(page, "i.csv", "Dear all,\nwe met.\n");
  await expect(page.getByTestId("failure")).toContainText("i.csv, line 1, cannot be");
});

test("a recorded link that does not fit is told its line", async ({ page }) => {
  await openLab(page);
  for (const [name, csv, line] of [
    ["no-number", "time_ms,up_mbps,down_mbps,rtt_ms\n0,5,20,40\n60,x,18,60\n", 3],
    ["short-row", "time_ms,up_mbps,down_mbps,rtt_ms\n0,5,20,40\n60,4,18\n", 3],
    ["no-such-column", "time,up_mbps,down_mbps,rtt\n0,5,20,40\n60,4,18,60\n", 1],
    ["no-header", "0,5,20,40\n60,4,18,60\n", 1],
  ] as const) {
    await drop(page, `${name}.csv`, csv);
    const said = `In the recorded link ${name}.csv, line ${line} does not fit.`;
    await expect.soft(page.getByTestId("failure")).toContainText(said);
  }
});

test("a long name of a recorded link stays inside the gap, on a phone and a desk", async ({ page }) => {
  await openLab(page);
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const name = `${"measured-on-the-train-from-berlin-to-hamburg".repeat(4)}-${width}.csv`;
    await drop(page, name, "time_ms,up_mbps,down_mbps,rtt_ms\n0,5,20,40\n60,4,18,60\n");
    await expect(page.getByTestId("link")).toHaveValue(`trace:${name}`);
    const gap = page.getByTestId("link-gap").first();
    await expect(gap).toContainText("measured-on-the-train");
    const out = await gap.evaluate((element) => {
      const box = element.getBoundingClientRect();
      const range = document.createRange();
      range.selectNodeContents(element.querySelector("strong > span") ?? element);
      return Math.max(0, ...[...range.getClientRects()].map(({ right }) => right - box.right));
    });
    expect(out, "px beyond the gap").toBeLessThanOrEqual(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
});

test("a dropped record and a run of a script bring strip, settings and request along", async ({ page }) => {
  await openLab(page, "/", "mode=u-split&cut=7&tail=2&link=4g");
  const record = await readFile("src/core/run/record/testing/record-schema-1.json", "utf8");
  const { config } = JSON.parse(record) as { readonly config: Record<string, string | number> };
  await drop(page, "a.json", record.trim());
  await expect(page.getByTestId("verdict")).toContainText(`cut at ${config["cut"]} of 12`);
  await expect(page.getByTestId("mode")).toHaveValue(String(config["mode"]));
  await expect(page.getByTestId("link")).toHaveValue(String(config["link"]));
  await expect(page.getByTestId("prompt")).toHaveValue(String(config["prompt"]));
  await expect(page.getByTestId("cut-handle")).toHaveAttribute("aria-valuenow", String(config["cut"]));

  const asked = {
    mode: "split",
    cut: 9,
    codec: "f16",
    link: "wifi6",
    prompt: "A museum, please.",
    maxTokens: 4,
  } as const;
  await goodRun(page, asked);
  await expect(page.getByTestId("verdict")).toContainText("cut at 9 of 12");
  await expect(page.getByTestId("link")).toHaveValue("wifi6");
  await expect(page.getByTestId("prompt")).toHaveValue(asked.prompt);
  await expect(page.getByTestId("cut-handle")).toHaveAttribute("aria-valuenow", "9");
});
