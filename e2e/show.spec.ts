/** What a stand and a class use: the show and the lessons, on a plain file server with no edge anywhere. */
import { readFile } from "node:fs/promises";
import { expect, test, type Page } from "@playwright/test";
import { violations } from "./axe.ts";
import { visit } from "./lab.ts";
import { STATIC_PORT } from "./servers.ts";
import { serveFolder, type StaticServer } from "./static-server.ts";

const LAN = "http://192.168.7.7:8080/";
let host: StaticServer;

test.beforeAll(async () => {
  host = await serveFolder("dist/page", STATIC_PORT);
});
test.afterAll(() => host.close());

/** Fails on anything that is not a file of the page itself. */
async function offline(page: Page): Promise<readonly string[]> {
  const strangers: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(host.url) && !/^(data|blob):/.test(request.url())) strangers.push(request.url());
  });
  // What an edge server would say of itself: its address on the local network.
  await page.route("**/info.json", (route) =>
    route.fulfill({ json: { build: { id: "none" }, urls: [host.url, LAN] } }),
  );
  return strangers;
}

test("the show, by keyboard and without an edge server", async ({ page }) => {
  const strangers = await offline(page);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await visit(page, host.url, "demo=1");
  const show = page.getByTestId("demo");
  await expect(show).toHaveAttribute("data-scene", "journey");
  await expect(show).not.toContainText("<|"); // a call's own signs are for whoever asks for them
  await expect(page.getByTestId("demo-origin")).toContainText(/recorded in real runs, on .*20\d\d/);
  await expect(show).toContainText(/One token in [\d.]+\sms/);
  expect(await violations(page)).toEqual([]);

  await page.keyboard.press("ArrowRight");
  await expect(show).toHaveAttribute("data-scene", "cut");
  const bars = page.getByTestId("demo-bars");
  await page.getByTestId("demo-cut").focus();
  await page.keyboard.press("Home");
  await expect(bars).toContainText(/edge.*ms/); // drawn: they come with the chart library
  const first = (await bars.textContent()) ?? "";
  await expect(show).toContainText("Cut after 0 of 12 blocks");
  await page.keyboard.press("End");
  await expect(show).toContainText("Cut after 12 of 12 blocks");
  await expect(bars).not.toHaveText(first);

  await page.keyboard.press("PageDown");
  await expect(show).toHaveAttribute("data-scene", "race");
  await expect(show).toContainText("1. after");
  await page.keyboard.press(" ");
  await expect(show).toHaveAttribute("data-scene", "link");
  await expect(show).toContainText("added on purpose");
  await expect(show).toContainText("as a listener on the wire saw it");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("demo-badge").first()).toHaveAttribute("data-state", "exact");
  await expect(page.getByTestId("demo-badge").last()).toHaveAttribute("data-state", "wrong");
  await page.keyboard.press("p");
  await expect(page.getByTestId("demo-pause")).toHaveText("Go on");
  await page.getByRole("heading", { level: 1 }).click();
  await expect(page.getByTestId("demo-link")).toContainText(`${LAN}#cut=4`);
  await expect(page.getByRole("img", { name: "QR code of the link" })).toBeVisible();
  await page.keyboard.press("ArrowLeft");
  await expect(show).toHaveAttribute("data-scene", "output");
  await page.keyboard.press("Escape");
  await expect(show).toHaveCount(0);
  await expect(page.getByTestId("strip")).toBeVisible();
  expect(strangers).toEqual([]);
});

test("a lesson, by keyboard, on its recorded result; in larger text and on paper", async ({ page }) => {
  const strangers = await offline(page);
  await visit(page, host.url, "lesson=where-to-cut");
  const commit = page.getByTestId("lesson-commit");
  await expect(commit).toBeDisabled();
  await expect(page.getByTestId("plot-0")).toHaveCount(0);
  await page.getByTestId("question-1").getByRole("radio").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("slider").focus();
  await page.keyboard.press("ArrowRight");
  await commit.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "2. What happened" })).toBeFocused();
  await expect(page.getByTestId("lesson-provenance")).toContainText(/Recorded on .*20\d\d, not in this tab/);
  await expect(page.getByTestId("verdict")).toHaveCount(2);
  await expect(page.getByTestId("plot-0").locator("figure")).toContainText("The cut hardly moves");
  await expect(page.getByTestId("question-1").getByRole("radio").first()).toBeDisabled();
  expect(await violations(page)).toEqual([]);

  const text = (): Promise<number> =>
    page
      .getByTestId("plot-0")
      .locator("svg text")
      .first()
      .evaluate((element) => element.getBoundingClientRect().height);
  const before = await text();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.getByTestId("large-text").check({ force: true });
  await expect.poll(text).toBeGreaterThan(before * 1.3);

  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await expect(page.getByTestId("plot-0").getByRole("table")).toBeVisible();
  await expect(page.getByTestId("lesson-again")).toBeHidden();
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(255, 255, 255)");
  expect(strangers).toEqual([]);
});

test("files dropped on the page: a record of an earlier schema, results without their beginning, a recorded link", async ({
  page,
}) => {
  await offline(page);
  await visit(page, host.url);
  const record = (await readFile("src/core/run/record/testing/record-schema-1.json", "utf8")).trim();
  const drop = async (name: string, content: string): Promise<void> => {
    const dataTransfer = await page.evaluateHandle(
      ([file, inside]) => {
        const data = new DataTransfer();
        data.items.add(new File([inside], file));
        return data;
      },
      [name, content] as const,
    );
    await page.locator("body").dispatchEvent("drop", { dataTransfer });
  };
  await page.getByTestId("lanes").waitFor();
  await drop("old.json", record);
  await expect(page.getByTestId("opened")).toContainText("old.json: Split at 4 of 12, f16; upgraded from schema 1.");
  await page.getByTestId("open-record").click();
  await expect(page.getByTestId("record")).toContainText("Upgraded from schema 1");
  await page.keyboard.press("Escape");
  await drop("headless.jsonl", `{"kind":"run","record":${record}}\n{"kind":"run","record":${record}}\n{"kind":"r`);
  await expect(page.getByTestId("opened")).toContainText(
    "headless.jsonl: 2 runs; upgraded from schema 1; a result file without its first line",
  );
  await drop("other.txt", "hello");
  await expect(page.getByRole("alert")).toContainText("line 1");
  await drop("train.csv", "rtt_ms,time_ms,up_mbps,down_mbps\n40,0,5,20\n60,100,4,18\n");
  await expect(page.getByTestId("link")).toHaveValue("trace:train.csv");
  await expect(page.getByRole("alert")).toHaveCount(0);
});
