/** Shards in the browser's storage: kept, checked, fetched again when damaged, shared between tabs, cleared. */
import { expect, test, type Page } from "@playwright/test";
import { goodRun, models, openForRuns, PROMPTS, ready } from "./lab.ts";

const device = {
  mode: "device-only",
  model: "concierge-1m",
  backend: "wasm",
  prompt: PROMPTS[0],
  temperature: 0,
  maxTokens: 4,
} as const;

/** Damages every stored file; says how many there were. */
const damage = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    let damaged = 0;
    const walk = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const handle of folder.values()) {
        if (handle.kind === "directory") await walk(handle);
        else {
          const { size } = await handle.getFile();
          if (size === 0) continue;
          const writer = await handle.createWritable({ keepExistingData: true });
          await writer.write({
            type: "write",
            position: Math.floor(size / 2),
            data: new Uint8Array(Math.min(16, size)).fill(0xa5),
          });
          await writer.close();
          damaged += 1;
        }
      }
    };
    await walk(await navigator.storage.getDirectory());
    return damaged;
  });

test("a second visit downloads no weights", async ({ page }) => {
  await openForRuns(page);
  const first = await goodRun(page, device);
  expect(first.downloads.bytes).toBeGreaterThan(0);
  await page.reload();
  await ready(page);
  const second = await goodRun(page, device);
  expect(second.downloads.bytes).toBe(0);
  expect(second.downloads.fromCacheBytes).toBeGreaterThan(2_000_000);
  expect(second.tokenIds).toEqual(first.tokenIds);
});

test("a damaged shard is noticed and fetched again", async ({ page }) => {
  await openForRuns(page);
  const first = await goodRun(page, device);
  expect(await damage(page)).toBeGreaterThan(0);
  await page.reload();
  await ready(page);
  const second = await goodRun(page, device);
  expect(second.downloads.bytes).toBeGreaterThan(0);
  expect(second.tokenIds).toEqual(first.tokenIds);
  expect(second.agreement).toMatchObject({ kind: "checked", exact: true });
});

test("moving the cut fetches only the difference", async ({ page }) => {
  await openForRuns(page);
  const split = { ...device, mode: "split", model: "concierge-10m", link: "loopback" } as const;
  await goodRun(page, { ...split, cut: 2 });
  const at4 = await goodRun(page, { ...split, cut: 4 });
  // The second run needs two blocks more than the first: those, and nothing that is already here.
  const summary = (await models(page)).find(({ name }) => name === "concierge-10m");
  const blockBytes = summary?.shardBytes.block ?? [];
  expect(at4.downloads.bytes).toBe((blockBytes[2] ?? 0) + (blockBytes[3] ?? 0));
  expect((await goodRun(page, { ...split, cut: 3 })).downloads.bytes).toBe(0);
});

test("two tabs load at the same time and both run", async ({ context }) => {
  const [one, other] = [await context.newPage(), await context.newPage()];
  await Promise.all([openForRuns(one), openForRuns(other)]);
  const [a, b] = await Promise.all([goodRun(one, device), goodRun(other, device)]);
  expect(a.tokenIds).toEqual(b.tokenIds);
});
