/**
 * `npm run bench:link`: the shaped link against an independent one, on Linux as root. Two network
 * namespaces; between them one pair of interfaces whose rate the kernel's token bucket (tbf) holds
 * and whose delay a relay process holds (single messages go through both), or netem for both where the kernel has it; and a second,
 * plain pair that the shaped link is laid over. Per cell (rate x RTT) both links carry the same
 * loads in turns, from a worker in a page, and their one-way delays and throughputs are compared.
 *
 * A token bucket lets its burst through at once, so the first packet of a message that comes alone
 * takes no time at all: single small messages are compared only where that is under the tolerance.
 *
 * Flags: --rounds N (3), --rates 1,10,50,200, --rtts 5,40,200, --out FOLDER, --anyway.
 */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "@playwright/test";
import { createServer } from "vite";
import type { LinkFigures } from "#core/run/config.ts";
import { BUILD } from "#core/run/build.ts";
import { median, quantile } from "#core/measure/summary.ts";
import { findBrowser, NO_BROWSER } from "#tools/browser.mjs";
import { BROWSER_FLAGS } from "#tools/browser-flags.mjs";
import type { Crossing, Load } from "../harness/link-worker.ts";
import type { Harness } from "../harness/main.ts";
import { requireQuiet } from "./busy.ts";
import { readFlags } from "#tools/read-flags.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const FAR = "cutlayer-far";
const HARNESS_PORT = 8146;
const PORT = 9000;
const RELAY_PORT = 9001;
/** The shaped pair and the plain one: near end's and far end's addresses. */
const PAIRS = {
  held: { near: "10.77.1.1", far: "10.77.1.2", name: "cl-held" },
  plain: { near: "10.77.2.1", far: "10.77.2.2", name: "cl-plain" },
} as const;
/**
 * Bytes that the token bucket lets through at once. One packet where single messages are timed, since that much of each takes
 * no time at all; 4 ms of the rate where throughput is measured, since the kernel's timer does not wake for every packet in time.
 */
const burstBytes = (rateMbps: number, inARow: boolean): number =>
  inARow ? Math.max(1600, Math.ceil(rateMbps * 500)) : 1600;
/** The shaped link's rates are of what messages carry, the kernel's of Ethernet frames: full ones carry 1,448 bytes of 1,514. */
const lineRate = (mbps: number): string => `${Math.round((mbps * 1e6 * 1514) / 1448)}bit`;
/** A token's frame (float32, width 256), and a prompt of 64 positions. */
const TOKEN_BYTES = 1048;
const PROMPT_BYTES = 65_560;
const TOLERANCE = { share: 0.05, ms: 2 };

const { values: flags } = readFlags({
  options: {
    rounds: { type: "string", default: "3" },
    rates: { type: "string", default: "1,10,50,200" },
    rtts: { type: "string", default: "5,40,200" },
    out: { type: "string", default: join(root, "docs/benchmarks") },
    anyway: { type: "boolean", default: false },
  },
});

function command(line: string, mayFail = false): boolean {
  const [program = "", ...args] = line.split(" ");
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0 && !mayFail) throw new Error(`${line}: ${stderr.trim()}`);
  return status === 0;
}

const inFar = (line: string): string => `ip netns exec ${FAR} ${line}`;

/** Throws where namespaces cannot be made: not on Linux, or not as root. */
function openNamespace(): void {
  closeNamespace();
  if (process.platform !== "linux" || !command(`ip netns add ${FAR}`, true))
    throw new Error(
      "This benchmark makes network namespaces: it needs Linux, root, and the ip and tc programs (iproute2).",
    );
  command(inFar("ip link set lo up"));
  for (const { near, far, name } of Object.values(PAIRS)) {
    command(`ip link add ${name} type veth peer name ${name}-far netns ${FAR}`);
    command(`ip addr add ${near}/30 dev ${name}`);
    command(`ip link set ${name} up`);
    command(inFar(`ip addr add ${far}/30 dev ${name}-far`));
    command(inFar(`ip link set ${name}-far up`));
  }
  // Senders that fill the link and do not probe it: what is compared is the link.
  command(`ip route replace 10.77.1.0/30 dev ${PAIRS.held.name} src ${PAIRS.held.near} congctl cubic`);
  command(inFar(`ip route replace 10.77.1.0/30 dev ${PAIRS.held.name}-far src ${PAIRS.held.far} congctl cubic`));
}

const closeNamespace = (): boolean => command(`ip netns del ${FAR}`, true);

type Kind = "netem" | "tbf and a relay process";

