/** What counts as the same tokens, what as nearly, and which difference is shown. */
import { expect, test } from "vitest";
import { NEAR_TIE } from "#core/sampling/sample.ts";
import { judge } from "./agreement.ts";

const MARGINS = [2, 0.5, 3];

test("tokens that are all the reference's are exact", () => {
  expect(judge([7, 8, 9], { ids: [7, 8, 9], leads: [0, 0, 0], margins: MARGINS, logProbs: [-1, -2, -3] }, "r")).toEqual(
    {
      kind: "checked",
      reference: "r",
      exact: true,
      comparedTokens: 3,
      nearTies: 0,
      smallestMargin: 0.5,
      nllNats: 6,
      firstDifference: null,
    },
  );
});

test("a near tie is counted, and comparison goes on behind it", () => {
  const tie = judge(
    [7, 1, 9],
    { ids: [7, 8, 9], leads: [0, NEAR_TIE / 2, 0], margins: MARGINS, logProbs: [-1, -2, -3] },
    "r",
  );
  expect(tie).toMatchObject({ exact: false, nearTies: 1, firstDifference: null });
  const later = judge(
    [7, 1, 2],
    { ids: [7, 8, 9], leads: [0, NEAR_TIE / 2, 4], margins: MARGINS, logProbs: [-1, -2, -3] },
    "r",
  );
  expect(later).toMatchObject({
    exact: false,
    nearTies: 1,
    firstDifference: { index: 2, got: 2, expected: 9, margin: 4 },
  });
});

test("of several differences the first is shown", () => {
  const agreement = judge(
    [1, 2, 3],
    { ids: [7, 8, 9], leads: [NEAR_TIE, Infinity, 1], margins: MARGINS, logProbs: [-1, -2, -3] },
    "r",
  );
  expect(agreement).toMatchObject({
    exact: false,
    nearTies: 0,
    firstDifference: { index: 0, got: 1, expected: 7, margin: NEAR_TIE },
  });
});
