/** The page as a newcomer meets it: few words, few buttons, what they do said plainly, and all of it by mouse, keys and finger. */
import { expect, test, type Page } from "@playwright/test";
import { PANELS } from "#core/run/config/address.ts";
import { jargonIn } from "#core/glossary/jargon.ts";
import { violations } from "./axe.ts";
import { openLab, visit } from "./lab.ts";
import { shifts, sumOf, watchShifts } from "./shifts.ts";
import { smallTargets } from "./targets.ts";

/** A third of what the page of experts had when the bound was set: 880 words, 53 buttons. */
const MOST_WORDS = 293;
const MOST_BUTTONS = 17;
const BEGINNER = "level=beginner";
/** A request that the small model answers with a call, soon. */
const SMALL = `${BEGINNER}&mode=split&model=concierge-1m&cut=2&codec=f32&backend=wasm&maxTokens=48`;

const seen = (page: Page) =>
  page.evaluate(() => ({
    words: document.body.innerText.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length,
    buttons: [...document.querySelectorAll("button, [role=button], summary")].filter((each) =>
      each.checkVisibility({ visibilityProperty: true }),
    ).length,
  }));

async function run(page: Page): Promise<void> {
  await page.getByTestId("run").click();
  await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", /exact|near/, { timeout: 30_000 });
}