/** Holds the independent link to a rate and a round trip; says how. */
async function hold(rateMbps: number, rttMs: number, far: FarSide, inARow: boolean): Promise<Kind> {
  const ends = [
    (line: string) => line.replace("DEV", PAIRS.held.name),
    (line: string) => inFar(line.replace("DEV", `${PAIRS.held.name}-far`)),
  ];
  const netem = ends.every((at) =>
    command(
      at(`tc qdisc replace dev DEV root netem delay ${rttMs / 2}ms rate ${lineRate(rateMbps)} limit 100000`),
      true,
    ),
  );
  await far.setRtt(netem ? 0 : rttMs);
  if (netem) return "netem";
  for (const at of ends)
    command(
      at(
        `tc qdisc replace dev DEV root tbf rate ${lineRate(rateMbps)} burst ${burstBytes(rateMbps, inARow)} limit 4000000`,
      ),
    );
  return "tbf and a relay process";
}

interface FarSide {
  setRtt(ms: number): Promise<void>;
  stop(): void;
}

/** A tool in the far namespace that says a line when it is up. */
async function startFar(
  tool: string,
  ...args: readonly number[]
): Promise<{ readonly child: ChildProcessWithoutNullStreams; readonly lines: AsyncIterator<string> }> {
  const child = spawn("ip", [
    "netns",
    "exec",
    FAR,
    process.execPath,
    join(root, `dist/tools/${tool}.js`),
    ...args.map(String),
  ]);
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return { child, lines };
}

async function startFarSide(): Promise<FarSide> {
  const server = await startFar("link-far", PORT);
  const relay = await startFar("link-relay", RELAY_PORT, PORT);
  return {
    async setRtt(ms) {
      relay.child.stdin.write(`rtt ${ms}\n`);
      await relay.lines.next();
    },
    stop: () => [server, relay].forEach(({ child }) => child.kill()),
  };
}

interface Cell {
  readonly rateMbps: number;
  readonly rttMs: number;
  readonly load: string;
  readonly direction: string;
  readonly unit: "ms" | "Mbit/s";
  readonly shaped: readonly number[];
  readonly independent: readonly number[];
}

const loadsFor = (rateMbps: number): readonly Load[] => [
  { name: "a token's frame", bytes: TOKEN_BYTES, count: 8, gapMs: 10 },
  { name: "a prompt of 64 positions", bytes: PROMPT_BYTES, count: rateMbps < 5 ? 2 : 3, gapMs: 10 },
  {
    name: "many in a row",
    bytes: PROMPT_BYTES,
    count: Math.max(3, Math.ceil((rateMbps * 1e6 * (rateMbps > 100 ? 1.5 : 0.5)) / 8 / PROMPT_BYTES)),
    gapMs: null,
  },
];

type Gathered = Map<string, Cell & { readonly shaped: number[]; readonly independent: number[] }>;

function gather(
  cells: Gathered,
  rateMbps: number,
  rttMs: number,
  arm: "shaped" | "independent",
  { load, direction, delaysMs, mbps }: Crossing,
): void {
  const key = [rateMbps, rttMs, load, direction].join();
  const cell = cells.get(key) ?? {
    rateMbps,
    rttMs,
    load,
    direction,
    unit: mbps === null ? "ms" : "Mbit/s",
    shaped: [],
    independent: [],
  };
  cell[arm].push(...(mbps === null ? delaysMs : [mbps]));
  cells.set(key, cell);
}

const middle = (samples: readonly number[]): number => median(samples) ?? Number.NaN;
const difference = ({ shaped, independent }: Cell): number => middle(shaped) - middle(independent);

/** One small message alone is the bucket's burst, not its rate. */
const comparable = ({ load, rateMbps }: Cell): boolean =>
  load !== "a token's frame" || (TOKEN_BYTES * 8) / (rateMbps * 1000) <= TOLERANCE.ms;

function holds(cell: Cell): boolean {
  const off = Math.abs(difference(cell));
  return off <= TOLERANCE.share * middle(cell.independent) || (cell.unit === "ms" && off <= TOLERANCE.ms);
}

