/**
 * `npm run bench:speculation`: what drafting in the tab is promised to hold. Arms take turns on
 * held-out prompts, one thread a tier, greedy, so that all of them write the same tokens; every
 * sample is a ratio within one prompt, and tokens that differ end the benchmark.
 *
 *   prediction   (RTT + g t_draft + t_verify) / tau, of the run's own rounds, over its TPOT, by edgeLoad
 *   gain         split's TPOT over speculative's at RTT 40 ms, and edge passes a token
 *   edge-only    the same against streamed tokens, where e (tau - 1) > 1.5 (RTT + g t_draft), near that border too
 *   windows      TPOT with four windows in flight over one window's, at RTT 150 ms
 *   policies     the learner's time a token over the best fixed length's, at three round trips, over many answers
 *   steps        the same on a link that steps between those round trips, sampled at temperature 1
 *
 * Flags: --prompts N (10), --only prediction,gain,edge-only,windows,policies,steps, --out FOLDER, --anyway.
 */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "@playwright/test";
import { BUILD } from "#core/run/build.ts";
import type { RunConfig } from "#core/run/config.ts";
import { isRecord } from "#core/schema/json.ts";
import type { RunRecord } from "#core/run/record.ts";
import type { SpeculationTotals } from "#core/run/record/record-totals.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import { startEdge } from "#tools/edge-process.ts";
import { requireQuiet } from "./busy.ts";
import { mid, run } from "./page-run.ts";
import { holds, writeReport, type Finding } from "./report.ts";
import { readFlags } from "#tools/read-flags.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PORT = 8145;
/** A window of this length is near the best for this pair at RTT 40 ms; see the policies. */
const LENGTH = 8;

const { values: flags } = readFlags({
  options: {
    prompts: { type: "string", default: "10" },
    only: { type: "string", default: "prediction,gain,edge-only,windows,policies,steps" },
    out: { type: "string", default: join(root, "docs/benchmarks") },
    anyway: { type: "boolean", default: false },
  },
});
const figures: Record<string, number[]> = {};
const note = (name: string, value: number): number => {
  (figures[name] ??= []).push(value);
  return value;
};

type Settings = Partial<RunConfig>;
const BASE: Settings = {
  model: "concierge-10m",
  draftModel: "concierge-1m",
  backend: "wasm",
  threads: 1,
  temperature: 0,
  maxTokens: 48,
};
const rtt = (rttMs: number): RunConfig["link"] => ({ uplinkMbps: 0, downlinkMbps: 0, rttMs, jitterMs: 0, loss: 0 });
const drafting = (settings: Settings): Settings => ({
  ...BASE,
  mode: "speculative",
  verify: "greedy",
  draftLength: LENGTH,
  windows: 1,
  ...settings,
});

/** Held-out prompts, evenly spread, whose answers are long enough to have a time per token. */
async function heldOutPrompts(page: Page, count: number): Promise<readonly string[]> {
  const lines = (await readFile(join(root, "public/prompts/heldout.jsonl"), "utf8")).trim().split("\n");
  const step = Math.max(1, Math.floor(lines.length / (count * 2)));
  const found: string[] = [];
  for (let at = 0; at < lines.length && found.length < count; at += step) {
    const entry: unknown = JSON.parse(lines[at] ?? "");
    if (!isRecord(entry) || typeof entry["prompt"] !== "string") continue;
    const { tokenIds } = await run(page, { ...BASE, mode: "edge-only", prompt: entry["prompt"] });
    if (tokenIds.length >= 16) found.push(entry["prompt"]);
  }
  return found;
}

/** From the first token to the last, by the tokens between: a median over tokens would not see that windows land in bunches. */
const tpotOf = ({ totals: { decode } }: RunRecord): number => decode.elapsedMs / decode.tokens;

function roundsOf(record: RunRecord): SpeculationTotals {
  if (record.totals.speculation === undefined) throw new Error(`${record.config.mode} drafted nothing`);
  return record.totals.speculation;
}

