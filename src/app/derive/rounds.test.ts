import { expect, it } from "vitest";
import { speculationOf } from "#core/measure/speculation.ts";
import type { RoundEvent } from "#core/run/record.ts";
import { duration } from "../format/units.ts";
import { barsOf, cooperationFigures, roundFigures, roundReadout } from "./rounds.ts";

const round: RoundEvent = {
  index: 1,
  position: 10,
  drafted: [5, 6, 7],
  fates: ["accepted", "corrected", "wasted"],
  accepted: 1,
  follows: false,
  dropped: false,
  gained: 2,
  draftFromMs: 100,
  sentMs: 110,
  answeredMs: 160,
  spans: [],
  draftMs: 9,
  queueMs: 2,
  edgeMs: 8,
  linkMs: 40,
  addedMs: 40,
  upBytes: 36,
  downBytes: 28,
};

it("reads a window out exactly: drafting, the way, and judging where there was any", () => {
  const plain = (text: string): string => text.replace("\u00a0", " ");
  const { title, rows, notes } = roundReadout(barsOf(round));
  expect(title).toBe("Round 2");
  expect(rows.map(({ name, value }) => `${name} ${plain(value)}`)).toEqual([
    "Drafting 10.000 ms",
    "Way and answer 50.000 ms",
    "Judging at the edge 8.000 ms",
  ]);
  expect(notes?.[0]).toContain("3 drafted");
  expect(roundReadout(barsOf({ ...round, dropped: true })).rows).toHaveLength(2);
});

it("draws judging inside the flight, and none for a dropped window", () => {
  expect(barsOf(round)).toMatchObject({ draft: [100, 110], flight: [110, 160], judging: [132, 140] });
  expect(barsOf(round).label).toBe(
    `Round 2: 3 drafted (1 accepted, 1 corrected, 1 wasted), 2 tokens gained, answered after ${duration(50)}`,
  );
  expect(barsOf(round).marks).toEqual(["accepted", "corrected", "wasted"]);
  expect(barsOf({ ...round, fates: ["accepted", "accepted", "accepted"], accepted: 3, gained: 4 }).marks).toEqual([
    "accepted",
    "accepted",
    "accepted",
    "bonus",
  ]);
  expect(barsOf({ ...round, fates: ["accepted", "wasted", "wasted"], gained: 1 }).marks).toEqual([
    "accepted",
    "wasted",
    "wasted",
  ]); // the text ended there
  expect(
    barsOf({ ...round, dropped: true, gained: 0, edgeMs: 0, fates: ["wasted", "wasted", "wasted"] }),
  ).toMatchObject({ judging: null });
});
it("says what was measured and leaves out what was not", () => {
  const figures = roundFigures(speculationOf([{ ...round, index: 0 }, round]));
  expect(figures.map(({ name, value }) => `${name} ${value}`)).toEqual(
    expect.arrayContaining([
      "acceptance rate \u03b1 50%",
      "block efficiency \u03c4 2.00",
      "edge passes a token 0.50",
      "wasted drafts 1",
    ]),
  );
  expect(roundFigures(speculationOf([{ ...round, index: 0 }, round]), true).map(({ name }) => name)).not.toContain(
    "tokens a round trip",
  );
  expect(roundFigures(speculationOf([round])).map(({ name }) => name)).toEqual(["wasted drafts"]);
});
it("says what was paid for leaving the target out, once it was checked", () => {
  const totals = { touchedShare: 0.25, edgeMsPerToken: 1.5 };
  expect(cooperationFigures(totals, undefined).map(({ value }) => value)).toEqual(["25%", duration(1.5)]);
  const quality = { agreement: 0.9, perplexity: 2.5, targetPerplexity: 1.25, targetTokens: 12 };
  expect(
    cooperationFigures(totals, quality)
      .slice(2)
      .map(({ name, value }) => `${name} ${value}`),
  ).toEqual(["agreement 90%", "perplexity 2.50", "the target's own 1.25"]);
});
