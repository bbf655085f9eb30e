/** axe finds nothing: light and dark, wide and phone, before and after a run; terms explain themselves to hand, keys and finger. */
import { expect, test, type Page } from "@playwright/test";
import { violations } from "./axe.ts";
import { GLOSSARY } from "#core/glossary/glossary.ts";
import { goodRun, openLab, PROMPTS } from "./lab.ts";

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;

const SCHEMES = ["light", "dark"] as const;

/** In both schemes. */
async function expectNoViolations(page: Page, when: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
    expect.soft(await violations(page), `${colorScheme}, ${when}`).toEqual([]);
  }
}

for (const size of ["wide", "phone"] as const)
  test(`light and dark, ${size}`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize(SIZES[size]);
    await openLab(page);
    await expectNoViolations(page, "as it opens");
    await goodRun(page, {
      mode: "split",
      model: "concierge-1m",
      cut: 2,
      backend: "wasm",
      prompt: PROMPTS[0],
      temperature: 0,
      maxTokens: 8,
      link: "loopback",
    });
    await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", /exact|near/);
    await expectNoViolations(page, "after a run");
    const { scrollWidth, clientWidth } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth, "nothing sticks out sideways").toBeLessThanOrEqual(clientWidth);
  });

test("the experiments", async ({ page }) => {
  await openLab(page, "/", "experiment=what-a-codec-costs");
  await page.getByTestId("lab").waitFor();
  expect(await violations(page)).toEqual([]);
});

test("a term explains itself on hover and on focus, and Escape closes it", async ({ page }) => {
  await openLab(page);
  const codec = page.locator("[data-term=codec]");
  const meaning = page.getByRole("tooltip");
  await expect(codec).toHaveAccessibleName("Codec");
  await expect(page.getByTestId("codec")).toHaveAccessibleName("Codec");
  await codec.hover();
  await expect(meaning).toHaveText(GLOSSARY.codec.short);
  await expect(codec, "a word among words").toHaveCSS("background-color", "rgba(0, 0, 0, 0)");
  await meaning.hover(); // what explains may be read with the pointer on it
  await expect(meaning).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(meaning).toBeHidden();
  await page.getByTestId("model").focus();
  await page.keyboard.press("Tab");
  await expect(codec).toBeFocused();
  await expect(codec).toHaveAccessibleDescription(GLOSSARY.codec.short);
  await expect(meaning, "faded in").toHaveCSS("opacity", "1");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(meaning).toBeHidden();
  await expect(codec).toBeFocused();
});

test.describe("with a finger", () => {
  test.use({ hasTouch: true, viewport: SIZES.phone });

  test("a term explains itself on a tap, within the screen, until the next one elsewhere", async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" }); // nothing plays, so that what is tapped stands still
    await openLab(page);
    const meaning = page.getByRole("tooltip");
    for (const term of ["tpot", "upBytes"] as const) {
      await page.locator(`[data-term=${term}]`).tap();
      await expect(meaning).toHaveText(GLOSSARY[term].short);
      const box = await meaning.boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(SIZES.phone.width);
    }
    await page.getByTestId("verdict").tap();
    await expect(meaning).toBeHidden();
  });
});
