/**
 * Drafting in the tab, verifying at the edge, on the page itself: the same tokens, what became of
 * each to be seen with more than colour, windows in flight together, a link that drops in the middle
 * of a round, drafts that cannot be.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { startEdge } from "#tools/edge-process.ts";
import { goodRun, openForRuns, openLab, PROMPTS, run } from "./lab.ts";
import { writeModelFolder } from "./model-folders.ts";
import { SPARE_PORT, TAP_PORT, TEST_URL } from "./servers.ts";
import { sharedLab } from "./shared-lab.ts";
import { openTap } from "./tap.ts";

const drafting = {
  mode: "speculative",
  model: "concierge-10m",
  draftModel: "concierge-1m",
  backend: "wasm",
  prompt: PROMPTS[4],
  maxTokens: 20,
  draftLength: 3,
} as const;
const SLOW = { uplinkMbps: 0, downlinkMbps: 0, rttMs: 60, jitterMs: 0, loss: 0 };
const badge = (page: Page) => page.getByTestId("verdict-agreement");

test("a drafted answer is edge-only's, greedy and sampled, through a draft and through an exit; what became of each token is to be seen without colour", async ({
  page,
}) => {
  await openLab(page, "/", "mode=speculative&backend=wasm&maxTokens=20&draftLength=3");
  await page.getByTestId("prompt").fill(PROMPTS[4]);
  await page.getByTestId("run").click();
  await expect(badge(page)).toHaveAttribute("data-state", "exact", { timeout: 20_000 });

  const words = page.getByTestId("token").locator(".fate");
  const shown = await words.evaluateAll((all) =>
    all.map((word) => ({
      fate: word.getAttribute("data-fate"),
      line: getComputedStyle(word).borderBottom.replace(/rgb.*/, ""),
    })),
  );
  const lines = new Map(shown.map(({ fate, line }) => [fate, line]));
  expect([...lines.keys()]).toEqual(expect.arrayContaining(["accepted", "corrected"]));
  expect(new Set(lines.values()).size, "another line for each fate").toBe(lines.size);
  await expect(page.getByRole("button", { name: /drafted, and it stood/ }).first()).toBeVisible();
  await expect(page.getByTestId("rounds")).toContainText("accepted drafted, and it stood");
  await expect(page.getByTestId("rounds")).toContainText("\u03c4");

  const sampled = { ...drafting, temperature: 0.8, seed: 7 } as const;
  const expected = await goodRun(page, { ...sampled, mode: "edge-only" });
  const record = await goodRun(page, { ...sampled, windows: 3, link: SLOW });
  expect(record.tokenIds).toEqual(expected.tokenIds);
  await expect(badge(page)).toHaveAttribute("data-state", /exact|near/);
  // Windows in flight together: the next is drafted before the one above it is answered.
  const rows = page.getByTestId("rounds").locator("svg g");
  const overlaps = await rows.evaluateAll((all) => {
    const boxes = all.map((row) => [...row.querySelectorAll("rect")].map((bar) => bar.getBoundingClientRect()));
    return boxes.filter(
      ([, flight], at) => flight !== undefined && (boxes[at + 1]?.[0]?.left ?? Infinity) < flight.right - 1,
    ).length;
  });
  expect(overlaps).toBeGreaterThan(0);

  // Without another model: through the model's own end, and through the trained exit, a shard of its own.
  const greedy = await goodRun(page, { ...drafting, mode: "edge-only" });
  const split = { ...drafting, mode: "split-speculative", cut: 5, codec: "f32" } as const;
  const own = await goodRun(page, { ...split, exit: "own" });
  expect(own.resolved?.exit).toEqual({ kind: "own", depth: 5 });
  const trained = await goodRun(page, split);
  expect(trained.resolved?.exit).toEqual({ kind: "trained", depth: 4 });
  expect(trained.downloads).toMatchObject({ bytes: 256 * 2 + 256 * 256 * 2 }); // a norm and a projection in float16: the rest is there
  for (const each of [own, trained]) {
    expect(each.tokenIds).toEqual(greedy.tokenIds);
    expect(each.agreement).toMatchObject({ kind: "checked", exact: true });
  }
  await expect(page.getByTestId("lane-split-speculative").first()).toContainText("exit trained at 4");

  // Lossy: said so, with what was paid.
  const bold = await goodRun(page, { ...drafting, mode: "cooperative", threshold: 0 });
  expect(bold.totals.cooperation?.touchedShare).toBe(0);
  expect(bold.quality?.targetTokens).toBe(greedy.tokenIds.length);
  await expect(page.getByTestId("rounds")).toContainText("said by the large model");
  await expect(page.getByTestId("rounds")).toContainText("the target's own");
});

test("a link that drops in the middle of a round is resumed, and the tokens are the same", async ({ page }) => {
  const tap = await openTap(TAP_PORT, TEST_URL);
  try {
    await openForRuns(page, tap.url);
    const whole = await goodRun(page, { ...drafting, mode: "edge-only" });
    const cut = tap.cutLinkAfter(3);
    const record = await goodRun(page, { ...drafting, windows: 2, draftLength: 4, link: SLOW });
    expect(record.tokenIds).toEqual(whole.tokenIds);
    expect(tap.sockets, "it opened another socket").toBeGreaterThan(await cut);
  } finally {
    await tap.close();
  }
});

test("a draft of other words, of more words, or that is not there is refused with a sentence", async ({ page }) => {
  const folder = await mkdtemp(join(tmpdir(), "cutlayer-drafts-"));
  await writeModelFolder(join(folder, "other-words"), { vocabulary: 4096, swapped: true });
  await writeModelFolder(join(folder, "more-words"), { vocabulary: 4100 });
  const edge = await startEdge(
    SPARE_PORT,
    ["public/models/concierge-10m", join(folder, "other-words"), join(folder, "more-words")].flatMap((path) => [
      "--model",
      path,
    ]),
  );
  try {
    await openLab(page, edge.url, "mode=speculative&backend=wasm&maxTokens=4&draftModel=other-words");
    await page.getByTestId("more").click();
    await page.getByTestId("prompt").fill(PROMPTS[0]);
    for (const [draft, sentence] of [
      ["other-words", "a model with the tokenizer of concierge-10m"],
      ["more-words", "a model with at most concierge-10m\u2019s 4096 tokens, this one has 4100"],
    ] as const) {
      await page.getByTestId("draft-model").selectOption(draft);
      await page.getByTestId("run").click();
      await expect(page.getByTestId("failure")).toContainText(`draftModel cannot be ${draft}.`);
      await expect(page.getByTestId("failure")).toContainText(sentence.replace("\u2019", "'"));
    }
    await expect(run(page, { ...drafting, draftModel: "nobody" })).rejects.toThrow(
      '"code":"unknown-model","model":"nobody"', // known before a run, so there is none
    );
  } finally {
    await edge.stop("SIGKILL");
    await rm(folder, { recursive: true });
  }
});

test("drafting on WebGPU gives edge-only's tokens", async ({ browser }) => {
  const page = await sharedLab(browser);
  const short = { ...drafting, maxTokens: 4, draftLength: 2 } as const;
  const expected = await goodRun(page, { ...short, mode: "edge-only" });
  const record = await goodRun(page, { ...short, backend: "webgpu" });
  expect(record.provenance.device.backend).toBe("webgpu");
  expect(record.tokenIds).toEqual(expected.tokenIds);
  expect(record.totals.speculation?.drafted).toBeGreaterThan(0);
});
