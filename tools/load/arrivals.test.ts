import { describe, expect, it } from "vitest";
import { paced, poissonArrivals, readArrivals } from "./arrivals.ts";

const AZURE = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:06.9799600,110,27`;

describe("a file of arrivals", () => {
  it("is read in both forms, the first at 0", () => {
    const read = readArrivals(AZURE);
    expect(read.ok && read.value.map(({ atMs }) => Math.round(atMs))).toEqual([0, 52, 3000]);
    expect(read).toMatchObject({ value: [{ promptTokens: 4808, answerTokens: 10 }, {}, { answerTokens: 27 }] });
    expect(readArrivals("seconds,prompt_tokens,answer_tokens\r\n7,3,4\r\n7.5,5,6\r\n")).toEqual({
      ok: true,
      value: [
        { atMs: 0, promptTokens: 3, answerTokens: 4 },
        { atMs: 500, promptTokens: 5, answerTokens: 6 },
      ],
    });
  });
  it.each([
    ["", 1, "header"],
    ["time,in,out\n1,2,3", 1, "header"],
    ["seconds,prompt_tokens,answer_tokens", 2, "at least one arrival"],
    ["seconds,prompt_tokens,answer_tokens\n", 2, "at least one arrival"],
    ["seconds,prompt_tokens,answer_tokens\n1,2", 2, "three fields, not 2"],
    ["seconds,prompt_tokens,answer_tokens\n1,2,3\n\n2,3,4", 3, "three fields, not 1"],
    ["seconds,prompt_tokens,answer_tokens\n1,2,3,4", 2, "three fields, not 4"],
    ["seconds,prompt_tokens,answer_tokens\n-1,2,3", 2, "a time first"],
    ["seconds,prompt_tokens,answer_tokens\n1e3,2,3", 2, "a time first"],
    ["seconds,prompt_tokens,answer_tokens\n1,0,3", 2, "a prompt's tokens"],
    ["seconds,prompt_tokens,answer_tokens\n1,2,3.5", 2, "an answer's tokens"],
    ["seconds,prompt_tokens,answer_tokens\n1,2, 3", 2, "an answer's tokens"],
    ["seconds,prompt_tokens,answer_tokens\n2,2,3\n1,2,3", 3, "sort the file"],
    ["TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:17:03,1,1", 2, "a time first"],
  ])("that is not one says which line, and what belongs there (%j)", (text, line, expected) => {
    const read = readArrivals(text);
    expect(read).toMatchObject({ ok: false, failure: { code: "bad-value", key: `arrivals, line ${line}` } });
    expect(JSON.stringify(read)).toContain(expected);
  });
  it("is played at its own pace or at a rate, as far as the time goes", () => {
    const arrivals = Array.from({ length: 11 }, (_, at) => ({ atMs: at * 1000, promptTokens: 1, answerTokens: 1 }));
    const at = (...of: Parameters<typeof paced>) => {
      const read = paced(...of);
      return read.ok ? read.value.map(({ atMs }) => atMs) : read.failure;
    };
    expect(at(arrivals, 3_500, null)).toEqual([0, 1000, 2000, 3000]);
    expect(at(arrivals, 1_000, 4)).toEqual([0, 250, 500, 750]);
    expect(at(arrivals, 5_000, 2)).toEqual([0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
    expect(at(arrivals, 6_000, 2)).toMatchObject({ code: "bad-value", key: "rate", value: "2" });
  });
});

describe("Poisson arrivals", () => {
  const parts = {
    perSecond: 5,
    durationMs: 2_000_000,
    seed: 3,
    sizes: [{ promptTokens: 4, answerTokens: 2, atMs: 0 }],
  };
  it("are the same for the same seed, and others for another", () => {
    expect(poissonArrivals(parts)).toEqual(poissonArrivals(parts));
    expect(poissonArrivals({ ...parts, seed: 4 })[0]).not.toEqual(poissonArrivals(parts)[0]);
  });
  it("come at their rate, with gaps as spread as they are long", () => {
    const at = poissonArrivals(parts).map(({ atMs }) => atMs);
    const gaps = at.slice(1).map((each, index) => each - (at[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(at.length).toBeGreaterThan(9_700);
    expect(at.length).toBeLessThan(10_300); // 10,000 give or take three deviations
    expect(deviation / mean).toBeGreaterThan(0.95);
    expect(deviation / mean).toBeLessThan(1.05);
  });
});
