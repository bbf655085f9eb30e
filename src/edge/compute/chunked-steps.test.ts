import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piecesOf } from "./chunked-steps.ts";

const pieces = (count: number, passes: number, wantedFrom: number, from: number, to: number, outputsMost = Infinity) =>
  [...piecesOf({ count, passes, wantedFrom, outputsMost }, from, to)].map(
    (piece) => `${piece.from}-${piece.to} ${piece.want}${piece.counts ? " counts" : ""}`,
  );

describe("pieces of a pass", () => {
  test("the last row alone is wanted without a cut; rows that nobody wants go apart from those that somebody does", () => {
    expect(pieces(5, 1, 4, 0, 5)).toEqual(["0-5 last counts"]);
    expect(pieces(5, 1, 5, 0, 5)).toEqual(["0-5 none counts"]);
    expect(pieces(5, 1, 0, 0, 5)).toEqual(["0-5 all counts"]);
    expect(pieces(5, 1, 3, 0, 5)).toEqual(["0-3 none counts", "3-5 all counts"]);
    expect(pieces(1, 1, 0, 0, 1)).toEqual(["0-1 last counts"]);
  });

  test("a chunk goes over the end of a pass into the next one; only the last counts", () => {
    expect(pieces(4, 3, 3, 2, 12)).toEqual(["2-4 last", "0-4 last", "0-4 last counts"]);
  });

  test("outputs are held so many at a time", () => {
    expect(pieces(7, 1, 2, 0, 7, 2)).toEqual(["0-2 none counts", "2-4 all counts", "4-6 all counts", "6-7 all counts"]);
  });

  test("however it is cut, each row of each pass is computed once, in order, and each wanted one is given", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 }),
        (count, passes, wanted, outputsMost, sizes) => {
          const wantedFrom = Math.min(count, wanted);
          const units = count * passes;
          const rows: number[] = [];
          const given: number[] = [];
          const cuts = [...sizes, units].reduce<number[]>(
            (at, size) => [...at, Math.min(units, (at.at(-1) ?? 0) + size)],
            [0],
          );
          for (const [index, to] of cuts.slice(1).entries())
            for (const piece of piecesOf({ count, passes, wantedFrom, outputsMost }, cuts[index] ?? 0, to)) {
              for (let row = piece.from; row < piece.to; row++) rows.push(row);
              if (piece.counts && piece.want === "last") given.push(piece.to - 1);
              if (piece.counts && piece.want === "all")
                for (let row = piece.from; row < piece.to; row++) given.push(row);
            }
          expect(rows).toEqual(Array.from({ length: units }, (_, unit) => unit % count));
          expect(given).toEqual(Array.from({ length: count - wantedFrom }, (_, row) => wantedFrom + row));
        },
      ),
    );
  });
});
