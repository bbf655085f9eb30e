import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  choiceAt,
  holds,
  piecesOf,
  planned,
  stopNear,
  stopsOf,
  stopText,
  wayOf,
  zonesOf,
  type CutChoice,
} from "./strip.ts";

const modes = ["device-only", "edge-only", "split", "u-split", "baseline", "score"] as const;

const choices = fc.integer({ min: 2, max: 40 }).chain((blocks) =>
  fc.record({
    blocks: fc.constant(blocks),
    mode: fc.constantFrom(...modes),
    tail: fc.constant(1),
    cut: fc.integer({ min: 0, max: blocks - 2 }),
  }),
);

describe("the strip", () => {
  test("every piece stands on exactly one ground, in order", () => {
    fc.assert(
      fc.property(choices, ({ blocks, ...choice }) => {
        expect(zonesOf(blocks, choice).flatMap((zone) => zone.pieces)).toEqual(piecesOf(blocks));
      }),
    );
  });

  test("a cut leaves k blocks in the tab and the rest at the edge", () => {
    const [tab, edge] = zonesOf(12, { mode: "split", cut: 4, tail: 1 });
    expect(holds(tab?.pieces ?? [])).toBe("embedding, blocks 0 to 3");
    expect(holds(edge?.pieces ?? [])).toBe("blocks 4 to 11, norm and head");
  });

  test("at cut 0 the tab holds the embedding, at cut L the edge the head", () => {
    expect(holds(zonesOf(12, { mode: "split", cut: 0, tail: 1 })[0]?.pieces ?? [])).toBe("embedding");
    expect(holds(zonesOf(12, { mode: "split", cut: 12, tail: 1 })[1]?.pieces ?? [])).toBe("norm and head");
  });

  test("under u-split the tail returns to the tab", () => {
    const zones = zonesOf(12, { mode: "u-split", cut: 3, tail: 2 });
    expect(zones.map((zone) => zone.tier)).toEqual(["tab", "edge", "tab"]);
    expect(holds(zones[2]?.pieces ?? [])).toBe("blocks 10 to 11, norm and head");
  });

  test("moving the handle to a stop and reading it back gives that stop, clamped", () => {
    fc.assert(
      fc.property(choices, fc.integer({ min: -5, max: 60 }), ({ blocks, ...choice }, stop) => {
        const { min, max } = stopsOf(blocks, choice);
        const moved = choiceAt(blocks, choice, stop);
        expect(stopsOf(blocks, moved).now).toBe(Math.min(max, Math.max(min, stop)));
      }),
    );
  });

  test("every stop has its place on the handle's way, in even steps, and the nearest stop gives it back", () => {
    fc.assert(
      fc.property(choices, fc.double({ min: -0.49, max: 0.49, noNaN: true }), ({ blocks, ...choice }, aside) => {
        const { min, max } = stopsOf(blocks, choice);
        const step = wayOf(blocks, choice, 1) - wayOf(blocks, choice, 0);
        for (let stop = min; stop <= max; stop++) {
          const way = wayOf(blocks, choice, stop);
          expect(way).toBeGreaterThanOrEqual(0);
          expect(way).toBeLessThanOrEqual(1);
          expect(stopNear(blocks, choice, way + aside * step)).toBe(stop);
        }
      }),
    );
    const split: CutChoice = { mode: "split", cut: 4, tail: 1 };
    expect([wayOf(12, split, -1), wayOf(12, split, 13)]).toEqual([0, 1]);
    expect([stopNear(12, split, -3), stopNear(12, split, 4)]).toEqual([-1, 13]);
  });

  test("the ends of the handle's way are the uncut modes", () => {
    const split: CutChoice = { mode: "split", cut: 4, tail: 1 };
    expect(choiceAt(12, split, -1).mode).toBe("edge-only");
    expect(choiceAt(12, split, 13).mode).toBe("device-only");
    expect(stopText(12, choiceAt(12, split, 13))).toMatch(/this tab runs the whole model/);
    expect(stopText(12, split)).toMatch(/Cut after 4 of 12 blocks/);
  });

  test("under auto the strip stands as the planner resolved it, and elsewhere as chosen", () => {
    const auto: CutChoice = { mode: "auto", cut: 6, tail: 1 };
    const tiers = (mode: CutChoice["mode"], cut: number) =>
      zonesOf(12, planned(auto, { mode, tail: 0 }, cut)).map(({ tier, pieces }) => `${tier} ${pieces.length}`);
    expect(tiers("edge-only", 0)).toEqual(["tab 0", "edge 14"]);
    expect(tiers("device-only", 12)).toEqual(["tab 14", "edge 0"]);
    expect(tiers("split", 3)).toEqual(["tab 4", "edge 10"]);
    expect(choiceAt(12, planned(auto, { mode: "edge-only", tail: 0 }, 0), 0)).toMatchObject({ mode: "split", cut: 0 });
    const split: CutChoice = { mode: "split", cut: 6, tail: 1 };
    expect(planned(split, { mode: "edge-only", tail: 0 }, 0)).toBe(split);
  });
});
