/**
 * The edge server's entry: reads the command line, opens the models, chooses the adapters and
 * starts. Everything else receives what is chosen here.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "lean-qr";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import type { WeightPrecision } from "#core/model/precision.ts";
import { Failed, unwrap } from "#core/run/failure.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { PATIENCE } from "#engine/link/socket-connection.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { hubFolder, isHubAddress, type HubOptions } from "#node/model/hub.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { reachableUrls } from "./addresses.ts";
import { certificateFor } from "./certificate.ts";
import type { Commons, CommonsState } from "./commons/commons.ts";
import { redisCommons } from "./commons/redis-commons.ts";
import { startWorker } from "./compute/worker.ts";
import { readOptions, USAGE, type EdgeOptions } from "./options.ts";
import { openPlugins, pluginLines } from "./plugins.ts";
import type { NextServers } from "./socket/sessions.ts";
import { startEdge, type EdgeModel, type EdgeServer } from "./server.ts";
import { createLog, errorFields, type Log } from "./status/log.ts";

/** Both src/edge and dist/edge lie two folders below it. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMPUTE_ENTRY = new URL("./compute-entry.js", import.meta.url);

function sorry(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

async function modelFolders({ models, hub }: EdgeOptions): Promise<readonly string[]> {
  const folders: string[] = [];
  // One after another: each has several connections, and room is made for one at a time.
  for (const model of models) folders.push(isHubAddress(model) ? await hubFolder(model, hubOptions(hub)) : model);
  if (folders.length > 0) return folders;
  const house = join(ROOT, "public/models");
  const entries = await readdir(house, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(house, entry.name))
    .sort();
}

/** The Hub as its own tools are told of it. */
function hubOptions({ folder, limitBytes }: EdgeOptions["hub"]): HubOptions {
  const { HF_ENDPOINT, HF_TOKEN } = process.env;
  let told = "";
  return {
    endpoint: (HF_ENDPOINT ?? "https://huggingface.co").replace(/\/$/, ""),
    token: HF_TOKEN ?? null,
    cache: folder ?? join(ROOT, ".cache/hub"),
    limitBytes,
    fetch,
    onNotice: (sentence) => void process.stdout.write(`${sentence}\n`),
    onProgress: (file, done, total) => {
      const line = total === null ? "" : `${file} ${10 * Math.floor((10 * done) / total)}%`;
      if (line !== told) process.stdout.write(`${line}\n`);
      told = line;
    },
  };
}

async function openModel(path: string, precision: WeightPrecision): Promise<EdgeModel> {
  const folder = unwrap(await openModelFolder(path, precision));
  const tokenizer = await openTokenizer(folder); // what is wrong with it is said at the start
  if ((await folder.file("tokenizer.json")) === null)
    process.stdout.write(`${folder.manifest.name} has no tokenizer.json: it takes promptIds, and no text.\n`);
  return { folder, tokenizer: () => Promise.resolve(tokenizer) };
}

async function openModels(options: EdgeOptions): Promise<readonly EdgeModel[]> {
  const opened = new Map<string, EdgeModel>();
  for (const path of await modelFolders(options)) {
    const model = await openModel(path, options.precision);
    const { name } = model.folder.manifest;
    if (opened.has(name))
      sorry(`Two models are called ${name}: ${opened.get(name)?.folder.path} and ${model.folder.path}.`);
    opened.set(name, model);
  }
  return [...opened.values()];
}

async function start(options: EdgeOptions, log: Log): Promise<EdgeServer> {
  const { backend, threads, precision } = options;
  const plugins = await openPlugins(options.plugins);
  const commons = await commonsOf(options, log);
  return startEdge({
    plugins,
    models: await openModels(options),
    // One thread owns the GPU; on the CPU models do not wait for each other.
    sharedCompute: backend === "webgpu",
    startCompute: (folders) =>
      startWorker(COMPUTE_ENTRY, {
        models: folders.map(({ manifest, path }) => ({ name: manifest.name, path })),
        backend,
        threads,
        precision,
        referenceIdleMs: 30_000,
        prefixBytes: options.prefixBytes,
        plugins: plugins.map(({ file, sha256, path }) => ({ file, sha256, path })),
      }),
    page: options.page ?? join(ROOT, "dist/page"),
    host: options.host,
    port: options.port,
    certificate: await certificateFor(options.tls, join(ROOT, ".cache/certificate")),
    allowedOrigins: options.allowedOrigins,
    allowedHosts: options.allowedHosts,
    trustForwarded: options.trustForwarded,
    accessToken: options.accessToken,
    upstream:
      options.upstream === null ? null : { url: options.upstream, key: process.env["UPSTREAM_API_KEY"] ?? null },
    ...(commons === null ? {} : { commons }),
    next: nextServers(options),
    limits: {
      sessions: options.sessions,
      sessionsPerAddress: options.sessionsPerAddress,
      kvBytes: options.kvBytes,
      idleTimeoutMs: options.idleTimeoutMs,
      queueLength: options.queueLength,
      batch: options.batch,
      pendingBytes: 64 << 20,
      retryAfterMs: 2_000,
      heartbeatMs: 15_000,
      helloTimeoutMs: 10_000,
      drainMs: options.drainMs,
    },
    log,
  });
}

