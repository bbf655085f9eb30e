import { expect, test } from "vitest";
import { breathing } from "./breath.ts";

const spin = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

test("a stop is heard between steps that never yield by themselves", async () => {
  const breath = breathing(performance);
  let stop = false;
  setTimeout(() => (stop = true), 20);
  let steps = 0;
  while (!stop && steps < 200) {
    await breath();
    spin(3);
    steps += 1;
  }
  expect(steps).toBeLessThan(50);
});

test("steps that come one by one are not held up", async () => {
  const breath = breathing(performance);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await breath();
  await new Promise((resolve) => setTimeout(resolve, 5));
  let waited = false;
  await Promise.race([breath(), Promise.resolve().then(() => Promise.resolve()).then(() => (waited = true))]);
  expect(waited).toBe(false);
});