/** Each of the arms once on one prompt, who goes first changing from prompt to prompt. Throws when they do not write the same. */
async function inTurns<A extends string>(
  page: Page,
  prompt: string,
  index: number,
  arms: Readonly<Record<A, Settings>>,
): Promise<Readonly<Record<A, RunRecord>>> {
  const names = Object.keys(arms) as A[];
  const order = [...names.slice(index % names.length), ...names.slice(0, index % names.length)];
  const records: Partial<Record<A, RunRecord>> = {};
  for (const name of order) records[name] = await run(page, { ...arms[name], prompt });
  const texts = names.map((name) => JSON.stringify(records[name]?.tokenIds));
  if (new Set(texts).size > 1)
    throw new Error(`the arms do not write the same tokens for "${prompt}": ${texts.join(" ")}`);
  return records as Readonly<Record<A, RunRecord>>;
}

interface Stand {
  readonly page: Page;
  readonly prompts: readonly string[];
}

/** TPOT that the rounds' own figures come to: one trip, one window drafted, one verified, a round. */
function predictedMs(rttMs: number, record: RunRecord): number {
  const { rounds, drafted, draftMs, verifyMs, blockEfficiency } = roundsOf(record);
  return (rttMs + (drafted / rounds) * (draftMs ?? 0) + (verifyMs ?? 0)) / (blockEfficiency ?? 1);
}

async function prediction({ page, prompts }: Stand): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const edgeLoad of [1, 4, 12]) {
    const samples: number[] = [];
    for (const prompt of prompts) {
      const record = await run(page, drafting({ link: rtt(40), edgeLoad, prompt }));
      samples.push(
        predictedMs(40, record) / note(`speculative at RTT 40 ms, edgeLoad ${edgeLoad}: TPOT`, tpotOf(record)),
      );
    }
    findings.push({
      name: `predicted-at-load-${edgeLoad}`,
      what: `speculative at RTT 40 ms, edgeLoad ${edgeLoad}: speed over what its tau, draft and verify times predict`,
      unit: "x",
      samples,
      limit: { kind: "at least", value: 0.85 },
    });
  }
  return findings;
}

async function gain({ page, prompts }: Stand): Promise<readonly Finding[]> {
  const arms = {
    split: { ...BASE, mode: "split", cut: 6, codec: "f32", link: rtt(40) },
    speculative: drafting({ link: rtt(40) }),
  } as const satisfies Record<string, Settings>;
  const ratios: number[] = [];
  const passes: number[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const { split, speculative } = await inTurns(page, prompt, index, arms);
    ratios.push(
      note("split at RTT 40 ms: TPOT", tpotOf(split)) / note("speculative at RTT 40 ms: TPOT", tpotOf(speculative)),
    );
    passes.push(roundsOf(speculative).edgePassesPerToken ?? Number.NaN);
    note("speculative at RTT 40 ms: drafting a token", roundsOf(speculative).draftMs ?? Number.NaN);
    note("speculative at RTT 40 ms: verifying a window", roundsOf(speculative).verifyMs ?? Number.NaN);
  }
  return [
    {
      name: "gain-over-split",
      what: `split's TPOT over speculative's, RTT 40 ms, windows of ${LENGTH}`,
      unit: "x",
      samples: ratios,
      limit: { kind: "at least", value: 3 },
    },
    {
      name: "edge-passes",
      what: `edge passes a token, windows of ${LENGTH}`,
      unit: "",
      samples: passes,
      limit: { kind: "at most", value: 0.3 },
    },
  ];
}

/** Edges slow enough for the trip to pay, by the criterion that each finding states as measured; one of them near its border. */
const SLOW_EDGES = [
  { rttMs: 40, edgeLoad: 8 },
  { rttMs: 5, edgeLoad: 8 },
  { rttMs: 20, edgeLoad: 16 },
  { rttMs: 40, edgeLoad: 24 },
] as const;