/** Null where this server is alone. */
async function commonsOf({ redis, advertise, host, port, tls }: EdgeOptions, log: Log): Promise<Commons | null> {
  if (redis === null) return null;
  const scheme = tls.kind === "none" ? "http" : "https";
  const own = advertise ?? reachableUrls(scheme, host, port).at(-1) ?? "";
  const onState = (state: CommonsState, why: string): void =>
    state === "cut-off"
      ? log.warn({ why }, "Redis is out of reach: this server decides alone until it is back")
      : log.info({ own }, "what is shared is in reach");
  return redisCommons({ url: redis, own: own.replace(/\/+$/, ""), onState });
}

/** How long an edge server waits for the next: the tab in front of it is told rather than kept waiting. */
const NEXT_SERVER_MS = 8_000;

/** Over links that are as they are: what is shaped is the tab's. */
function nextServers({ next }: EdgeOptions): NextServers {
  const patience = { ...PATIENCE, backOff: { ...PATIENCE.backOff, forMs: NEXT_SERVER_MS } };
  const ports = { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice: () => undefined, patience };
  return new Map(next.map((url) => [url, socketChannel(url, ports)]));
}

/** For the person in front of the terminal; everything after it is logs. */
function greeting({ urls }: EdgeServer): string {
  const [here = "", ...elsewhere] = urls;
  const lines = [...pluginLines(), `Cutlayer is at ${here}`, ...elsewhere.map((url) => `On this network: ${url}`)];
  const first = elsewhere[0];
  if (first === undefined || !process.stdout.isTTY) return lines.join("\n");
  return [...lines, qrLines(first)].join("\n");
}

/** A text as a QR code in letters, light on a dark terminal; a line has two rows of it. */
function qrLines(text: string): string {
  const code = generate(text);
  const places = Array.from({ length: code.size + 2 * QUIET }, (_, i) => i - QUIET);
  const rows = places.filter((y) => (y + QUIET) % 2 === 0);
  return rows
    .map((y) => places.map((x) => HALVES[(code.get(x, y) ? 1 : 0) + (code.get(x, y + 1) ? 2 : 0)]).join(""))
    .join("\n");
}
/** Clear around a code, in its cells. */
const QUIET = 2;
/** Of two cells one above the other, those that are dark: none, the upper, the lower, both. */
const HALVES = ["\u2588", "\u2584", "\u2580", " "];

/** The first signal lets what is under way finish; the second does not wait. */
function heedSignals(server: EdgeServer, log: Log): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, "draining");
    server.drain().then(
      () => process.exit(0),
      (thrown: unknown) => {
        log.error(errorFields(thrown), "draining failed");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stop(signal));
}

/** Whatever escapes the handlers of a request costs that request, not everybody's server. */
function containFaults(log: Log): void {
  // A terminal that is gone takes no more lines, and saying so would be one more.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  process.on("uncaughtException", (thrown) => log.error(errorFields(thrown), "an uncaught error"));
  process.on("unhandledRejection", (thrown) => log.error(errorFields(thrown), "an unhandled rejection"));
}

function sentenceOf(thrown: unknown, { port }: EdgeOptions): string {
  if (thrown instanceof Failed) {
    const { title, detail, next } = describeFailure(thrown.failure);
    return [title, detail, next].join(" ");
  }
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  if (code === "EADDRINUSE") return `Port ${port} is taken by another program: give another one with --port.`;
  if (code === "EACCES") return `This user may not listen on port ${port}: give another one with --port.`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const read = readOptions(process.argv.slice(2));
if (read.kind === "help") process.stdout.write(USAGE);
else if (read.kind === "wrong") sorry(`${read.sentence}\n\n${USAGE}`);
else {
  // Logs on stderr: what is on stdout is for the person who started it.
  const log = createLog(read.options.logLevel, process.stderr);
  try {
    const server = await start(read.options, log);
    containFaults(log);
    heedSignals(server, log);
    process.stdout.write(`${greeting(server)}\n`);
    await server.warmUp();
  } catch (thrown) {
    sorry(sentenceOf(thrown, read.options));
  }
}
