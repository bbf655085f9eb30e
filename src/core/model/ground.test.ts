import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GROUND_FILE, groundScore, placeOf, readGround, type Ground } from "./ground.ts";

const CONTENT = {
  schema: 1,
  knows: "tables and chairs",
  threshold: 1,
  words: { "-4": "a table find for", "0.5": "#name #number", "6": "#word" },
};
const source = (change: object = {}): string => JSON.stringify({ ...CONTENT, ...change });
const read = (text: string): Ground => readGround(text) ?? expect.fail("not a ground");
const ground = read(source());

describe("a model's ground", () => {
  test("is judged by the mean weight of a request's words", () => {
    expect(groundScore("Find a table for 2", ground)).toBeCloseTo((4 * -4 + 0.5) / 5);
    expect(groundScore("find a table for Anna", ground)).toBeCloseTo((4 * -4 + 0.5) / 5);
    expect(groundScore("Anna explains entanglement", ground)).toBe(6); // the first word has its capital from the sentence
    expect(placeOf("find a table", ground)).toBe("on");
    expect(placeOf("explain quantum entanglement", ground)).toBe("off");
    expect(placeOf("find 2 3 4 5 6 7 8 9 10 11", ground)).toBe("doubtful");
  });

  test("too few words are not judged", () => {
    expect(groundScore("explain entanglement!", ground)).toBeNull();
    expect(placeOf("\u00bfqu\u00e9?", ground)).toBe("on");
  });

  test("is only read from what is one", () => {
    for (const text of [
      "",
      "[]",
      "{",
      source({ schema: 2 }),
      source({ threshold: "1" }),
      source({ words: 3 }),
      source({ words: { "1": 2 } }),
    ]) {
      expect(readGround(text), text).toBeNull();
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => readGround(JSON.stringify(value)) === null));
  });

  test("any text has a score between the least and the greatest weight, or none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        const score = groundScore(text, ground);
        if (score !== null) expect(score >= -4 && score <= 6).toBe(true);
      }),
    );
  });
});

describe.each(["concierge-10m", "concierge-1m"])("%s", (name) => {
  const shipped = readFileSync(new URL(`../../../public/models/${name}/${GROUND_FILE}`, import.meta.url), "utf8");

  test("has a ground whose scores are those of the recipe", () => {
    const { examples } = JSON.parse(shipped) as { examples: { prompt: string; score: number }[] };
    expect(examples.length).toBe(12);
    for (const { prompt, score } of examples) expect(groundScore(prompt, read(shipped)), prompt).toBeCloseTo(score, 3);
  });

  test("calls foreign what the demo prompts call so, and of the held-out prompts none that is a booking", () => {
    const house = read(shipped);
    const { prompts } = JSON.parse(
      readFileSync(new URL("../../../public/prompts/demo.json", import.meta.url), "utf8"),
    ) as { prompts: { prompt: string; kind: string }[] };
    for (const { prompt, kind } of prompts)
      expect(placeOf(prompt, house), prompt).toBe(kind === "off-ground" ? "off" : "on");
    const lines = readFileSync(new URL("../../../public/prompts/heldout.jsonl", import.meta.url), "utf8")
      .trim()
      .split("\n");
    const heldOut = lines.map((line) => JSON.parse(line) as { id: string; prompt: string });
    const called = (place: string): readonly number[] =>
      heldOut.filter(({ prompt }) => placeOf(prompt, house) === place).map(({ id }) => Number(id.slice(-3)));
    const foreign = (number: number): boolean => number >= 101 && number <= 111;
    expect(called("off").filter((number) => !foreign(number))).toEqual([]);
    expect(called("off").length).toBeGreaterThanOrEqual(7);
    expect(called("doubtful").filter((number) => !foreign(number)).length).toBeLessThanOrEqual(1); // of 109
  });

  test("doubts short questions of common words", () => {
    const house = read(shipped);
    for (const question of ["What is the capital of France?", "What is the meaning of life?"])
      expect(placeOf(question, house), question).toBe("doubtful");
    for (const request of ["Find me a museum in Berkeley", "What's the weather in Paris?", "What time does it open?"])
      expect(placeOf(request, house), request).toBe("on");
  });
});
