/** `npm run bench`: an experiment from outside the repository, its plan, its files, going on, comparing; and its command line. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { parseBench } from "./bench/experiment/bench-options.ts";
import { SPARE_PORT } from "./servers.ts";

const DECLARATION = `export default {
  id: "mine", number: 0, title: "Mine", question: "Is it so?", predict: "It is.",
  base: { model: "concierge-1m", backend: "wasm", threads: 1, temperature: 0, maxTokens: 4, link: "loopback" } as const,
  sweep: { cut: [1, 99] }, arms: [{ name: "split", set: { mode: "split" } }, { name: "edge-only", set: { mode: "edge-only" } }],
  prompts: { set: "heldout", count: 2 }, repeats: 1, measures: ["tpot", "up"],
  charts: [{ kind: "parts", title: "Parts" }], notice: ["It is so."], source: [],
};
`;

function bench(
  folder: string,
  ...words: readonly string[]
): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["dist/tools/bench.js", ...words, "--port", String(SPARE_PORT)],
    { encoding: "utf8", env: { ...process.env, INIT_CWD: folder } },
  );
  return { status, output: stdout + stderr };
}

test("an experiment from outside: plan, results, resume, compare", () => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), "cutlayer-bench-"));
  writeFileSync(join(folder, "mine.ts"), DECLARATION);
  const trace = (mbps: number): string => `time_ms,up_mbps,down_mbps,rtt_ms\n0,${mbps},100,1\n100,${mbps},100,1\n`;
  const sets = mkdtempSync(join(tmpdir(), "cutlayer-prompts-"));
  const own = join(sets, "own.jsonl");

  const plan = bench(folder, "./mine.ts", "--plan");
  expect(plan.output).toContain("2 cells x 2 prompts x 1 = 4 runs");
  expect(plan.output).toContain(
    "split cut=99: cut-out-of-range. The model cannot be cut at 99. It has 4 blocks. Choose a cut from 0 to 4",
  );
  expect(plan.status, plan.output).toBe(0);
  expect(readdirSync(folder)).toEqual(["mine.ts"]);

  writeFileSync(join(folder, "day.csv"), trace(100));
  writeFileSync(own, '{"prompt": "Find me a museum, please."}\n');
  const mine = [
    "./mine.ts",
    "--on-a-busy-machine",
    "--out",
    "a",
    "--set",
    "link=trace:./day.csv",
    "--set",
    `promptSet=demo,${own}`,
    "--prompts",
    "1",
  ] as const;
  const first = bench(folder, ...mine);
  expect(first.status, first.output).toBe(0);
  expect(first.output).toMatch(
    /4 cells x the prompts of their sets x 1 = 4 runs.*\n {2}demo: 1 of its prompts, SHA-256 \w{12}\n {2}own\.jsonl: 1 of its prompts, SHA-256 \w{12}\n/,
  );
  expect(readdirSync(join(folder, "a")).sort()).toEqual([
    "mine.html",
    "mine.jsonl",
    "mine.runs.csv",
    "mine.tokens.csv",
  ]);
  const lines = readFileSync(join(folder, "a/mine.jsonl"), "utf8");
  expect(lines.trim().split("\n")).toHaveLength(1 + 2 + 4 + 1);
  const report = readFileSync(join(folder, "a/mine.html"), "utf8");
  expect(report.match(/<svg/g)).toHaveLength(1);
  expect(report).toMatch(/<svg[^>]* font-family="[^"]*IBM Plex Sans/);
  expect(report).toMatch(/data-legend="">.*Device.*<\/svg>/);
  expect(report).not.toMatch(/var\(|<script|<link|src=|NaN/);
  expect(report).toContain(
    "npm run bench -- ./mine.ts --on-a-busy-machine --out a --set link=trace:./day.csv --set promptSet=demo,",
  );

  const again = bench(folder, ...mine);
  expect(again.output).toContain("is there already");
  expect(again.status).toBe(1);

  // As a night that ended early leaves it: the last runs missing, a line cut in the middle.
  writeFileSync(join(folder, "a/mine.jsonl"), lines.slice(0, Math.floor(lines.length * 0.6)));
  const resumed = bench(folder, ...mine, "--resume");
  expect(resumed.output).toMatch(/ends in the middle of line \d+: [123] of 4 runs could be read/);
  expect(resumed.output).toContain("4 runs in");
  expect(resumed.status).toBe(0);

  writeFileSync(join(folder, "day.csv"), trace(50));
  const elsewhere = bench(folder, ...mine, "--resume");
  expect(elsewhere.output).toMatch(
    /mine\.jsonl was measured on another day\.csv \(SHA-256 \w{12} there, \w{12} now\): give the file/,
  );
  expect(elsewhere.status).toBe(1);
  writeFileSync(own, '{"prompt": "Find me a park, please."}\n');
  const other = bench(folder, ...mine, "--resume");
  expect(other.output).toMatch(/is of other prompts: own\.jsonl \(SHA-256 \w{12} then, \w{12} now\)/);
  expect(other.status).toBe(1);

  const compared = bench(folder, "--compare", "a/mine.jsonl", "a/mine.jsonl");
  expect(compared.output).toContain("split cut=1 promptSet=own.jsonl: time per token, ms");
  expect(compared.output).toContain("ratio 1.000");
});

test("a run that takes too long is ended as that, and what its cell has left is said not to be tried", () => {
  const folder = mkdtempSync(join(tmpdir(), "cutlayer-bench-"));
  writeFileSync(
    join(folder, "mine.ts"),
    DECLARATION.replace(', { name: "edge-only", set: { mode: "edge-only" } }', ""),
  );
  const { status, output } = bench(
    folder,
    "./mine.ts",
    "--on-a-busy-machine",
    "--out",
    "a",
    "--longest-run",
    "1",
    "--prompts",
    "3",
    "--set",
    "link=rtt:900",
    "--set",
    "maxTokens=64",
  );
  expect(output).toContain("failed: run-too-long. The run was not over within 1 second.");
  expect(output).toContain("not tried: split");
  expect(status).toBe(0);
  const lines = readFileSync(join(folder, "a/mine.jsonl"), "utf8").trim().split("\n");
  expect(lines.filter((line) => line.includes('"kind":"failed"'))).toHaveLength(3);
  expect(
    lines.filter((line) => line.includes('"failure":{"code":"given-up","failures":2,"last":"run-too-long"}')),
  ).toHaveLength(1);
});

test("a file that is no experiment is refused with the path to what is wrong", () => {
  const folder = mkdtempSync(join(tmpdir(), "cutlayer-bench-"));
  writeFileSync(join(folder, "wrong.json"), JSON.stringify({ id: "x" }));
  const { status, output } = bench(folder, "wrong.json");
  expect(output).toContain("experiment.number");
  expect(status).toBe(1);
});

test("somebody's own file may fail in any way: it is named, and nothing starts", () => {
  const folder = mkdtempSync(join(tmpdir(), "cutlayer-bench-"));
  writeFileSync(join(folder, "throws.ts"), 'throw new Error("kaboom");');
  writeFileSync(join(folder, "named.ts"), "export const mine = {};");
  for (const [at, link] of ["one", "other"].entries()) {
    mkdirSync(join(folder, link));
    writeFileSync(join(folder, link, "day.csv"), `time_ms,up_mbps,down_mbps,rtt_ms\n0,1,1,${at}\n100,1,1,${at}\n`);
  }
  const refusals: readonly (readonly [string, readonly string[]])[] = [
    ["throws.ts cannot be read: kaboom", ["throws.ts"]],
    ["named.ts cannot be read: it has no default export", ["named.ts"]],
    ["There is no trace at ", ["1", "--set", "link=trace:./none.csv"]],
    ["There is no prompt set at ", ["1", "--prompt-set", "./none.jsonl"]],
    ["Two prompt sets are named day.csv", ["1", "--set", "promptSet=one/day.csv,other/day.csv"]],
    ["Two traces are named day.csv", ["1", "--set", "link=trace:one/day.csv,trace:other/day.csv"]],
  ];
  for (const [said, words] of refusals) {
    const { status, output } = bench(folder, ...words);
    expect(output).toContain(said);
    expect(status).toBe(1);
  }
});

test("the command line", () => {
  expect(parseBench([])).toEqual({ kind: "help" });
  expect(parseBench(["--compare", "a", "b"])).toEqual({ kind: "compare", a: "a", b: "b" });
  expect(parseBench(["a", "--longest-run", "900"])).toMatchObject({ options: { longestRunMs: 900_000 } });
  expect(parseBench(["a"])).toMatchObject({ options: { longestRunMs: null } });
  const parsed = parseBench([
    "where-to-cut",
    "--set",
    "cut=0,25%",
    "--set",
    "cut=6",
    "--set",
    "link=5g,up:20,rtt:3",
    "--repeat",
    "3",
    "--backend",
    "wasm",
  ]);
  expect(parsed).toMatchObject({
    kind: "run",
    options: { experiment: "where-to-cut", repeat: 3, backend: "wasm", planOnly: false },
  });
  expect(parsed.kind === "run" ? Object.fromEntries(parsed.options.set) : {}).toEqual({
    cut: ["0", "25%", "6"],
    link: ["5g", "up:20,rtt:3"],
  });
  for (const wrong of [
    ["a", "b"],
    ["a", "--set", "cut"],
    ["a", "--repeat", "0"],
    ["a", "--backend", "abacus"],
    ["a", "--longest-run", "2000000"],
    ["a", "--no-such-flag"],
    ["--compare", "a"],
    ["a", "--prompt-set", "demo", "--set", "promptSet=heldout"],
  ])
    expect(() => parseBench(wrong), wrong.join(" ")).toThrow(Error);
});
