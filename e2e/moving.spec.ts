/** The cut moves in mid-answer: by a schedule, and by hand while the tokens come. No token changes. */
import { expect, test, type Page } from "@playwright/test";
import { goodRun, openLab, PROMPTS, runUntil, slowLink, SPLIT } from "./lab.ts";

const split = {
  ...SPLIT,
  prompt: PROMPTS[4],
  maxTokens: 20,
} as const;
const FIVE = [
  { cut: 8, after: 2, way: "carry" },
  { cut: 2, after: 5, way: "carry" },
  { cut: 6, after: 8, way: "rebuild" },
  { cut: 3, after: 11, way: "rebuild" },
  { cut: 5, after: 14 },
] as const;

/** One page for all: each test looks at its own run, which is the one that is shown. */
let page: Page;
test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await openLab(page);
});
test.afterAll(() => page.close());

test("five moves in one answer, both ways and by both means, leave every token as it was", async () => {
  for (const sampling of [{ temperature: 0 }, { temperature: 0.8, seed: 5 }]) {
    const uncut = await goodRun(page, { ...split, ...sampling });
    const record = await goodRun(page, { ...split, ...sampling, moves: FIVE });
    expect(record.tokenIds).toEqual(uncut.tokenIds);
    expect(record.moves?.map(({ from, to }) => [from, to])).toEqual([
      [4, 8],
      [8, 2],
      [2, 6],
      [6, 3],
      [3, 5],
    ]);
    expect(record.moves?.slice(0, 4).map(({ way }) => way)).toEqual(["carry", "carry", "rebuild", "rebuild"]);
  }
  await expect(page.getByTestId("move-mark")).toHaveCount(5);
  await expect(page.getByTestId("provenance")).toContainText("The cut moved 5 times");
});

test("a hand on the cut moves it while the tokens come, says so, and changes none of them", async () => {
  const slow = {
    ...split,
    temperature: 0,
    maxTokens: 40,
    link: slowLink(200),
  } as const;
  const { record: running } = await runUntil(page, slow, 3);
  await page.getByTestId("cut-handle").focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(
    () =>
      /the cut (is on its way|moves|moved) from 4 to 5/i.test(
        document.querySelector('[data-testid="announcement"]')?.textContent ?? "",
      ),
    undefined,
    { polling: 50 },
  );
  const record = await running;
  expect(record.moves).toMatchObject([{ from: 4, to: 5, why: "asked" }]);
  await expect(page.getByTestId("provenance")).toContainText("the cut moved from 4 to 5");
  expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
  await expect(page.getByTestId("move-mark").first()).toBeVisible();
});

test("mode=auto keeps to its limits, says why and shows every option; a second run is planned at once", async () => {
  const auto = {
    mode: "auto",
    model: "concierge-10m",
    codec: "f32",
    backend: "wasm",
    prompt: PROMPTS[4],
    temperature: 0,
    maxTokens: 12,
    link: "loopback",
    minDeviceBlocks: 2,
    maxDeviceMb: 24,
  } as const;
  const first = await goodRun(page, auto);
  expect(first.plan?.choice.mode).toBe("split");
  expect(first.resolved?.cut).toBe(first.plan?.choice.cut);
  expect(first.resolved?.cut).toBeGreaterThanOrEqual(2);
  expect(first.agreement).toMatchObject({ kind: "checked", exact: true });
  expect((first.memory.device.weightBytes + first.memory.device.kvBytes) / 1e6).toBeLessThanOrEqual(24);
  const second = await goodRun(page, auto);
  expect(second.plan?.calibration.warm).toBe(true);
  expect(second.tokenIds).toEqual(first.tokenIds);
  await expect(page.getByTestId("provenance")).toContainText("The planner chose a cut after");
  await page.getByTestId("open-plan").click();
  await expect(page.getByTestId("plan").locator("tbody tr")).toHaveCount(15); // 13 cuts and both ends
  await expect(page.getByTestId("plan")).toContainText("modelled");
});
