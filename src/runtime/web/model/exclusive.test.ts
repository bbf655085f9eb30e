import { expect, test } from "vitest";
import { gate } from "./exclusive.ts";

test("no more than its width are inside at once, also when one comes just as another leaves", async () => {
  const { pass } = gate(2);
  let inside = 0;
  let most = 0;
  const visit = (): Promise<void> =>
    pass(async () => {
      most = Math.max(most, ++inside);
      await Promise.resolve();
      inside--;
    });
  // Whoever has left comes again at once, while others wait.
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let time = 0; time < 20; time++) await visit();
    }),
  );
  expect(most).toBe(2);
});

test("a place is given back where the work throws", async () => {
  const { pass } = gate(1);
  await expect(pass(() => Promise.reject(new Error("planted")))).rejects.toThrow("planted");
  expect(await pass(() => Promise.resolve(7))).toBe(7);
});
