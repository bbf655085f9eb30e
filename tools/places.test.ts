/**
 * Adding a member of a kind touches few places, and the compiler names them: the examples of
 * docs/guides/extending.md are carried out in a copy of the tree.
 */
import { beforeAll, expect, test } from "vitest";
import { countPlaces, KINDS, lineOf } from "./places.mjs";

let counts: Awaited<ReturnType<typeof countPlaces>>;

beforeAll(async () => {
  counts = await countPlaces();
  console.log(counts.map(lineOf).join("\n"));
}, 120_000);

test.each(KINDS)("a $kind touches at most $most places besides its own files", ({ kind, most }) => {
  const count = counts.find((each) => each.kind === kind);
  expect(count?.own.length).toBeGreaterThan(0);
  expect(count?.places.length).toBeGreaterThan(0);
  expect(count?.places.length).toBeLessThanOrEqual(most);
});

test.each(KINDS.filter(({ union }) => union !== undefined))(
  "the compiler names every place in the sources where a $kind has to be spoken of",
  ({ kind, union }) => {
    const count = counts.find((each) => each.kind === kind);
    const left = count?.places.filter((path) => path !== union);
    expect(count?.named?.toSorted()).toEqual(left?.toSorted());
  },
);
