import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { MapVerdict } from "#lab/plot/plot.ts";
import { SeriesMark, VerdictMark } from "./symbols.tsx";

/** What is drawn, without its colours. */
const outline = (markup: string): string => markup.replaceAll(/ (?:fill|stroke|stroke-width|data-[\w-]+)="[^"]*"/g, "");

test("verdicts differ in shape, and hollow from filled", () => {
  const verdicts: readonly MapVerdict[] = ["wins", "loses", "tie", "too little to tell"];
  const drawn = verdicts.map((verdict) => renderToStaticMarkup(<VerdictMark x={9} y={9} verdict={verdict} />));
  expect(new Set(drawn.map(outline)).size).toBe(4);
  expect(drawn[0]).toContain("<circle");
  expect(drawn[0]).not.toContain('fill="var(--paper)"');
  expect(drawn[1]).toMatch(/<g.*<path.*<path/);
  expect(drawn[2]).toMatch(/<rect[^>]* fill="var\(--paper\)"/);
  expect(drawn[3]).toMatch(/<circle[^>]* fill="var\(--paper\)"/);
});

test("four series beside each other have four shapes", () => {
  const drawn = [0, 1, 2, 3].map((shape) =>
    outline(renderToStaticMarkup(<SeriesMark x={9} y={9} shape={shape} colour="red" />)),
  );
  expect(new Set(drawn).size).toBe(4);
});
