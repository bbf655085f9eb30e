/** The page in the hands of a person: the first token, the cut, the badge, the race, the address. */
import { expect, test, type Page } from "@playwright/test";
import { openLab, ready, visit } from "./lab.ts";

test.use({ contextOptions: { reducedMotion: "no-preference" } });

const ADDRESS = "mode=split&model=concierge-1m&cut=2&codec=f32&backend=wasm&maxTokens=12";

async function ask(page: Page, text: string): Promise<void> {
  await page.getByTestId("prompt").fill(text);
  await page.getByTestId("run").click();
}

const badge = (page: Page) => page.getByTestId("verdict-agreement");

test("a request typed into the page is answered, and the badge says that the tokens are exact", async ({ page }) => {
  const strange: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).hostname !== "127.0.0.1") strange.push(request.url());
  });
  await visit(page);
  await ready(page);
  await ask(page, "Find me an Italian restaurant in San Jose, please.");
  await expect(page.getByTestId("token").first()).toBeVisible();
  await expect(badge(page)).toHaveAttribute("data-state", "exact", { timeout: 20_000 });
  await expect(badge(page)).toHaveText("Same tokens as uncut");
  await expect(page.getByTestId("verdict")).toContainText("a token");
  await expect(page.getByTestId("off-ground")).toBeHidden();
  expect(strange, "nothing is asked of another machine").toEqual([]);
});

test("moving the cut changes what would be fetched and the forecast within a second", async ({ page }) => {
  await openLab(page, "/", ADDRESS);
  await ask(page, "Check the balance of my savings account.");
  await expect(badge(page)).toHaveAttribute("data-state", "exact", { timeout: 20_000 });
  const forecast = page.getByTestId("forecast");
  await expect(forecast).toContainText("Modelled");
  const before = await forecast.innerText();
  const handle = page.getByTestId("cut-handle");
  await expect(handle).toHaveAttribute("aria-valuenow", /\d+/);
  await handle.focus();
  await page.keyboard.press("ArrowRight");
  await expect(forecast).not.toHaveText(before, { timeout: 1000 });
  await expect(forecast).toContainText("fetch", { timeout: 1000 });
});

test("the cut is dragged with the pointer, and the link to share has it", async ({ page }) => {
  await openLab(page, "/", ADDRESS);
  const handle = page.getByTestId("cut-handle");
  const strip = await page.getByTestId("strip").boundingBox();
  const box = await handle.boundingBox();
  if (strip === null || box === null) throw new Error("no strip");
  const value = await handle.getAttribute("aria-valuenow");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(strip.x + strip.width * 0.4, box.y + box.height / 2, { steps: 8 });
  await page.mouse.up();
  await expect(handle).not.toHaveAttribute("aria-valuenow", value ?? "");
  const cut = await handle.getAttribute("aria-valuenow");
  await page.getByTestId("open-share").click();
  await expect(page.getByTestId("share-link")).toHaveValue(new RegExp(`#.*\\bcut=${cut ?? "none"}\\b`));
});

test("one press breaks it, and the badge turns red at that token", async ({ page }) => {
  for (const way of ["break-corrupt", "break-rewind"]) {
    // Long enough to leave the call's fixed beginning, which a model finds again from hardly any context.
    await openLab(
      page,
      "/",
      `${ADDRESS.replace("maxTokens=12", "maxTokens=32")}&prompt=Play+the+album+Golden+Hour+on+Spotify.`,
    );
    await page.getByTestId(way).click();
    await expect(badge(page), way).toHaveAttribute("data-state", "wrong", { timeout: 20_000 });
    await expect(badge(page), way).toContainText(/token \d+/);
    await expect(page.getByTestId("provenance"), way).toContainText(/Token \d+ is .+; uncut it would be .+\./);
    const broken = page.getByTestId("broken-turn");
    await expect(broken, way).toContainText(/smashed data of position \d+ was changed|computed at position \d+/);
    await expect(broken.locator("mark"), way).toHaveCount(1);
  }
});