async function againstEdgeOnly({ page, prompts }: Stand): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { rttMs, edgeLoad } of SLOW_EDGES) {
    const arms = {
      edge: { ...BASE, mode: "edge-only", link: rtt(rttMs), edgeLoad },
      speculative: drafting({ link: rtt(rttMs), edgeLoad, draftLength: 4 }),
    } as const satisfies Record<string, Settings>;
    const ratios: number[] = [];
    const margins: number[] = [];
    let beyond = 0;
    for (const [index, prompt] of prompts.slice(0, Math.ceil(prompts.length / 2)).entries()) {
      const { edge, speculative } = await inTurns(page, prompt, index, arms);
      const { blockEfficiency, draftMs } = roundsOf(speculative);
      const stepMs = note(`edge-only, edgeLoad ${edgeLoad}: TPOT`, tpotOf(edge));
      const margin = (stepMs * ((blockEfficiency ?? 1) - 1)) / (rttMs + 4 * (draftMs ?? 0));
      const ratio = stepMs / note(`speculative at RTT ${rttMs} ms, edgeLoad ${edgeLoad}: TPOT`, tpotOf(speculative));
      if (margin <= LEAST_MARGIN) beyond++; // nothing is promised of these
      else {
        margins.push(margin);
        ratios.push(ratio);
      }
      note(`edgeLoad ${edgeLoad}: verifying 5 positions`, roundsOf(speculative).verifyMs ?? Number.NaN);
    }
    if (ratios.length === 0) continue;
    const margin = `${mid(margins).toFixed(2)} of RTT + g t_draft${beyond > 0 ? ` (${beyond} prompts with at most ${LEAST_MARGIN} left out)` : ""}`;
    findings.push({
      name: `over-edge-only-${rttMs}-${edgeLoad}`,
      what: `edge-only's TPOT over speculative's, RTT ${rttMs} ms, edgeLoad ${edgeLoad}; e (tau - 1) is ${margin}`,
      unit: "x",
      samples: ratios,
      limit: { kind: "at least", value: 1.3 },
    });
  }
  return findings;
}

/** Of e (tau - 1) over RTT + g t_draft: drafting is promised to win clearly beyond this. */
const LEAST_MARGIN = 1.5;

/** Answers that do not end: a short one would fit into the windows that are in flight at once. */
async function windows({ page, prompts }: Stand): Promise<readonly Finding[]> {
  const long: Settings = { link: rtt(150), draftLength: 4, maxTokens: 128, endless: true };
  const arms = { one: drafting(long), four: drafting({ ...long, windows: 4 }) };
  const ratios: number[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const { one, four } = await inTurns(page, prompt, index, arms);
    if ((roundsOf(one).acceptance ?? 0) < 0.7) continue;
    ratios.push(
      note("four windows at RTT 150 ms: TPOT", tpotOf(four)) / note("one window at RTT 150 ms: TPOT", tpotOf(one)),
    );
  }
  return [
    {
      name: "windows",
      what: "TPOT of four windows in flight over one's, RTT 150 ms, windows of 4, 128 tokens, prompts with acceptance of 0.7 and more",
      unit: "x",
      samples: ratios,
      limit: { kind: "at most", value: 0.7 },
    },
  ];
}

const FIXED = [4, 8, 16, 24] as const;

/** Time and tokens after the first, over many answers: how long the windows of an arm made them wait in all. */
interface Spent {
  ms: number;
  tokens: number;
}

/**
 * Answers are short, so a policy is judged on many: it keeps what it learns from one to the next,
 * as in a tab that is asked question after question, and prompts are gone through twice.
 */
async function policies(stand: Stand): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const rttMs of [5, 40, 150])
    findings.push(
      await learnerOn(stand, { name: `learner-at-${rttMs}`, said: `RTT ${rttMs} ms`, rttAt: () => rttMs, most: 1.05 }),
    );
  return findings;
}

/**
 * The round trip changes after every other answer, for all arms alike. Sampled at temperature 1, where
 * the draft stands less often: greedily the longest window is the best on every link, and nothing is to be learned.
 */
