import { describe, expect, it } from "vitest";
import { webTimer } from "./clock.ts";

const after = (delayMs: number): Promise<void> => new Promise((resolve) => webTimer.after(delayMs, resolve));

// How late it is, a test on a busy machine cannot tell: the link's benchmark does.
describe("the browser's timer", () => {
  it("runs what was asked for, shorter waits first", async () => {
    const order: string[] = [];
    await Promise.all([after(60).then(() => order.push("long")), after(0.3).then(() => order.push("short"))]);
    expect(order).toEqual(["short", "long"]);
  });

  it("does not run what was called off", async () => {
    let ran = false;
    webTimer.after(1, () => (ran = true))();
    await after(10);
    expect(ran).toBe(false);
  });
});
