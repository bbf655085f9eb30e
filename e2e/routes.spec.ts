/** Every view has an address behind the #, Back and Forward stay inside, and what was chosen survives a reload. */
import { expect, test } from "@playwright/test";
import { openLab, ready, visit } from "./lab.ts";
import { shifts, sumOf, watchShifts } from "./shifts.ts";

const hashOf = (url: string): string => new URL(url).hash;

test("views open as entries of the history, and say which one is open", async ({ page }) => {
  await openLab(page);
  await expect(page.getByTestId("home")).toHaveAttribute("aria-current", "page");
  await page.getByTestId("open-experiments").click();
  await expect(page.getByTestId("lab")).toBeVisible();
  expect(hashOf(page.url())).toContain("experiment=");
  await expect(page.getByTestId("open-experiments")).toHaveAttribute("aria-current", "page");
  await expect(page.getByTestId("home")).not.toHaveAttribute("aria-current", "page");
  await page.getByTestId("open-lessons").click();
  await expect(page.getByTestId("open-lessons")).toHaveAttribute("aria-current", "page");
  expect(hashOf(page.url())).toContain("lesson=");

  await page.goBack();
  await expect(page.getByTestId("open-experiments")).toHaveAttribute("aria-current", "page");
  await page.goBack();
  await expect(page.getByTestId("verdict")).toBeVisible();
  await page.goForward();
  await expect(page.getByTestId("lab")).toBeVisible();
  await page.getByTestId("home").click();
  await expect(page.getByTestId("verdict")).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId("lab")).toBeVisible();
});

test("nothing is loaded anew on the way, so a conversation stays", async ({ page }) => {
  await openLab(page);
  await page.evaluate(() => Object.assign(window, { witness: 1 }));
  await page.getByTestId("prompt").fill("What is on at the museum?");
  await page.getByTestId("open-lessons").click();
  await page.goBack();
  await expect(page.getByTestId("prompt")).toHaveValue("What is on at the museum?");
  expect(await page.evaluate(() => "witness" in window)).toBe(true);
});

test("every panel has an address, and Back closes it", async ({ page }) => {
  await openLab(page);
  for (const panel of ["preflight", "plan", "frames", "record", "share"]) {
    await page.getByTestId(`open-${panel}`).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(hashOf(page.url())).toContain(`panel=${panel}`);
    await page.reload();
    await ready(page);
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.goBack();
    await expect(page.getByRole("dialog"), panel).toHaveCount(0);
  }
});

test("a moved cut survives a reload, and so does another link", async ({ page }) => {
  await openLab(page);
  await page.getByTestId("link").selectOption("4g");
  const handle = page.getByRole("slider", { name: /cut/i }).first();
  await handle.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const cut = await handle.getAttribute("aria-valuenow");
  await expect.poll(() => hashOf(page.url())).toContain(`cut=${cut}`); // written once the hand has come to rest
  await page.reload();
  await ready(page);
  await expect(page.getByRole("slider", { name: /cut/i }).first()).toHaveAttribute("aria-valuenow", cut ?? "none");
  await expect(page.getByTestId("link")).toHaveValue("4g");
});

test("Back returns to the settings that stood there", async ({ page }) => {
  await openLab(page, "/", "link=5g&cut=4");
  await page.getByTestId("open-experiments").click();
  await page.getByTestId("home").click();
  await page.getByTestId("link").selectOption("3g");
  await expect.poll(() => page.url()).toContain("link=3g");
  await page.goBack();
  await expect(page.getByTestId("lab")).toBeVisible();
  await page.goBack();
  await expect(page.getByTestId("link")).toHaveValue("5g");
});

for (const key of ["experiment", "lesson"])
  test(`an unknown ${key} says so, and no other stands in for it`, async ({ page }) => {
    await visit(page, "/", `${key}=where-to-cutt`);
    const said = page.getByTestId("unknown-experiment");
    await expect(said).toContainText("There is no experiment named where-to-cutt. Did you mean where-to-cut?");
    await expect(page.getByTestId("lab").locator("[aria-current='page']")).toHaveCount(0);
    await page.getByRole("button", { name: "Where to cut", exact: true }).click();
    await expect(said).toHaveCount(0);
  });

test("another address is another page, whatever was chosen before: shown", async ({ page }) => {
  await openLab(page);
  await page.getByTestId("link").selectOption("4g");
  await openLab(page, "/", "link=3g&cut=2");
  await expect(page.getByTestId("link")).toHaveValue("3g");
  expect(hashOf(page.url())).toBe("#link=3g&cut=2&level=expert");
});

test("leaving the show is a step that Back undoes", async ({ page }) => {
  await visit(page, "/", "demo=1");
  await page.getByTestId("demo").waitFor();
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("home")).toBeVisible();
  expect(hashOf(page.url())).not.toContain("demo");
  await page.goBack();
  await expect(page.getByTestId("home")).toHaveCount(0);
});

const IMPOSSIBLE = [
  ["level=beginner&cut=99&run=1", "cannot be cut at 99"],
  ["level=beginner&model=nobody&run=1&prompt=hello", "no model named nobody"],
  ["level=beginner&link=rtt:1e300&run=1", "rttMs as a number from 0 to 60000 ms"],
  ["level=expert&cutt=4&run=1", "Did you mean cut?"],
] as const;

for (const [address, said] of IMPOSSIBLE)
  test(`#${address} says what cannot be before anything runs, moves nothing, and goes away`, async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await watchShifts(page);
    await page.goto(`/#${address}`);
    await ready(page);
    const failure = page.getByTestId("failure");
    await expect(failure).toContainText(said);
    const seen = await shifts(page);
    expect(sumOf(seen), JSON.stringify(seen)).toBeLessThanOrEqual(0.05);
    await failure.getByRole("button", { name: "Dismiss" }).click();
    await expect(failure).toHaveCount(0);
    await expect(page.getByTestId("turns")).toHaveCount(0);
    await expect(page.getByTestId("run")).toBeEnabled();
    const cut = Number(await page.getByTestId("cut-handle").getAttribute("aria-valuenow"));
    expect(cut).toBeLessThanOrEqual(12);
  });

test("a shared run that starts at once moves nothing while it begins", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await watchShifts(page);
  await page.goto("/#level=beginner&mode=split&model=concierge-1m&cut=2&backend=wasm&maxTokens=8&run=1&prompt=hello");
  await expect(page.getByTestId("verdict-agreement")).toHaveAttribute("data-state", /exact|near/, { timeout: 30_000 });
  const seen = await shifts(page);
  expect(sumOf(seen), JSON.stringify(seen.filter(({ value }) => value > 0.002))).toBeLessThanOrEqual(0.05);
});

test("a view that no entry of the bar leads to has one while it is open", async ({ page }) => {
  for (const [view, name] of [
    ["view=history", "Earlier runs"],
    ["view=edge", "Edge"],
    ["experiment=where-to-cut", "Lab"],
  ] as const) {
    await openLab(page, "/", `level=beginner&${view}`);
    await expect(page.getByRole("navigation", { name: "Views" }).locator("[aria-current='page']")).toHaveText(name);
  }
});
