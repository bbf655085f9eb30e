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
import { campaign, faultsOf, type CampaignFigures } from "./fuzz/campaign.ts";
import { HOSTILE, treatAll } from "./fuzz/hostile-http.ts";
import { readFlags } from "./read-flags.ts";

const HELP = `npm run fuzz -- [options]

  --frames N     frames to send at least (100000)
  --seed N       what they are made from (1)
  --from N       number of the first episode (0): a campaign in several parts
  --only N       that episode alone
  --parallel N   hostile clients at a time (8)
  --no-http      frames alone, without the corpus of HTTP
  --port N       of the edge server, which is started for it (8189)
  --json FILE    all figures
Ctrl-C ends it with the figures so far.`;

/** Sessions of clients that were cut off end within seconds, so that whatever is left is a leak. */
const EDGE_FLAGS = ["--threads", "1", "--log-level", "error", "--idle-timeout", "2"];
const MODEL = "concierge-10m";
const root = fileURLToPath(new URL("../..", import.meta.url));

const { values } = readFlags({
  options: {
    frames: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    only: { type: "string" },
    parallel: { type: "string", default: "8" },
    http: { type: "boolean", default: true },
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
    parallel: whole("parallel", values.parallel, 1, 100),
    aloneMs: 2_000,
    stopped: () => stopped,
    progress: (frames: number, episodes: number) =>
      void (process.stderr.isTTY && process.stderr.write(`\r${frames} frames, ${episodes} episodes `)),
  };
  const { manifest } = unwrap(await openModelFolder(join(root, "public/models", MODEL)));
  const edge = await startEdge(port, EDGE_FLAGS);
  let said: readonly string[];
  try {
    const figures = await campaign({ ...parts, url: edge.url, target: manifest });
    const http = values.http && parts.only === null && !stopped ? await treatAll(port) : [];
    said = [...faultsOf(figures), ...http];
    report(figures, http);
    if (values.json !== undefined)
      await writeFile(values.json, `${JSON.stringify({ ...figures, http, said }, null, 2)}\n`);
  } finally {
    await edge.stop("SIGTERM");
  }
  if (edge.output() !== "") console.log(`The edge's log: ${edge.output().slice(0, 4000)}`);
  for (const text of said) console.log(`AGAINST IT: ${text}`);
  console.log(
    said.length === 0 ? "Nothing speaks against the edge." : `Again: npm run fuzz -- --seed ${seed} --only NUMBER`,
  );
  process.exitCode = said.length === 0 ? 0 : 1;
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
