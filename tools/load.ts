/**
 * `npm run load`: many clients on one edge server for a while, without a browser. Every size of request is answered
 * once by a client that computes (in Node, on this machine) and is alone; then simulated devices send what it sent,
 * at its pace, over sessions and sockets of their own, and what the edge says to each is compared with what it said
 * to the one. Requests come from a file of real arrivals, Poisson, or as fast as they are answered.
 * Starts an edge server of its own unless told of one. The same for one answer is a key of every run, `clients`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { BUILD } from "#core/run/build.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { fail, Failed, unwrap } from "#core/run/failure.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { startEdge } from "./edge-process.ts";
import { paced, poissonArrivals, readArrivals, type Arrival } from "./load/arrivals.ts";
import { Drive, type Load } from "./load/drive.ts";
import { watched } from "./load/edge-figures.ts";
import { LOAD_HELP, readLoadOptions, type LoadOptions } from "./load/options.ts";
import { rehearse } from "./load/rehearsal.ts";
import { isWell, resultOf, tableHead, tableLines, type LoadResult } from "./load/result.ts";
import { distinctSizes, roundedSize, type Size, type SizesMost } from "./load/sizes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ARRIVALS_MOST_BYTES = 256 << 20;
interface Stand {
  readonly options: LoadOptions;
  readonly edge: string;
  readonly signal: Cancellation;
  readonly most: SizesMost;
  readonly arrivals: readonly Arrival[] | null;
}

async function main(options: LoadOptions): Promise<void> {
  const signal = new Cancellation();
  process.once("SIGINT", () => {
    process.stderr.write("Stopping with the results so far; once more ends at once.\n");
    signal.abort();
  });
  const most = await sizesMost(options);
  const arrivals = await arrivalsFor(options, most);
  const flags = ["--threads", "1", "--log-level", "warn", ...options.edgeFlags];
  const own = options.edge === null ? await startEdge(options.port, flags) : null;
  const results: LoadResult[] = [];
  try {
    const stand = { options, edge: options.edge ?? own?.url ?? "", signal, most, arrivals };
    if (options.json !== "-") console.log(tableHead());
    for (const mode of options.modes) await eachClients(stand, mode, (result) => void results.push(result));
  } catch (thrown) {
    if (!(thrown instanceof Failed && thrown.failure.code === "stopped")) throw thrown;
  } finally {
    await own?.stop("SIGTERM");
  }
  await writeResults(options, results);
  if (!results.every(isWell)) process.exitCode = 1;
}

async function eachClients(stand: Stand, mode: string, add: (result: LoadResult) => void): Promise<void> {
  const { options, edge, signal, most, arrivals } = stand;
  const { model, set, access } = options;
  const sizes = distinctSizes((arrivals ?? askedSizes(options, most)).map((each) => roundedSize(each, most)));
  const settings = { ...set, model, mode };
  const answers = await rehearse({ models: join(root, "public/models"), edge }, settings, sizes, access, signal);
  for (const clients of options.clients) {
    if (signal.aborted) return;
    const result = await once(stand, mode, clients, answers);
    add(result);
    if (options.json !== "-") for (const text of tableLines(result)) console.log(text);
  }
}

async function once(
  { options, edge, signal, most, arrivals }: Stand,
  mode: string,
  clients: number,
  answers: Load["answers"],
): Promise<LoadResult> {
  const { access, warmUpMs, durationMs, newSessions } = options;
  const active = Math.min(clients, options.active ?? clients);
  const links = { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice: () => undefined };
  const load: Load = {
    answers,
    clients,
    active,
    arrivals: arrivals?.map((each) => ({ atMs: each.atMs, ...roundedSize(each, most) })) ?? null,
    warmUpMs,
    durationMs,
    graceMs: 30_000,
    newSessions,
    openLink: () => socketChannel(edge, links),
  };
  const { worked, readings } = await watched(edge, access, (counting) =>
    new Drive(load, { clock: nodeClock, timer: nodeTimer }).run(signal, counting),
  );
  return resultOf(
    { mode, clients, active, arrivals: offered(options, arrivals), stopped: signal.aborted },
    worked,
    readings,
  );
}

const offered = (
  { arrivals: { kind }, warmUpMs, durationMs, seed }: LoadOptions,
  arrivals: Stand["arrivals"],
): LoadResult["arrivals"] => ({
  kind,
  perSecond: arrivals === null ? null : arrivals.length / ((warmUpMs + durationMs) / 1000),
  seed: kind === "poisson" ? seed : null,
});

/** Prompts at most half of the context, unless told otherwise; answers what is left. */
async function sizesMost({ model, promptMost, answerMost }: LoadOptions): Promise<SizesMost> {
  const { manifest } = unwrap(await openModelFolder(join(root, "public/models", model)));
  const { context } = manifest.architecture;
  return {
    context,
    promptTokens: Math.min(promptMost ?? Math.floor(context / 2), context - 1),
    answerTokens: Math.min(answerMost ?? Math.floor(context / 4), context - 1),
  };
}

const askedSizes = ({ promptTokens, answerTokens }: LoadOptions, most: SizesMost): readonly Size[] =>
  promptTokens.flatMap((prompt) =>
    answerTokens.map((answer) => roundedSize({ promptTokens: prompt, answerTokens: answer }, most)),
  );

/** Null where everybody asks again at once. Throws Failed: bad-value. */
async function arrivalsFor(options: LoadOptions, most: SizesMost): Promise<readonly Arrival[] | null> {
  const { arrivals, warmUpMs, durationMs, perSecond, seed } = options;
  const lastMs = warmUpMs + durationMs;
  if (arrivals.kind === "closed") return null;
  if (arrivals.kind === "poisson")
    return poissonArrivals({ perSecond: perSecond ?? 2, durationMs: lastMs, seed, sizes: askedSizes(options, most) });
  return unwrap(paced(unwrap(readArrivals(await textOf(arrivals.path))), lastMs, perSecond));
}

/** Plain or gzipped. Throws Failed: bad-value. */
async function textOf(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (zipped ? gunzipSync(bytes, { maxOutputLength: ARRIVALS_MOST_BYTES }) : bytes).toString("utf8");
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return fail({
      code: "bad-value",
      key: "arrivals",
      value: path,
      expected: `closed, poisson or a file that can be read (${why})`,
    });
  }
}

async function writeResults({ json, command }: LoadOptions, results: readonly LoadResult[]): Promise<void> {
  if (json === null) return;
  const text = `${JSON.stringify(
    {
      schema: 1,
      command,
      writtenAt: new Date().toISOString(),
      build: BUILD,
      node: process.versions.node,
      cores: availableParallelism(),
      loadAverage: loadavg()[0],
      results,
    },
    null,
    2,
  )}\n`;
  if (json === "-") process.stdout.write(text);
  else await writeFile(json, text);
}

try {
  const options = readLoadOptions(process.argv.slice(2));
  if (options.kind === "options") await main(options.options);
  else if (options.kind === "help") console.log(LOAD_HELP);
  else {
    console.error(options.sentence);
    process.exitCode = 2;
  }
} catch (thrown) {
  console.error(thrown instanceof Failed ? Object.values(describeFailure(thrown.failure)).join(" ") : thrown);
  process.exitCode = 1;
}
