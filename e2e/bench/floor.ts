/**
 * `npm run bench:floor`: what the floor is promised to hold. Arms take turns, every sample is a
 * ratio or a difference within its own round, one thread a tier, figures with n and quartiles.
 *
 *   split at loopback    TPOT against both tiers' compute and a bare WebSocket echo: at most 1.25 times
 *   device-only on wasm  against transformers.js at 64 positions and at the full context, against
 *                        a bare loop around session.run, and against llama.cpp in the browser
 *   edge-only            the edge's own compute a token against llama.cpp in Node
 *   a cold page          new browser process, warm storage, hashes checked: navigation to first token
 *
 * Flags: --rounds N (7), --only split,transformers,bare,llama,wllama,cold, --out FOLDER, --anyway.
 * llama.cpp is fetched for the occasion (peers.ts); without a network those two arms are left out.
 */
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type BrowserContext, type Page } from "@playwright/test";
import { createServer, type ViteDevServer } from "vite";
import { WebSocketServer } from "ws";
import { BUILD } from "#core/run/build.ts";
import type { RunRecord } from "#core/run/record.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import { startEdge } from "#tools/edge-process.ts";
import type { Harness } from "../harness/main.ts";
import { requireQuiet } from "./busy.ts";
import { edgeAgainstLlama, tabAgainstWllama, type PeerBench } from "./floor-peers.ts";
import { openPeers } from "./peers.ts";
import { mid, run } from "./page-run.ts";
import { holds, writeReport, type Finding } from "./report.ts";
import { readFlags } from "#tools/read-flags.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PORTS = { edge: 8145, harness: 8146, echo: 8147 } as const;
const MODEL = "concierge-10m";
const HIDDEN_BYTES = 256 * 4;
const STEPS = 16;

const { values: flags } = readFlags({
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string", default: "split,transformers,bare,llama,wllama,cold" },
    out: { type: "string", default: join(root, "docs/benchmarks") },
    anyway: { type: "boolean", default: false },
  },
});
const rounds = Number(flags.rounds);
const figures: Record<string, number[]> = {};
const note = (name: string, value: number): number => {
  (figures[name] ??= []).push(value);
  return value;
};

interface Bench {
  /** The product's page. */
  readonly lab: Page;
  /** The page with the bare arms. */
  readonly harness: Page;
  readonly edgeUrl: string;
}

const intervals = ({ tokens }: RunRecord): readonly number[] =>
  tokens.slice(1).map(({ atMs }, i) => atMs - (tokens[i]?.atMs ?? 0));

const device = {
  mode: "device-only",
  model: MODEL,
  backend: "wasm",
  threads: 1,
  codec: "f32",
  temperature: 0,
} as const;

async function splitAtLoopback({ lab, harness }: Bench): Promise<readonly Finding[]> {
  const config = {
    ...device,
    mode: "split",
    cut: 6,
    link: "loopback",
    prompt: "Find me an Italian restaurant in San Jose, please.",
    maxTokens: 40,
  } as const;
  const echo = (busyMs: number): Promise<readonly number[]> => {
    const request = { url: `ws://127.0.0.1:${PORTS.echo}`, up: HIDDEN_BYTES + FRAME_HEADER_BYTES, times: 64, busyMs };
    return harness.evaluate((asked) => window.harness?.echo(asked) ?? [], request);
  };
  await run(lab, config);
  await echo(0);
  const over: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const record = await run(lab, config);
    const compute = note(
      "split: both tiers' compute a token",
      mid(record.tokens.slice(1).map(({ deviceMs, edgeMs }) => deviceMs + edgeMs)),
    );
    const tpot = note("split: TPOT", mid(intervals(record)));
    const bare = note("split: a bare WebSocket echo of the same bytes", mid(await echo(0)));
    note(
      "split: the same echo, its worker computing for as long as the tiers do before each",
      mid(await echo(compute)),
    );
    note(
      "split: the link and the edge's queue a token",
      mid(record.tokens.slice(1).map(({ linkMs, queueMs }) => linkMs + queueMs)),
    );
    over.push(tpot / (compute + bare));
  }
  return [
    {
      name: "split-over-floor",
      what: "split at loopback, k = 6: TPOT against both tiers' compute and a bare WebSocket echo",
      unit: "x",
      samples: over,
      limit: { kind: "at most", value: 1.25 },
    },
  ];
}