test("an address with run=1 runs by itself, and nothing behind the # reaches the server", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await visit(page, "/", `${ADDRESS}&prompt=Explain+how+a+compiler+savings+algorithm+works.&run=1`);
  await expect(badge(page)).toHaveAttribute("data-state", "exact", { timeout: 30_000 });
  await expect(page.getByTestId("off-ground"), "the page says it plainly").toContainText(
    "only knows bookings, travel, music, films and the weather. Uncut it says the same.",
  );
  expect(asked.filter((url) => new URL(url).pathname !== "/" && /savings/.test(url))).toEqual([]);
});

test("an impossible address is refused with a sentence, and the page goes on", async ({ page }) => {
  await visit(page, "/", "mode=split&colour=red");
  await expect(page.getByTestId("failure")).toContainText("colour");
  await ready(page);
  await ask(page, "Check the balance of my savings account.");
  await expect(page.getByTestId("turns")).toContainText("Checking the balance");
});

test("a race says in one sentence who wins", async ({ page }) => {
  test.setTimeout(120_000);
  await openLab(page, "/", `${ADDRESS}&prompt=Check+the+balance+of+my+savings+account.`);
  await page.getByTestId("race-start").click();
  await expect(page.getByTestId("race-table").locator("tbody tr").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("race-start")).toBeVisible({ timeout: 90_000 });
  await expect(page.getByTestId("verdict")).toContainText(/times|ratio|×|faster|ahead/);
  const rows = page.getByTestId("race-table").locator("tbody tr");
  expect(await rows.count()).toBeGreaterThanOrEqual(2);
});

test("a tool call is shown, a service answers, and the second turn reuses the cache", async ({ page }) => {
  test.setTimeout(90_000);
  await openLab(page, "/", ADDRESS.replace("maxTokens=12", "maxTokens=64"));
  await ask(page, "Find me an Italian restaurant in San Jose, please.");
  await expect(page.getByTestId("send-result")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId("turns")).toContainText("FindRestaurants");
  await page.getByTestId("send-result").click();
  await expect(page.getByTestId("run")).toBeVisible({ timeout: 30_000 });
  await expect(page.getByTestId("figures").first()).toContainText(/reused|cache/i);
});

test("stop stops, and the next run works", async ({ page }) => {
  await openLab(
    page,
    "/",
    `${ADDRESS.replace("maxTokens=12", "maxTokens=200")}&link=rtt:700&prompt=Find+me+an+Italian+restaurant+in+San+Jose.`,
  );
  await page.getByTestId("run").click();
  await expect(page.getByTestId("token").first()).toBeVisible({ timeout: 20_000 });
  await page.getByTestId("stop").click();
  await expect(page.getByTestId("stop")).toBeHidden({ timeout: 10_000 });
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByTestId("link").selectOption("loopback");
  await ask(page, "Check the balance of my savings account.");
  await expect(badge(page)).toHaveAttribute("data-state", "exact", { timeout: 20_000 });
});

test("a recorded run is there before the engine is, and says what it is", async ({ page }) => {
  // The engine's files do not come: what is shown is the recording.
  await page.route(/\.wasm$|\/shards\//, () => undefined);
  await visit(page);
  const provenance = page.getByTestId("provenance");
  await expect(provenance).toContainText("Recorded", { timeout: 10_000 });
  await expect(provenance).toContainText("5G");
  await expect(page.getByTestId("token").first()).toBeVisible({ timeout: 10_000 });
});

test("on a phone the strip stands upright, and steppers move the cut", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openLab(page, "/", ADDRESS);
  const handle = page.getByTestId("cut-handle");
  await expect(handle).toHaveAttribute("aria-orientation", "vertical");
  await expect(handle).toHaveAttribute("aria-valuetext", /2 of 4/);
  await page.getByRole("button", { name: "More blocks in this tab" }).click();
  await expect(handle).toHaveAttribute("aria-valuetext", /3 of 4/);
});
