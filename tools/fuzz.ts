/**
 * `npm run fuzz`: hostile clients on an edge server, over real sockets, beside one honest session whose every answer
 * must stay exact. Frames are made from the message table: as it has them, changed, cut short, out of order, foreign;
 * then a corpus of HTTP requests that no browser sends. Ends with 1 where anything speaks against the edge. Whatever
 * it finds is an episode's number, which `--seed s --only n` plays again. `npm test` runs a few thousand frames.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unwrap } from "#core/run/failure.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { startEdge } from "./edge-process.ts";
import { fuzzBeside } from "./fuzz/beside-command.ts";
import { campaign, faultsOf, type CampaignFigures, type CampaignParts } from "./fuzz/campaign.ts";
import { HOSTILE, treatAll } from "./fuzz/hostile-http.ts";
import { readFlags } from "./read-flags.ts";

const HELP = `npm run fuzz -- [options]

  --frames N     frames to send at least (100000)
  --seed N       what they are made from (1)
  --from N       number of the first episode (0): a campaign in several parts
  --only N       that episode alone
  --parallel N   hostile clients at a time (8; 20 with --beside)
  --no-http      frames alone, without the corpus of HTTP
  --beside       no frames: each known way to hold others up, by twenty clients at once, beside the honest session
  --seconds N    of each of those (8)
  --assault TEXT those alone whose name has it
  --port N       of the edge server, which is started for it (8189)
  --json FILE    all figures
Ctrl-C ends it with the figures so far.`;

/** Sessions of clients that were cut off end within seconds, so that whatever is left is a leak. */
const SHORT_IDLE = ["--idle-timeout", "2"];
const EDGE_FLAGS = ["--threads", "1", "--log-level", "error"];
const MODEL = "concierge-10m";
const root = fileURLToPath(new URL("../..", import.meta.url));

const { values } = readFlags({
  options: {
    frames: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    only: { type: "string" },
    parallel: { type: "string" },
    http: { type: "boolean", default: true },
    beside: { type: "boolean", default: false },
    seconds: { type: "string", default: "8" },
    assault: { type: "string" },
    port: { type: "string", default: "8189" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
  allowNegative: true,
});

function whole(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  process.stderr.write(`--${flag} takes a whole number from ${least} to ${most}, not "${text}".\n`);
  return process.exit(2);
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  let stopped = false;
  process.once("SIGINT", () => (stopped = true));
  const port = whole("port", values.port, 1, 65_535);
  const seed = whole("seed", values.seed, 0, 2 ** 31);
  const parts = {
    seed,
    frames: whole("frames", values.frames, 1, 1e9),
    from: whole("from", values.from, 0, 2 ** 31),
    only: values.only === undefined ? null : whole("only", values.only, 0, 2 ** 31),
    parallel: whole("parallel", values.parallel ?? (values.beside ? "20" : "8"), 1, 100),
    aloneMs: 2_000,
    stopped: () => stopped,
    progress: (frames: number, episodes: number) =>
      void (process.stderr.isTTY && process.stderr.write(`\r${frames} frames, ${episodes} episodes `)),
  };
  const { manifest } = unwrap(await openModelFolder(join(root, "public/models", MODEL)));
  const edge = await startEdge(port, [...EDGE_FLAGS, ...(values.beside ? [] : SHORT_IDLE)]);
  let said: readonly string[];
  try {
    const { url } = edge;
    const { parallel: clients } = parts;
    const seconds = whole("seconds", values.seconds, 1, 3_600);
    const named = values.assault ?? null;
    const result = values.beside
      ? await fuzzBeside({ url, target: manifest, clients, seconds, named, stopped: parts.stopped })
      : await fuzzFrames({ ...parts, url, target: manifest }, port);
    said = result.said;
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await edge.stop("SIGTERM");
  }
  if (edge.output() !== "") console.log(`The edge's log: ${edge.output().slice(0, 4000)}`);
  for (const text of said) console.log(`AGAINST IT: ${text}`);
  console.log(
    said.length === 0
      ? "Nothing speaks against the edge."
      : `Again: npm run fuzz -- ${values.beside ? "--beside --assault NAME" : `--seed ${seed} --only NUMBER`}`,
  );
  process.exitCode = said.length === 0 ? 0 : 1;
}

async function fuzzFrames(
  parts: CampaignParts,
  port: number,
): Promise<CampaignFigures & { readonly said: readonly string[] }> {
  const figures = await campaign(parts);
  const http = values.http && parts.only === null && !parts.stopped() ? await treatAll(port) : [];
  report(figures, http);
  const all = { ...figures, http };
  return { ...all, said: [...faultsOf(figures), ...http] };
}

function report(
  { frames, episodes, seconds, from, seed, ended, mutations, answers, honest, edge }: CampaignFigures,
  http: readonly string[],
): void {
  const listed = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const gaps = ({ gapP50Ms, gapP99Ms }: CampaignFigures["honest"]["alone"]): string =>
    `${gapP50Ms?.toFixed(1) ?? "?"} ms at p50, ${gapP99Ms?.toFixed(1) ?? "?"} at p99`;
  const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  console.log(`${frames} frames in ${episodes} episodes from ${from} on, seed ${seed}, ${seconds.toFixed(0)} s`);
  console.log(`sent: ${listed(mutations)}`);
  console.log(`ended: ${listed(ended)}`);
  console.log(`answered: ${listed(answers)}`);
  console.log(
    `honest: ${honest.beside.exact} of ${honest.beside.answers} answers exact; gaps ${gaps(honest.beside)}; alone ${gaps(honest.alone)}`,
  );
  if (edge !== null)
    console.log(
      `edge: ${megabytes(edge.before.residentBytes)} MB before, ${megabytes(edge.after.residentBytes)} after`,
    );
  console.log(`HTTP: ${HOSTILE.length} requests, ${http.length} findings`);
}

await main();
