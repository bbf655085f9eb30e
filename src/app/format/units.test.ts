import { describe, expect, test } from "vitest";
import { duration, rate, share, size, times } from "./units.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("figures as people read them", () => {
  test.each([
    [0, "0 ms"],
    [0.005, "0.005 ms"],
    [0.412, "0.41 ms"],
    [38.24, "38.2 ms"],
    [412.6, "413 ms"],
    [1240, "1.24 s"],
  ])("%f ms", (ms, text) => expect(plain(duration(ms))).toBe(text));

  test.each([
    [24, "24 B"],
    [1048, "1,048 B"],
    [62_400, "62.4 kB"],
    [19_817_512, "19.8 MB"],
    [1.5e9, "1.50 GB"],
  ])("%i bytes", (bytes, text) => expect(plain(size(bytes))).toBe(text));

  test("rates, shares and ratios", () => {
    expect(plain(rate(26.31))).toBe("26.3 tok/s");
    expect(share(1, 3)).toBe("33%");
    expect(share(1, 0)).toBe("0%");
    expect(times(1.234)).toBe("1.23×");
    expect(times(12.3)).toBe("12×");
  });
});