/** Ids of real requests in a row, as many as are asked for, that the model goes on from for a while. */
async function promptOf(lab: Page, length: number): Promise<readonly number[]> {
  const texts = [
    "Find me an Italian restaurant in San Jose, please.",
    "What will the weather be like in Portland on March 5th?",
    "Play the album Golden Hour on Spotify.",
  ];
  const ids: number[] = [];
  for (let i = 0; ids.length < length + texts.length * 20; i++) {
    const { resolved } = await run(lab, { ...device, prompt: texts[i % texts.length] ?? "", maxTokens: 1 });
    ids.push(...(resolved?.promptIds ?? []));
    if (i >= texts.length - 1 && ids.length > 0)
      while (ids.length < length + texts.length * 20) ids.push(...ids.slice(0, 60));
  }
  for (let shift = 0; shift < 40; shift++) {
    const promptIds = ids.slice(shift, shift + length);
    const record = await run(lab, { ...device, promptIds, maxTokens: STEPS });
    if (record.tokenIds.length === STEPS) return promptIds;
  }
  throw new Error("the model ends its turn at once after every prompt that was tried");
}

/** The prompts whose last step stands at 64 positions, and at the end of the context. */
const CONTEXTS = [
  { name: "64 positions", length: 64 - STEPS / 2 },
  { name: "the full context", length: 512 - STEPS },
] as const;

async function againstTransformers({ lab }: Bench): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [i, { name, length }] of CONTEXTS.entries()) {
    const promptIds = await promptOf(lab, length);
    const config = { ...device, promptIds, maxTokens: STEPS } as const;
    await run(lab, { ...config, mode: "baseline" });
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // Who goes first changes from round to round.
      const order = round % 2 === 0 ? (["device-only", "baseline"] as const) : (["baseline", "device-only"] as const);
      const tpot = { "device-only": 0, baseline: 0 };
      for (const mode of order)
        tpot[mode] = note(`${mode} at ${name}: TPOT`, mid(intervals(await run(lab, { ...config, mode }))));
      ratios.push(tpot.baseline / tpot["device-only"]);
    }
    findings.push({
      name: `transformers-at-${length}`,
      what: `device-only on wasm against transformers.js at ${name}`,
      unit: "x",
      samples: ratios,
      limit: { kind: "at least", value: i === 0 ? 1 : 1.5 },
    });
  }
  return findings;
}

async function againstBareLoop({ lab, harness, edgeUrl }: Bench): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, length } of CONTEXTS) {
    const promptIds = await promptOf(lab, length);
    const bare = async (): Promise<readonly number[]> => {
      const request = { base: edgeUrl, model: MODEL, ids: promptIds, steps: STEPS - 1 };
      await harness.bringToFront();
      const result = await harness.evaluate((asked) => window.harness?.bareLoop(asked), request);
      return result?.stepMs ?? [];
    };
    await bare();
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const ours = note(
        `device-only at ${name}: TPOT`,
        mid(intervals(await run(lab, { ...device, promptIds, maxTokens: STEPS }))),
      );
      const floor = note(`a bare loop around session.run at ${name}: a step`, mid(await bare()));
      ratios.push(ours / floor);
    }
    findings.push({
      name: `bare-at-${length}`,
      what: `device-only on wasm against a bare loop around session.run at ${name}`,
      unit: "x",
      samples: ratios,
      limit: { kind: "at most", value: 1.1 },
    });
  }
  return findings;
}

