import { expect, test } from "vitest";
import { breathing } from "./breath.ts";

const spin = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

test("after a long stretch a step waits for a whole turn, not for microtasks", async () => {
  const breath = breathing(performance);
  spin(20);
  let turned = false;
  const waiting = breath().then(() => (turned = true));
  for (let microtasks = 0; microtasks < 100; microtasks += 1) await Promise.resolve();
  expect(turned).toBe(false);
  await waiting;
  expect(turned).toBe(true);
});

test("steps that come one by one are not held up", async () => {
  const breath = breathing(performance);
  await new Promise((resolve) => setTimeout(resolve, 30));
  await breath();
  await new Promise((resolve) => setTimeout(resolve, 5));
  let waited = false;
  await Promise.race([
    breath(),
    Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => (waited = true)),
  ]);
  expect(waited).toBe(false);
});
