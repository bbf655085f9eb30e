/** Beside the first answer: it is asked for again, a request is put in other words. */
import { expect, test } from "@playwright/test";
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

const kindsOf = (messages: readonly TappedMessage[]): readonly (number | undefined)[] =>
  messages.map(({ binary, bytes }) => (binary ? bytes[0] : undefined));
