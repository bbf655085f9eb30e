import { expect, test } from "vitest";
import { samplingText, shareOf } from "./candidate-text.ts";

test("what is not quite all or nothing does not read as if it were", () => {
  const shares = [1, 0.99999, 0.9825, 0.5, 0.0042, 0.00000001, 0].map((share) => shareOf({ logProb: Math.log(share) }));
  expect(shares).toEqual(["100.00%", "over 99.99%", "98.3%", "50.0%", "0.42%", "under 0.01%", "0.00%"]);
});

test("how the token was drawn is said as it was set", () => {
  expect(samplingText({ temperature: 0, topK: 40, topP: 0.9 })).toBe("Temperature 0: the first is always said.");
  expect(samplingText({ temperature: 0.8, topK: 0, topP: 0.9 })).toBe("Drawn at temperature 0.8, top-p 0.9.");
});