async function measureAll(
  page: Page,
  far: FarSide,
): Promise<{ readonly cells: readonly Cell[]; readonly clocksMs: number; readonly kind: Kind }> {
  const cells: Gathered = new Map();
  let clocksMs = 0;
  let kind: Kind = "netem";
  const syncUrl = `ws://${PAIRS.plain.far}:${PORT}`;
  for (const rateMbps of flags.rates.split(",").map(Number)) {
    for (const rttMs of flags.rtts.split(",").map(Number)) {
      kind = await hold(rateMbps, rttMs, far, false);
      const figures: LinkFigures = { uplinkMbps: rateMbps, downlinkMbps: rateMbps, rttMs, jitterMs: 0, loss: 0 };
      const held = `ws://${PAIRS.held.far}`;
      const arms = {
        shaped: { url: syncUrl, bulkUrl: syncUrl, figures },
        // A relay that computes for every chunk would hold up fast links by itself: the rate is the token bucket's alone.
        independent: {
          url: `${held}:${kind === "netem" ? PORT : RELAY_PORT}`,
          bulkUrl: `${held}:${PORT}`,
          figures: null,
        },
      } as const;
      for (const inARow of [false, true]) {
        await hold(rateMbps, rttMs, far, inARow);
        const loads = loadsFor(rateMbps).filter(({ gapMs }) => (gapMs === null) === inARow);
        for (let round = 0; round < Number(flags.rounds); round++) {
          for (const arm of round % 2 === 0
            ? (["shaped", "independent"] as const)
            : (["independent", "shaped"] as const)) {
            const result = await page.evaluate((request) => window.harness?.link(request), {
              ...arms[arm],
              syncUrl,
              loads,
            });
            if (result === undefined) throw new Error("the harness is not there");
            clocksMs = Math.max(clocksMs, result.clocksMs);
            for (const crossing of result.crossings) gather(cells, rateMbps, rttMs, arm, crossing);
          }
        }
      }
      console.log(`${rateMbps} Mbit/s, RTT ${rttMs} ms: measured`);
    }
  }
  return { cells: [...cells.values()], clocksMs, kind };
}

/** New interfaces make a browser give up what it is loading: then it is loaded again. */
async function harnessPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  for (let tries = 3; ; tries--) {
    try {
      await page.goto(`http://127.0.0.1:${HARNESS_PORT}/e2e/harness/index.html`);
      await page.waitForFunction(() => window.harness !== undefined, undefined, { timeout: 20_000 });
      return page;
    } catch (thrown) {
      if (tries === 0) throw thrown;
    }
  }
}

function markdown(cells: readonly Cell[], provenance: Readonly<Record<string, string | number>>): string {
  const spread = (samples: readonly number[]): string =>
    `${(quantile(samples, 0.25) ?? Number.NaN).toFixed(2)} to ${(quantile(samples, 0.75) ?? Number.NaN).toFixed(2)}`;
  const rows = cells.map((cell) => {
    const verdict = comparable(cell) ? (holds(cell) ? "holds" : "does not hold") : "not compared: the bucket's burst";
    const figure = (samples: readonly number[]): string =>
      `${middle(samples).toFixed(2)} ${cell.unit} (${spread(samples)}, n ${samples.length})`;
    return `| ${cell.rateMbps} | ${cell.rttMs} | ${cell.load}, ${cell.direction} | ${figure(cell.shaped)} | ${figure(cell.independent)} | ${difference(cell).toFixed(2)} ${cell.unit}, ${((difference(cell) / middle(cell.independent)) * 100).toFixed(1)}% | ${verdict} |`;
  });
  const judged = cells.filter(comparable);
  return [
    "# The shaped link against an independent one",
    "",
    ...Object.entries(provenance).map(([key, value]) => `- ${key}: ${value}`),
    `- required: within ${TOLERANCE.share * 100}% or ${TOLERANCE.ms} ms; ${judged.filter(holds).length} of ${judged.length} comparisons hold`,
    "",
    "One-way delays of single messages, and the throughput of many in a row; median (quartiles, n). The rates are of what messages carry; the kernel counts Ethernet frames, so its own is set 1,514/1,448 higher.",
    "",
    "| Mbit/s | RTT, ms | load | shaped | independent | difference | |",
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error(NO_BROWSER);
  const busy = await requireQuiet(flags.anyway);
  openNamespace();
  const far = await startFarSide();
  const vite = await createServer({
    root,
    logLevel: "error",
    cacheDir: ".cache/harness",
    server: { port: HARNESS_PORT, strictPort: true, host: "127.0.0.1", hmr: false, watch: null },
  });
  await vite.listen();
  const browser = await chromium.launch({ executablePath, args: [...BROWSER_FLAGS] });
  try {
    const page = await harnessPage(browser);
    const { cells, clocksMs, kind } = await measureAll(page, far);
    const provenance = {
      date: new Date().toISOString(),
      commit: BUILD.commit,
      machine: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
      "the independent link": kind,
      "the clocks of both ends agree to": `${clocksMs.toFixed(2)} ms`,
      "busy with other things": `${(busy * 100).toFixed(0)}%`,
      rounds: Number(flags.rounds),
    };
    await mkdir(flags.out, { recursive: true });
    await writeFile(
      join(flags.out, "link.json"),
      `${JSON.stringify({ schema: 1, provenance, cells: cells.map((cell) => ({ ...cell, comparable: comparable(cell), holds: holds(cell) })) }, null, 1)}\n`,
    );
    await writeFile(join(flags.out, "link.md"), markdown(cells, provenance));
    console.log(markdown(cells, provenance));
  } finally {
    await browser.close();
    await vite.close();
    far.stop();
    closeNamespace();
  }
}

declare global {
  interface Window {
    harness?: Harness;
  }
}

await main();
