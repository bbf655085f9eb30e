/** Nothing is larger than a message may be, nothing is left out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import { mostDrafted, stretchesAhead } from "./window-size.ts";

const sizes = fc.record({
  maxMessageBytes: fc.integer({ min: 2000, max: 100_000 }),
  perPosition: fc.integer({ min: 1, max: 900 }),
  perDrafted: fc.nat(900),
});
const bytesOf = (
  { perPosition, perDrafted }: { perPosition: number; perDrafted: number },
  certain: number,
  drafted: number,
): number => FRAME_HEADER_BYTES + (certain + drafted) * (4 + perPosition) + drafted * perDrafted;

test("a window as long as may be fits, one token more does not", () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const drafted = mostDrafted(size, 1);
      expect(bytesOf(size, 1, drafted)).toBeLessThanOrEqual(size.maxMessageBytes);
      expect(bytesOf(size, 1, drafted + 1)).toBeGreaterThan(size.maxMessageBytes);
    }),
  );
});
test("stretches add up, each fits, and the last with its drafted tokens", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 3000 }), fc.nat(1), (size, certain, share) => {
      const drafted = share * mostDrafted(size, 1);
      const lengths = stretchesAhead(size, certain, drafted);
      expect(lengths.reduce((sum, each) => sum + each, 0)).toBe(certain);
      lengths.forEach((length, at) => {
        expect(length).toBeGreaterThan(0);
        expect(bytesOf(size, length, at === lengths.length - 1 ? drafted : 0)).toBeLessThanOrEqual(
          size.maxMessageBytes,
        );
      });
    }),
  );
});
test("where not one position fits, each goes alone, for the session to refuse", () => {
  expect(stretchesAhead({ maxMessageBytes: 50, perPosition: 100, perDrafted: 0 }, 3, 0)).toEqual([1, 1, 1]);
  expect(mostDrafted({ maxMessageBytes: 50, perPosition: 100, perDrafted: 0 }, 1)).toBe(0);
});