for (const colorScheme of ["light", "dark"] as const)
  test(`few words and buttons, before and after a run, and axe finds nothing: ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await openLab(page, "/", SMALL);
    await page.getByRole("button", { name: "A restaurant" }).click();
    for (const when of ["as it opens", "after a run"]) {
      if (when === "after a run") await run(page);
      // What is fetched meanwhile has its cancel, and is gone soon.
      await expect(async () => {
        await expect(page.getByTestId("loading")).toBeHidden();
        const { words, buttons } = await seen(page);
        expect(words, when).toBeLessThanOrEqual(MOST_WORDS);
        expect(buttons, when).toBeLessThanOrEqual(MOST_BUTTONS);
        expect(words, "the page is there").toBeGreaterThan(60);
      }).toPass({ timeout: 20_000 });
      expect.soft(await violations(page), when).toEqual([]);
    }
  });

test("the headline says what is shown, then what happened; a call reads as a sentence, as written on demand", async ({
  page,
}) => {
  await openLab(page, "/", `${SMALL}&link=5g`);
  const headline = page.getByTestId("verdict");
  await expect(headline).toContainText("Half of this model runs in this tab, half on a server.");
  await page.getByRole("button", { name: "More blocks in this tab" }).click();
  await expect(headline).toContainText("3 of this model\u2019s 4 blocks run in this tab, 1 on a server.");
  await page.getByRole("button", { name: "A restaurant" }).click();
  await run(page);
  await expect(headline).toHaveText(/^The answer took .+s\. (Most of it|The largest part), \d+%, was .+\.$/);
  const turns = page.getByTestId("turns");
  await expect(turns).toContainText(/Looking for .*restaurants in San Jose/);
  const raw = turns.getByText('"name":"FindRestaurants"');
  await expect(raw).toBeHidden();
  await turns.getByText("As written").click();
  await expect(raw).toBeVisible();
  await page.getByTestId("send-result").click();
  await expect(turns).toContainText("Found ");
  await expect(page.getByTestId("run")).toBeVisible({ timeout: 30_000 });
});

test("the recording says what it is and why it is slow", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await visit(page, "/", BEGINNER);
  const recording = page.getByTestId("recording");
  await expect(recording).toHaveText(
    /^A recording from \d+ \w+ \d{4}, slowed down \d+ times so that you can follow one word\.$/,
  );
});

test("three steps tick themselves off, move nothing, and stay away once dismissed", async ({ page }) => {
  test.setTimeout(180_000);
  await watchShifts(page);
  await openLab(page, "/", `${SMALL}&link=wifi6`);
  const steps = page.getByTestId("steps");
  const done = steps.locator("[data-done=true]");
  await expect(steps.locator("li")).toHaveCount(3);
  await expect(done).toHaveCount(0);
  await page.getByTestId("cut-handle").focus();
  await page.keyboard.press("ArrowRight");
  await expect(done).toHaveCount(1);
  await page.getByRole("button", { name: "A restaurant" }).click();
  await shifts(page);
  await run(page);
  await expect(done).toHaveCount(2);
  await page.getByTestId("race-start").scrollIntoViewIfNeeded();
  await page.getByTestId("race-start").click();
  await expect(done).toHaveCount(3, { timeout: 120_000 });
  await expect(page.getByTestId("verdict")).toContainText(/wins|level/);
  await expect(page.getByTestId("race")).toContainText(/wins|level/);
  await steps.getByRole("button", { name: "Done" }).click();
  await expect(steps).toHaveCount(0);
  const seen = await shifts(page);
  expect(sumOf(seen), JSON.stringify(seen.filter(({ value }) => value > 0.002))).toBeLessThanOrEqual(0.05);
  await page.reload();
  await page.getByTestId("verdict").waitFor();
  await expect(steps).toHaveCount(0);
});

test("an address of an expert works, says in words what it means, and leads to everything", async ({ page }) => {
  await openLab(page, "/", `${BEGINNER}&mode=speculative`);
  await expect(page.getByTestId("verdict")).toContainText("A small model in this tab guesses ahead");
  await expect(page.getByTestId("mode")).toHaveCount(0);
  await expect(page.getByTestId("open-experiments")).toHaveCount(0);
  await page.getByTestId("level").click();
  await expect(page.getByTestId("mode")).toHaveValue("speculative");
  await expect(page.getByTestId("open-experiments")).toBeVisible();
  expect(page.url()).toContain("level=expert");
  await page.getByTestId("level").click();
  await expect(page.getByTestId("mode")).toHaveCount(0);
  expect(page.url()).not.toContain("level=expert");
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

  test("the request, Run and the answer are in the first screen; every target meets a finger", async ({ page }) => {
    await openLab(page, "/", SMALL);
    await page.getByRole("button", { name: "A restaurant" }).tap();
    await run(page);
    for (const part of ["turns", "send-result"]) {
      const box = await page.getByTestId(part).boundingBox();
      expect((box?.y ?? Infinity) + (box?.height ?? 0), part).toBeLessThanOrEqual(844);
    }
    await expect(page.getByTestId("cut-handle")).toHaveAttribute("aria-orientation", "vertical");
    expect(await smallTargets(page)).toEqual([]);
  });
});

/** Texts of a view in the order of the document, each with the term that it is, where it is one. What is pressed, chosen, drawn or quoted is left out. */
const textsOf = (page: Page, root: string) =>
  page.evaluate((selector) => {
    const within = document.querySelector(selector);
    if (within === null) throw new Error(`no ${selector}`);
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
    const texts: { text: string; term: string | null }[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const { parentElement: parent } = node;
      if (parent === null || !parent.checkVisibility({ visibilityProperty: true })) continue;
      const term = parent.closest<HTMLElement>("[data-term]")?.dataset["term"] ?? null;
      const other = "button, a, option, label, svg, code, pre, .hidden-visually, [role=tooltip], [aria-hidden=true]";
      if (term !== null || parent.closest(other) === null) texts.push({ text: node.textContent ?? "", term });
    }
    return texts;
  }, root);

async function unexplained(page: Page, root = "main"): Promise<readonly string[]> {
  const seen = new Set<string>();
  const missing: string[] = [];
  for (const { text, term } of await textsOf(page, root)) {
    if (term !== null) seen.add(term);
    else
      for (const piece of jargonIn(text)) {
        if (typeof piece === "string" || seen.has(piece.of)) continue;
        seen.add(piece.of);
        missing.push(`${piece.of}: ${text}`);
      }
  }
  return missing;
}

const VIEWS = [
  ["the short page", BEGINNER, "verdict"],
  ["the whole page", "level=expert", "byte-chart"],
  ["an experiment", "level=expert&experiment=what-a-codec-costs", "lab"],
  ["a lesson", "lesson=where-to-cut", "lesson"],
  ["about", "view=about", "about"],
  ["the edge's own view", "level=expert&view=edge", "edge-figures"],
  ["the page for a room", "level=expert&view=projector", "projector-verdict"],
  ["earlier runs", "level=expert&view=history", "history"],
  ["a class", "level=expert&view=class", "class-view"],
] as const;

test("every word of the field explains itself where it stands first on a view", async ({ page }) => {
  test.setTimeout(180_000);
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const [view, address, there] of VIEWS) {
    await page.goto("about:blank");
    await openLab(page, "/", address.includes("level=") ? address : `${address}&level=beginner`);
    await page.getByTestId(there).first().waitFor();
    if (view === "the whole page") {
      await page.getByTestId("more").click();
      await page.getByTestId("more-settings").waitFor();
    }
    await expect.poll(() => unexplained(page), view).toEqual([]);
  }
  // A record is data, key by key as its schema has them.
  for (const panel of PANELS.filter((each) => each !== "record")) {
    await page.goto("about:blank");
    await openLab(page, "/", `panel=${panel}&level=expert`);
    await expect(page.getByRole("dialog")).toBeVisible();
    await expect.poll(() => unexplained(page, "dialog"), panel).toEqual([]);
  }
});

test("so do those of a race, and of a run that is over", async ({ page }) => {
  test.setTimeout(180_000);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await openLab(page, "/", `${SMALL}&link=wifi6`);
  await page.getByRole("button", { name: "A restaurant" }).click();
  await run(page);
  await expect.poll(() => unexplained(page), "after a run").toEqual([]);
  await page.getByTestId("race-start").click();
  await expect(page.getByTestId("verdict")).toContainText(/wins|level/, { timeout: 120_000 });
  await expect.poll(() => unexplained(page), "after a race").toEqual([]);
});
