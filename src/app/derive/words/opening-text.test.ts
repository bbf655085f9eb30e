/** The opening sentence is true of every cut of every strategy. */
import { expect, test } from "vitest";
import { MODES, type Mode } from "#core/run/config.ts";
import { openingText } from "./opening-text.ts";

const said = (mode: Mode, cut: number, blocks = 12): string => openingText(blocks, { mode, cut, tail: 1 });

test("half is said of a half only, and every block is counted", () => {
  expect(said("split", 6)).toBe(
    "Half of this model runs in this tab, half on a server. Drag the line and watch what changes.",
  );
  for (let cut = 1; cut < 12; cut++) {
    if (cut === 6) continue;
    expect(said("split", cut)).toContain(
      `${cut} of this model\u2019s 12 blocks run in this tab, ${12 - cut} on a server.`,
    );
    expect(said("split", cut)).not.toContain("alf");
  }
});

test("at the ends nobody is said to run what the other one does", () => {
  expect(said("split", 0)).toContain("all run on a server");
  expect(said("split", 12)).toContain("all run in this tab");
  expect(said("device-only", 4)).toMatch(/^All of this model runs in this tab\./);
  expect(said("edge-only", 4)).toMatch(/^All of this model runs on a server\./);
});

test("every strategy has a sentence in words of everyday", () => {
  for (const mode of MODES) expect(said(mode, 4), mode).not.toMatch(/edge|codec|RTT|activation|verif|draft/i);
});
