/** A class of three: the lecturer opens it, two students join by its link, predict and share; then all of it is gone. By keyboard. */
import { expect, test, type Page } from "@playwright/test";
import { violations } from "./axe.ts";
import { goodRun, openLab, visit } from "./lab.ts";
import { STATIC_PORT } from "./servers.ts";
import { serveFolder } from "./static-server.ts";

const RUN = { mode: "split", model: "concierge-1m", cut: 1, codec: "f32", backend: "wasm", link: "loopback" } as const;
const SAID = "Play the album Golden Hour on Spotify.";

/** What a tab has sent to its class. */
function sentFrom(page: Page): readonly string[] {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/class") sent.push(request.postData() ?? "");
  });
  return sent;
}

async function press(page: Page, testId: string): Promise<void> {
  await page.getByTestId(testId).focus();
  await page.keyboard.press("Enter");
}

/** Joins by the link, as a phone that scans it, and predicts the choice at `at`. */
async function predict(page: Page, link: string, at: number): Promise<void> {
  await page.goto(link);
  const goes = page.getByTestId("class-goes");
  const choices = page.getByTestId("question-1").getByRole("radio");
  await expect(goes).toContainText("figures only, no name, no text");
  await choices.nth(at).focus();
  await page.keyboard.press("Space");
  await page.getByTestId("question-2").getByRole("slider").focus();
  await page.keyboard.press("ArrowRight");
  await expect(goes).toContainText(`this goes to the lecturer and nothing else: lesson 1, answers ${at} and 11`);
  await press(page, "lesson-commit");
  await expect(goes).toContainText("Sent: your answers to lesson 1.");
}

test("a lecturer and two students, from the code to the end", async ({ page, browser }) => {
  await visit(page, "/", "class&level=beginner");
  await press(page, "class-open");
  const link = `/#class=${(await page.getByTestId("class-code").innerText()).toLowerCase()}`;
  const [ada, bob] = [await browser.newPage(), await browser.newPage()];
  const sent = sentFrom(ada);
  await predict(ada, link, 1);
  await predict(ada, `${link}&lesson=where-to-cut`, 3); // the same tab again: its first prediction is replaced
  await predict(bob, link, 3);
  await expect(page.getByTestId("class-students")).toHaveText("2 joined");
  const chart = page.getByTestId("class-chart");
  await expect(chart).toContainText("No cut, all at the edge, which streams its tokens 2 of 2");
  await expect(chart).toContainText("Cut at half the depth 0 of 2");
  await chart.getByRole("application").focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowRight");
  await expect(page.getByTestId("readout")).toContainText("2 of 2");

  await bob.close();
  await ada.getByTestId("open-try").click();
  await openLab(ada, "/", link.slice(2));
  await goodRun(ada, { ...RUN, prompt: SAID, temperature: 0, maxTokens: 4 });
  await expect(ada.getByTestId("class-run")).toContainText("Split, cut 1; 4 tokens");
  expect(await violations(ada)).toEqual([]);
  await press(ada, "class-share");
  await expect(ada.getByTestId("class-goes")).toContainText("Sent: the figures of a run.");
  expect(sent.join("")).not.toMatch(/album|golden|spotify|concierge/i);

  await page.getByTestId("class-shown").selectOption("tpotMs");
  await expect(chart).toContainText("n = 1, a dot");
  await expect(chart.locator("[data-dot]")).toHaveCount(1);
  await page.reload(); // the class is this tab's for as long as it lives
  await expect(page.getByTestId("class-students")).toHaveText("2 joined");
  for (const scheme of ["light", "dark"] as const) {
    await page.evaluate((name) => document.documentElement.setAttribute("data-mantine-color-scheme", name), scheme);
    expect(await violations(page), scheme).toEqual([]);
  }
  for (const width of [390, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), String(width)).toBe(width);
  }
  await press(page, "class-end");
  await press(page, "class-end-now");
  await expect(page.getByTestId("class-open")).toBeVisible();
  await press(ada, "class-share");
  await expect(ada.getByTestId("class-failure")).toContainText("No class goes by this code: it has ended");
  await press(ada, "class-leave");
  await expect(ada.getByTestId("in-class")).toHaveCount(0);
  expect(ada.url()).not.toContain("class=");
  await ada.close();
});

test("a page from a plain file server says that a class needs an edge server", async ({ page }) => {
  const host = await serveFolder("dist/page", STATIC_PORT);
  try {
    await visit(page, host.url, "view=class");
    await page.getByTestId("class-open").click();
    await expect(page.getByTestId("class-trouble")).toContainText("A class needs an edge server");
    await visit(page, host.url, "class=g8jfx");
    await expect(page.getByTestId("class-failure")).toContainText("Start one with npm start");
  } finally {
    await host.close();
  }
});
