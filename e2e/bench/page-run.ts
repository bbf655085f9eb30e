/** A run of the product's own page, asked for from outside, without its check: benchmarks check tokens against each other. */
import type { Page } from "@playwright/test";
import { median } from "#core/measure/summary.ts";
import type { RunConfig } from "#core/run/config.ts";
import type { RunRecord } from "#core/run/record.ts";

/**
 * `fresh`: without what runs before it left in caches and policies. Throws what the run failed with.
 * The page comes to the front first: browsers give processes of pages behind others a lower priority.
 */
export async function run(page: Page, config: Partial<RunConfig>, fresh = true): Promise<RunRecord> {
  await page.bringToFront();
  const asked = [config, fresh] as const;
  const record = await page.evaluate(async ([given, afresh]) => {
    const { cutlayer } = window as unknown as {
      cutlayer: { ready: Promise<void>; run(config: unknown, options: unknown): Promise<RunRecord> };
    };
    await cutlayer.ready;
    return cutlayer.run(given, { check: false, fresh: afresh });
  }, asked);
  if (record.finish.kind === "failed") throw new Error(`a run failed: ${JSON.stringify(record.finish.failure)}`);
  return record;
}

export const mid = (samples: readonly number[]): number => median(samples) ?? Number.NaN;