async function steps(stand: Stand): Promise<readonly Finding[]> {
  return [
    await learnerOn(stand, {
      name: "learner-on-steps",
      said: "RTT 5, 150 and 40 ms in turns, temperature 1",
      rttAt: (answer) => [5, 150, 40][Math.floor(answer / 2) % 3] ?? 40,
      most: 1,
      settings: { temperature: 1, verify: "coupled" },
    }),
  ];
}

interface Course {
  readonly name: string;
  readonly said: string;
  /** In ms, by how many answers there were before. */
  readonly rttAt: (answer: number) => number;
  /** The learner's time over the best fixed length's. */
  readonly most: number;
  readonly settings?: Settings;
}

async function learnerOn(
  { page, prompts }: Stand,
  { name, said, rttAt, most, settings = {} }: Course,
): Promise<Finding> {
  const lengths = ["learner", ...FIXED] as const;
  const spent = new Map<number | string, Spent>(lengths.map((length) => [length, { ms: 0, tokens: 0 }]));
  for (const [answer, prompt] of [...prompts, ...prompts].entries()) {
    for (const length of lengths) {
      const record = await run(
        page,
        drafting({
          link: rtt(rttAt(answer)),
          draftLength: length,
          maxTokens: 96,
          seed: answer + 1,
          prompt,
          ...settings,
        }),
        false,
      );
      const sum = spent.get(length);
      if (sum === undefined) continue;
      sum.ms += record.totals.decode.elapsedMs;
      sum.tokens += record.totals.decode.tokens;
    }
  }
  const tpot = (length: number | string): number =>
    (spent.get(length)?.ms ?? Number.NaN) / (spent.get(length)?.tokens ?? Number.NaN);
  for (const length of lengths)
    note(
      `${length === "learner" ? "the learner" : `windows of ${length}`} at ${said}: time a token over ${spent.get(length)?.tokens ?? 0}`,
      tpot(length),
    );
  const best = FIXED.reduce((a, b) => (tpot(b) < tpot(a) ? b : a));
  return {
    name,
    what: `the learner's time a token over that of windows of ${best}, the best of ${FIXED.join(", ")} in hindsight, ${said}, ${spent.get("learner")?.tokens ?? 0} tokens`,
    unit: "x",
    samples: [tpot("learner") / tpot(best)],
    limit: { kind: "at most", value: most },
  };
}

const PARTS: Readonly<Record<string, (stand: Stand) => Promise<readonly Finding[]>>> = {
  prediction,
  gain,
  "edge-only": againstEdgeOnly,
  windows,
  policies,
  steps,
};

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const busy = await requireQuiet(flags.anyway);
  const edge = await startEdge(PORT, ["--threads", "1", "--log-level", "warn"]);
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  const findings: Finding[] = [];
  try {
    const page = await browser.newPage();
    await page.goto(edge.url);
    await page.waitForFunction(() => "cutlayer" in window);
    const stand = { page, prompts: await heldOutPrompts(page, Number(flags.prompts)) };
    await run(page, drafting({ prompt: stand.prompts[0] ?? "", link: "loopback" }));
    for (const [name, part] of Object.entries(PARTS))
      if (flags.only.split(",").includes(name)) findings.push(...(await part(stand)));
  } finally {
    await browser.close();
    await edge.stop("SIGTERM");
  }
  const cpu = cpus();
  await writeReport(flags.out, "speculation", {
    title: "What drafting in the tab holds",
    provenance: {
      date: new Date().toISOString(),
      commit: BUILD.commit,
      machine: `${cpu.length} x ${cpu[0]?.model ?? "unknown"}`,
      node: process.version,
      prompts: `${flags.prompts} held out, greedy`,
      "busy with other things": `${(busy * 100).toFixed(0)}%`,
      "threads a tier": 1,
    },
    findings,
    figures,
  });
  for (const finding of findings)
    console.log(
      `${holds(finding) ? "holds        " : "DOES NOT HOLD"}  ${finding.what}: ${mid(finding.samples).toFixed(2)} ${finding.unit} (${finding.limit.kind} ${finding.limit.value})`,
    );
}

await main();
