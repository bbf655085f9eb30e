/**
 * The path of somebody who opens the page for the first time, by mouse, by keys alone and by touch on a phone:
 * open, drag, ask, race, break, experiment, lesson, share, reload. Nothing is called that a hand cannot reach.
 */
import { expect, test, type Locator, type Page } from "@playwright/test";
import { violations } from "./axe.ts";
import { ready } from "./lab.ts";

interface Hand {
  press(at: Locator): Promise<void>;
  /** One block more into this tab. */
  moreHere(page: Page): Promise<void>;
  /** To the largest value. */
  toTheEnd(range: Locator): Promise<void>;
}

async function dragged(page: Page, by: { readonly x: number; readonly y: number }): Promise<void> {
  const box = await page.getByTestId("cut-handle").boundingBox();
  if (box === null) throw new Error("no handle");
  const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.8];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + by.x, y + by.y, { steps: 6 });
  await page.mouse.up();
}

const mouse: Hand = {
  press: (at) => at.click(),
  moreHere: (page) => dragged(page, { x: 90, y: 0 }),
  async toTheEnd(range) {
    const box = await range.boundingBox();
    await range.click({ position: { x: (box?.width ?? 0) - 3, y: (box?.height ?? 0) / 2 } });
  },
};

/** Tab by Tab, as far as it takes. */
async function tabTo(at: Locator): Promise<void> {
  const { keyboard } = at.page();
  const focused = (): Promise<boolean> => at.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await focused()); presses += 1) {
    if (presses > 250) throw new Error("Tab does not come there");
    await keyboard.press("Tab");
  }
}

const keys: Hand = {
  async press(at) {
    const choice = (await at.getAttribute("type")) === "radio" || (await at.getAttribute("role")) === "switch";
    // Of a group of choices Tab meets one, and the arrows the others.
    if ((await at.getAttribute("type")) === "radio") await at.focus();
    else await tabTo(at);
    await at.page().keyboard.press(choice ? "Space" : "Enter");
  },
  async moreHere(page) {
    await tabTo(page.getByTestId("cut-handle"));
    await page.keyboard.press("ArrowRight");
  },
  async toTheEnd(range) {
    await tabTo(range);
    await range.page().keyboard.press("End");
  },
};

const finger: Hand = {
  press: (at) => at.tap(),
  async moreHere(page) {
    const session = await page.context().newCDPSession(page);
    const box = await page.getByTestId("cut-handle").boundingBox();
    if (box === null) throw new Error("no handle");
    const [x, y] = [box.x + box.width * 0.8, box.y + box.height / 2];
    await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
    // It comes to rest before it lifts: what a finger flings goes on, and the next touch would only end that.
    for (const dy of [10, 20, 30, 40, 40, 40]) {
      await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x, y: y + dy }] });
      await page.waitForTimeout(80);
    }
    await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  },
  async toTheEnd(range) {
    const box = await range.boundingBox();
    await range.tap({ position: { x: (box?.width ?? 0) - 3, y: (box?.height ?? 0) / 2 } });
  },
};

const PATHS = [
  { name: "by mouse", hand: mouse, viewport: { width: 1440, height: 900 }, scheme: "light" },
  { name: "by keys alone", hand: keys, viewport: { width: 1440, height: 900 }, scheme: "dark" },
  { name: "by touch at 390 px", hand: finger, viewport: { width: 390, height: 844 }, scheme: "light" },
] as const;

for (const { name, hand, viewport, scheme } of PATHS)
  test.describe(name, () => {
    test.use({ viewport, colorScheme: scheme, hasTouch: name === "by touch at 390 px" });
    test.setTimeout(240_000);

    test("open, drag, ask, race, break, experiment, lesson, share, reload", async ({ page }) => {
      const at = (testId: string): Locator => page.getByTestId(testId).first();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      const clean = async (view: string): Promise<void> => expect.soft(await violations(page), view).toEqual([]);

      await page.goto("/");
      await ready(page);
      await expect(at("verdict")).toContainText(/Drag the line/);

      const before = Number(await at("cut-handle").getAttribute("aria-valuenow"));
      await hand.moreHere(page);
      await expect
        .poll(async () => Number(await at("cut-handle").getAttribute("aria-valuenow")))
        .toBeGreaterThan(before);
      const cut = await at("cut-handle").getAttribute("aria-valuenow");

      await hand.press(page.getByRole("button", { name: "A museum" }));
      await expect(at("prompt")).toHaveValue(/museum/);
      await hand.press(at("run"));
      await expect(at("verdict-agreement")).toHaveAttribute("data-state", /exact|near/, { timeout: 60_000 });
      await expect(at("verdict")).toContainText("The answer took");
      await expect(at("turns")).toContainText(/museum/i);

      await hand.press(at("race-start"));
      await expect(at("verdict")).toContainText(/times as|wins|ahead|faster|fastest/i, { timeout: 120_000 });
      await expect(at("race-start")).toBeEnabled({ timeout: 120_000 });
      await clean("try");

      await hand.press(at("level"));
      await hand.press(at("break-corrupt"));
      await expect(at("verdict-agreement")).toHaveAttribute("data-state", "wrong", { timeout: 60_000 });

      await hand.press(at("open-experiments"));
      await hand.press(at("experiment-start"));
      await expect(at("experiment-progress")).toBeVisible({ timeout: 60_000 });
      await hand.press(at("experiment-cancel"));
      await expect(at("experiment-progress")).toBeHidden({ timeout: 60_000 });

      await hand.press(at("open-lessons"));
      for (const question of await page.locator("[data-testid^=question-]").all()) {
        const choice = question.getByRole("radio").first();
        if ((await choice.count()) > 0) await hand.press(choice);
        else await hand.toTheEnd(question.getByRole("slider"));
      }
      await clean("lesson");
      await hand.press(at("lesson-commit"));
      await expect(at("plot-0")).toBeVisible();

      await hand.press(at("open-try"));
      await hand.press(at("open-share"));
      await expect(at("share-link")).toHaveValue(new RegExp(`cut=${cut}`));
      await hand.press(page.getByRole("button", { name: "Close" }));

      await page.reload();
      await ready(page);
      await expect(at("cut-handle")).toHaveAttribute("aria-valuenow", cut ?? "");
      await hand.press(at("open-about"));
      await expect(at("about")).toBeVisible();
      await clean("about");
      expect(errors).toEqual([]);
    });
  });
