/** Beside the first answer: it is asked for again, its tokens are weighed and watched, and a scenario judges it. */
import { expect, test, type Page } from "@playwright/test";
import { upCode } from "#core/frames/message-table.ts";
import { openLab, PROMPTS, run } from "./lab.ts";
import { TAP_PORT, TEST_URL } from "./servers.ts";
import { openTap, type TappedMessage } from "./tap.ts";

const ADDRESS = "mode=split&model=concierge-1m&cut=2&codec=f32&backend=wasm&maxTokens=12";
const SMALL = {
  model: "concierge-1m",
  cut: 2,
  codec: "f32",
  backend: "wasm",
  link: "loopback",
  maxTokens: 12,
} as const;

test("an answer is copied, asked for again, and its request put in other words, by the keys; on a phone a finger meets them", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openLab(page, "/", ADDRESS);
  await page.getByTestId("prompt").fill(PROMPTS[0]);
  await page.getByTestId("run").click();
  const turns = page.getByTestId("turns").getByRole("listitem");
  const again = page.getByTestId("turn-regenerate");
  await expect(again).toBeEnabled({ timeout: 30_000 });

  await turns.first().hover();
  await turns.first().getByTestId("turn-copy").click();
  await expect(page.getByTestId("announcement")).toHaveText("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(PROMPTS[0]);

  await again.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("turn-note")).toHaveText("Temperature 0, so no chance: the same answer again.");
  await expect(page.getByTestId("announcement")).toContainText("the same answer again");

  await turns.first().getByTestId("turn-edit").focus();
  await page.keyboard.press("Enter");
  const prompt = page.getByTestId("prompt");
  await expect(prompt).toBeFocused();
  await expect(prompt).toHaveValue(PROMPTS[0]);
  await expect(prompt).toHaveAccessibleDescription("Sending replaces that turn and all behind it");
  await prompt.fill(PROMPTS[1]);
  await page.keyboard.press("Enter");
  await expect(turns.first()).toContainText(PROMPTS[1]);
  await expect(again).toBeEnabled({ timeout: 30_000 });
  await expect(turns.filter({ hasText: PROMPTS[0] })).toHaveCount(0);

  await page.setViewportSize({ width: 390, height: 844 });
  for (const name of ["turn-edit", "turn-regenerate", "turn-copy"]) {
    const box = await page.getByTestId(name).first().boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), name).toBeGreaterThanOrEqual(40);
  }
});

test("what else might have been said is shown by pointer, keys and finger; under u-split nothing goes to the edge for it", async ({
  page,
}) => {
  const tap = await openTap(TAP_PORT, TEST_URL);
  await openLab(page, tap.url, "level=expert");
  const split = await run(page, { ...SMALL, mode: "split", prompt: PROMPTS[0] });
  const card = page.getByTestId("token-card");
  const tokens = page.getByTestId("token");
  await tokens.nth(2).hover();
  await expect(card.getByRole("row")).toHaveCount(6, { timeout: 30_000 });
  await expect(card).toContainText("Temperature 0: the first is always said. By the uncut model at the edge server.");
  await expect(card.locator("[data-said='true']")).toContainText("%");
  await page.mouse.move(0, 0);
  await expect(card).toBeHidden();
  // At the lower edge of the screen the card stands over its token.
  const size = page.viewportSize() ?? { width: 1280, height: 720 };
  await tokens.nth(2).scrollIntoViewIfNeeded();
  const low = await tokens.nth(2).boundingBox();
  await page.setViewportSize({ ...size, height: Math.round((low?.y ?? 0) + 45) });
  await tokens.nth(2).hover();
  await expect(card.getByRole("row")).toHaveCount(6);
  const [over, token] = [await card.boundingBox(), await tokens.nth(2).boundingBox()];
  expect((over?.y ?? 0) + (over?.height ?? Infinity)).toBeLessThanOrEqual((token?.y ?? 0) + 1);
  await page.mouse.move(0, 0);
  await expect(card).toBeHidden();
  await page.setViewportSize(size);
  await tokens.nth(1).focus();
  await page.keyboard.press("Tab");
  await expect(card.getByRole("row")).toHaveCount(6);
  await page.keyboard.press("Escape");
  await expect(card).toBeHidden();
  expect(split.agreement).toMatchObject({ kind: "checked", exact: true });

  await run(page, { ...SMALL, mode: "u-split", prompt: PROMPTS[0] });
  expect(kindsOf(tap.up)).toContain(upCode("candidates"));
  tap.forget();
  await tokens.nth(2).click();
  await expect(card).toContainText("By the uncut model in this tab.", { timeout: 30_000 });
  expect(kindsOf(tap.up).filter((kind) => kind !== upCode("ping"))).toEqual([]);
  await tap.close();
});