async function coldPage(executablePath: string, edgeUrl: string): Promise<readonly Finding[]> {
  const profile = await mkdtemp(join(tmpdir(), "cutlayer-cold-"));
  const samples: number[] = [];
  try {
    // The first visit fills the storage; each of the others is a new browser process on it.
    for (let visit = 0; visit <= Math.max(5, rounds); visit++) {
      const context = await chromium.launchPersistentContext(profile, { executablePath, args: [...BROWSER_FLAGS] });
      const firstToken = await firstTokenMs(context, edgeUrl);
      if (visit > 0) samples.push(note("cold page: navigation to first token", firstToken.sinceNavigationMs));
      if (visit > 0 && firstToken.downloadedBytes > 0) throw new Error("the storage was not warm");
      await context.close();
    }
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
  return [
    {
      name: "cold-page",
      what: "first token of a cold page: new browser process, warm storage, hashes checked",
      unit: "ms",
      samples,
      limit: { kind: "at most", value: 2000 },
    },
  ];
}

async function firstTokenMs(
  context: BrowserContext,
  edgeUrl: string,
): Promise<{ readonly sinceNavigationMs: number; readonly downloadedBytes: number }> {
  const page = await context.newPage();
  // Asks for the run the moment that the page can be asked, and takes the time when the token is there.
  await page.addInitScript(() => {
    const timer = setInterval(() => {
      if (!("cutlayer" in window)) return;
      clearInterval(timer);
      const { cutlayer } = window as unknown as {
        cutlayer: { ready: Promise<void>; run(config: unknown, options: unknown): Promise<RunRecord> };
      };
      let at = 0;
      const config = {
        mode: "device-only",
        model: "concierge-10m",
        backend: "wasm",
        threads: 1,
        prompt: "Find me an Italian restaurant in San Jose, please.",
        maxTokens: 2,
      };
      const done = cutlayer.ready.then(() =>
        cutlayer.run(config, { check: false, onToken: () => (at = at === 0 ? performance.now() : at) }),
      );
      Object.assign(window, {
        firstToken: done.then((record) => ({ sinceNavigationMs: at, downloadedBytes: record.downloads.bytes })),
      });
    }, 2);
  });
  await page.goto(edgeUrl);
  await page.waitForFunction(() => "firstToken" in window);
  return page.evaluate(
    () =>
      (window as unknown as { firstToken: Promise<{ sinceNavigationMs: number; downloadedBytes: number }> }).firstToken,
  );
}

async function withBench(
  executablePath: string,
  edgeUrl: string,
  body: (bench: Bench) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const vite: ViteDevServer = await createServer({
    root,
    logLevel: "error",
    cacheDir: ".cache/harness",
    server: { port: PORTS.harness, strictPort: true, host: "127.0.0.1", hmr: false, watch: null },
  });
  await vite.listen();
  const echo = new WebSocketServer({ port: PORTS.echo, host: "127.0.0.1", perMessageDeflate: false });
  // As long as a token's frame.
  echo.on("connection", (socket) => socket.on("message", () => socket.send(new Uint8Array(FRAME_HEADER_BYTES + 4))));
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  try {
    const lab = await browser.newPage();
    await lab.goto(edgeUrl);
    await lab.waitForFunction(() => "cutlayer" in window);
    const harness = await browser.newPage();
    await harness.goto(`http://127.0.0.1:${PORTS.harness}/e2e/harness/index.html`);
    await harness.waitForFunction(() => window.harness !== undefined);
    return await body({ lab, harness, edgeUrl });
  } finally {
    await browser.close();
    echo.close();
    await vite.close();
  }
}

type Arm = (bench: Bench) => Promise<readonly Finding[]>;

const ARMS: Readonly<Record<string, Arm>> = {
  split: splitAtLoopback,
  transformers: againstTransformers,
  bare: againstBareLoop,
};

/** Those against llama.cpp; none where it cannot be had. */
async function againstPeers(
  executablePath: string,
  edgeUrl: string,
  wanted: readonly string[],
): Promise<readonly Finding[]> {
  const peers = wanted.includes("llama") || wanted.includes("wllama") ? await openPeers(root, MODEL) : null;
  if (peers === null) return [];
  const bench: PeerBench = { peers, model: MODEL, path: join(root, "public/models", MODEL), rounds, note };
  const inNode = wanted.includes("llama") ? await edgeAgainstLlama(bench, edgeUrl) : [];
  const inTab: Arm = ({ lab, harness }) => tabAgainstWllama(bench, lab, harness);
  return [...inNode, ...(wanted.includes("wllama") ? await withBench(executablePath, edgeUrl, inTab) : [])];
}

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const busy = await requireQuiet(flags.anyway);
  const wanted = flags.only.split(",");
  const edge = await startEdge(PORTS.edge, [
    "--threads",
    "1",
    "--log-level",
    "warn",
    "--allow-origin",
    `http://127.0.0.1:${PORTS.harness}`,
  ]);
  const findings: Finding[] = [];
  try {
    findings.push(...(await againstPeers(executablePath, edge.url, wanted)));
    for (const [name, arm] of Object.entries(ARMS))
      if (wanted.includes(name)) findings.push(...(await withBench(executablePath, edge.url, arm)));
    if (wanted.includes("cold")) findings.push(...(await coldPage(executablePath, edge.url)));
  } finally {
    await edge.stop("SIGTERM");
  }
  const cpu = cpus();
  await writeReport(flags.out, "floor", {
    title: "What the floor holds",
    provenance: {
      date: new Date().toISOString(),
      commit: BUILD.commit,
      machine: `${cpu.length} x ${cpu[0]?.model ?? "unknown"}`,
      node: process.version,
      rounds,
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

declare global {
  interface Window {
    harness?: Harness;
  }
}

await main();
