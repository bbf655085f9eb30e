import { describe, expect, it } from "vitest";
import { webClock, webTimer } from "./clock.ts";

const waited = (delayMs: number): Promise<number> => {
  const startedMs = webClock.now();
  return new Promise((resolve) => webTimer.after(delayMs, () => resolve(webClock.now() - startedMs)));
};

describe("the browser's timer", () => {
  it("keeps fractions of a millisecond, which setTimeout drops", async () => {
    for (const delayMs of [0, 0.3, 1.7, 4.4]) expect(await waited(delayMs)).toBeGreaterThanOrEqual(delayMs - 0.3);
  });

  it("does not run what was called off", async () => {
    let ran = false;
    webTimer.after(1, () => (ran = true))();
    await waited(5);
    expect(ran).toBe(false);
  });
});