test("a scenario is entered by one press, judged in the headline, and is its address", async ({ page }) => {
  await openLab(page, "/", "scenario=clinic");
  const verdict = page.getByTestId("verdict");
  await expect(verdict).toContainText("its words stay in this tab?");
  await expect(page.getByTestId("scenario-clinic")).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByTestId("scenario-about")).toContainText("not privacy by itself");
  await page.getByTestId("run").click();
  await expect(verdict).toHaveText(/^Nothing readable left this tab: of \d+ messages, none held a token\.$/, {
    timeout: 60_000,
  });
  await expect(page.getByTestId("provenance")).toContainText("the edge server ran blocks 4 to 9.");

  await page.getByTestId("scenario-robot").click();
  await expect(verdict).toContainText("within 50 ms");
  await expect(page).toHaveURL(/scenario=robot/);
  await page.getByTestId("run").click();
  await expect(verdict).toHaveText(/tokens? (missed|came within) 50 ms; the worst took/, { timeout: 60_000 });
  await expect(page.getByTestId("provenance")).toContainText("Modelled, ");
  await page.reload();
  await expect(page.getByTestId("scenario-robot")).toHaveAttribute("aria-pressed", "true");
  await page.getByTestId("scenario-robot").click();
  await expect(page).not.toHaveURL(/scenario/);
});

test("a token's way is played on the strip from the record: packets where messages flew, none where none did, and no motion where none is wanted", async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await openLab(page, "/", "level=expert");
  // So deep a cut that the tab's part of a token lasts longer than a slow frame.
  const split = { ...SMALL, model: "concierge-10m", cut: 9, mode: "split", prompt: PROMPTS[0] } as const;
  await run(page, split);
  const [tab, edge] = [page.getByTestId("zone-tab"), page.getByTestId("zone-edge")];
  const watched = seenWhile(page);
  await page.getByTestId("watch").click();
  expect(await watched).toEqual({ tab: true, edge: true, up: true, down: true, single: false });
  await page.getByTestId("watch").click();
  await page.getByTestId("watch-speed").selectOption("1");
  await expect(page.getByTestId("watch-speed")).toBeHidden(); // a token is over at once
  await expect(tab.locator("[data-lit='true']")).toHaveCount(0);

  await run(page, { ...SMALL, mode: "device-only", prompt: PROMPTS[0] });
  const alone = seenWhile(page);
  await page.getByTestId("watch").click();
  expect(await alone).toEqual({ tab: true, edge: false, up: false, down: false, single: false });

  await page.emulateMedia({ reducedMotion: "reduce" });
  await run(page, split);
  const step = page.getByTestId("watch");
  await step.click();
  await expect(page.getByTestId("announcement")).toContainText("this tab runs its blocks");
  await expect(tab.locator("[data-lit='true']").first()).toBeVisible();
  for (let more = 0; more < 12 && (await edge.locator("[data-lit='true']").count()) === 0; more++) await step.click();
  await expect(edge.locator("[data-lit='true']").first()).toBeVisible();
});

/** What lit up and flew from when the playing begins until it is over; `single`: a tier of which a part was lit. */
async function seenWhile(page: Page): Promise<Readonly<Record<"tab" | "edge" | "up" | "down" | "single", boolean>>> {
  return page.evaluate(async () => {
    const seen = { tab: false, edge: false, up: false, down: false, single: false };
    const all = (selector: string): number => document.querySelectorAll(selector).length;
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    while (all("[data-testid='watch-speed']") === 0) await frame();
    while (all("[data-testid='watch-speed']") > 0) {
      for (const tier of ["tab", "edge"] as const) {
        const pieces = `[data-testid='zone-${tier}'] [data-piece]`;
        const lit = all(`${pieces}[data-lit='true']`);
        seen[tier] ||= lit > 0;
        seen.single ||= lit > 0 && lit < all(pieces);
      }
      seen.up ||= all("[data-testid='packet-up']") > 0;
      seen.down ||= all("[data-testid='packet-down']") > 0;
      await frame();
    }
    return seen;
  });
}

const kindsOf = (messages: readonly TappedMessage[]): readonly (number | undefined)[] =>
  messages.map(({ binary, bytes }) => (binary ? bytes[0] : undefined));
