import { describe, expect, it } from "vitest";
import { withSettings } from "../sweep/cells.ts";
import { compare, comparisonText, unlikenesses } from "./compare.ts";
import type { RunPort } from "../sweep/runner.ts";
import { whatACodecCosts } from "../experiments/what-a-codec-costs.ts";
import { whereToCut } from "../experiments/where-to-cut.ts";
import { planned, resultsOf } from "../testing/fake-results.ts";
import { fakeRecord, fakeRun } from "../testing/fake-run.ts";

describe("comparing", () => {
  it("says first what is unlike beside the figures", async () => {
    const a = await resultsOf(planned(whereToCut));
    expect(unlikenesses(a, a)).toEqual([]);
    const changed = withSettings(
      whereToCut,
      new Map([
        ["codec", ["int8"]],
        ["cut", ["25%", "1"]],
      ]),
    );
    if (!changed.ok) throw new Error("refused");
    const b = await resultsOf(planned(changed.value));
    const elsewhere = {
      ...b,
      head: {
        ...b.head,
        traces: [{ name: "day.csv", sha256: "ef".repeat(32) }],
        promptSet: { name: "mine", sha256: "cd".repeat(32) },
      },
      runs: b.runs.map((line) => ({
        ...line,
        record: { ...line.record, provenance: { ...line.record.provenance, commit: "other" } },
      })),
    };
    expect(unlikenesses(a, elsewhere)).toEqual([
      "codec of all arms: f16 in a, int8 in b",
      `prompts: heldout ${"ab".repeat(6)} in a, mine ${"cd".repeat(6)} in b`,
      expect.stringMatching(/^commit: \w+ in a, other in b$/),
      `the trace day.csv: left out in a, ${"ef".repeat(6)} in b`,
      expect.stringMatching(/^only in a: split cut=0% link=loopback; .* and 9 more cells$/),
      expect.stringMatching(/^only in b: split cut=1 link=loopback; /),
    ]);
    const strange = {
      ...b,
      head: { ...b.head, experiment: whatACodecCosts },
      runs: b.runs.map((line) => ({ ...line, cell: `its ${line.cell}` })),
    };
    expect(comparisonText(a, strange)).toMatch(
      /^Unlike: experiment: where-to-cut in a, what-a-codec-costs in b\.\n[^]*no cell in common\.$/,
    );
  });
  it("says which differences are noise", async () => {
    const few = { ...whereToCut, sweep: { cut: [0, 6], link: ["5g"] } };
    const a = await resultsOf(planned(few));
    const slower: RunPort = async (config, options) => {
      const record = fakeRecord({ ...config, prompt: `${config.prompt ?? ""}${" more".repeat(400)}` });
      return { ...(await fakeRun(config, options)), tokens: record.tokens, totals: record.totals };
    };
    const b = await resultsOf(planned(few), slower);
    const same = compare(a, a);
    expect(same.length).toBeGreaterThan(10);
    expect(same.every(({ verdict, ratio }) => verdict === "noise" || ratio === null)).toBe(true);
    const device = compare(a, b).find(({ cell, measure }) => cell === "device-only" && measure === "tpot")!;
    expect(device.verdict).toBe("differs");
    expect(device.ratio).toBeGreaterThan(1);
    const text = comparisonText(a, b);
    expect(text).toContain("device-only: time per token, ms");
    expect(text).toMatch(/^Note: 4 prompts in common are few/);
  });
});
