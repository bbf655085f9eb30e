/** The first use in the document is told so, whatever the order in which uses come and go. */
import { expect, test } from "vitest";
import { FirstUses } from "./first-uses.ts";

/** A place in a document, as far as its order goes. */
function placeAt(order: number): Node {
  const place = { order, compareDocumentPosition: (other: { order: number }) => (other.order < order ? 2 : 4) };
  return place as unknown as Node;
}

test("a use that comes later but stands earlier takes over, and gives back what it took", () => {
  const uses = new FirstUses();
  const first = new Map<number, boolean>();
  const join = (order: number): (() => void) =>
    uses.join("codec", placeAt(order), (is) => {
      first.set(order, is);
    });
  const leaveSecond = join(2);
  expect(first).toEqual(new Map([[2, true]]));
  join(3);
  expect(first.get(3)).toBeUndefined();
  const leaveFirst = join(1);
  expect([first.get(1), first.get(2)]).toEqual([true, false]);
  leaveFirst();
  expect(first.get(2)).toBe(true);
  leaveSecond();
  expect(first.get(3)).toBe(true);
});

test("words are first for themselves", () => {
  const uses = new FirstUses();
  const told: string[] = [];
  uses.join("codec", placeAt(1), (is) => is && told.push("codec"));
  uses.join("rtt", placeAt(2), (is) => is && told.push("rtt"));
  expect(told).toEqual(["codec", "rtt"]);
});
