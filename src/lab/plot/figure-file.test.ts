import { describe, expect, it } from "vitest";
import { whereToCut } from "../experiments/where-to-cut.ts";
import { figureFile } from "./figure-file.ts";
import { marksIn } from "./mark-drawing.ts";
import { plotsOf } from "./plots.ts";
import { svgText } from "./svg-text.ts";
import { planned, resultsOf } from "../testing/fake-results.ts";

describe("charts as files", () => {
  it("are figures that say their n and spread, on white, in colours of their own; on a slide with a title", async () => {
    const [plot] = plotsOf(await resultsOf(planned(whereToCut)));
    const [paper, slide] = [figureFile(plot!, "paper"), figureFile(plot!, "slide")];
    for (const { text } of [paper, slide]) {
      expect(text).toContain("152 runs over 4 prompts of heldout.");
      expect(text).toMatch(/fill="#ffffff"/);
      expect(text).not.toMatch(/var\(|class=|style=|currentColor|NaN/);
    }
    expect(slide.text).toContain(`>${plot!.title}</text>`);
    expect([paper.width, slide.width]).toEqual([2008, 1920]);
  });
  it("say their words where they cover no point, and inside their panel", async () => {
    const plot = plotsOf(await resultsOf(planned(whereToCut)))[0]!;
    const [said = ""] = plot.marks!.map((mark) => mark.text);
    expect(said).not.toBe("");
    const taken = [{ x: 200, y: 60, weight: 3 }];
    const words = marksIn(
      { ...plot, marks: [{ panel: 0, x: 200, y: 60, text: "fewest bytes within the limit of them all" }] },
      0,
      { at: (x) => x },
      { at: (y) => y },
      [...taken, ...Array.from({ length: 17 }, (_, at) => ({ x: 60 + at * 17, y: 100, weight: 3 }))],
    ).filter(({ tag }) => tag === "text");
    expect(words.length).toBeGreaterThan(0);
    for (const word of words) {
      const [x, y, half] = [
        Number(word.attributes["x"]),
        Number(word.attributes["y"]),
        (svgText(word).replaceAll(/<[^>]*>/g, "").length * 7) / 2,
      ];
      expect(x - half).toBeGreaterThanOrEqual(58);
      expect(x + half).toBeLessThanOrEqual(340 - 12);
      expect(Math.abs(y - 4 - 100)).toBeGreaterThan(12);
      expect(y).toBeLessThan(206);
    }
  });
});
