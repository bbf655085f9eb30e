/**
 * `npm run load`: clients on one edge server, without a browser. One of them computes (in Node, on
 * this machine), the others are simulated devices that repeat what it sent over sessions and
 * sockets of their own, at its pace; the edge's work is real for all. The same is a key of every
 * run, `clients`, and so of the page and of `npm run bench`; this is for an edge somewhere else, or
 * a quick look. Starts an edge server of its own unless told of one.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientsOf, perTokenOf, servedPerSecond, unfairnessOf } from "#core/measure/clients.ts";
import { quantile } from "#core/measure/summary.ts";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { Failed, unwrap } from "#core/run/failure.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { nodeWorld } from "#node/node-world.ts";
import { startEdge } from "./edge-process.ts";
import { readFlags } from "./read-flags.ts";

const HELP = `npm run load -- [options]

  --clients 1,8,32         clients at a time, one after the other
  --modes edge-only,split  strategies; every one that uses an edge, but cooperative and score
  --set key=value          any other key of a run (cut=50%, link=rtt:20, maxTokens=24); may be repeated
  --edge URL               an edge server that runs already; it must serve the models of public/models
  --port N                 of the edge server that is started otherwise (8188)
  --json                   whole records as JSON Lines, in place of the table`;

const root = fileURLToPath(new URL("../..", import.meta.url));

const { values } = readFlags({
  options: {
    clients: { type: "string", default: "1,2,4,8,16" },
    modes: { type: "string", default: "edge-only,split,speculative" },
    set: { type: "string", multiple: true, default: [] },
    edge: { type: "string" },
    port: { type: "string", default: "8188" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const own =
    values.edge === undefined ? await startEdge(Number(values.port), ["--threads", "1", "--log-level", "warn"]) : null;
  const engine = createEngine(nodeWorld({ models: join(root, "public/models"), edge: values.edge ?? own?.url ?? "" }));
  try {
    if (!values.json)
      console.log(
        row([
          "strategy",
          "clients",
          "TTFT p50",
          "p95, ms",
          "TPOT p50",
          "p95, ms",
          "slow/fast",
          "queue, ms",
          "edge, ms",
          "tokens/s",
          "same",
        ]),
      );
    for (const mode of values.modes.split(","))
      for (const clients of values.clients.split(","))
        console.log(
          values.json
            ? JSON.stringify(await run(engine, mode, clients))
            : figures(mode, await run(engine, mode, clients)),
        );
  } finally {
    await engine.release();
    await own?.stop("SIGTERM");
  }
}

/** Once to warm up, uncounted; then measured. */
async function run(engine: Engine, mode: string, clients: string): Promise<RunRecord> {
  const settings = Object.fromEntries(
    values.set.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );
  const config = unwrap(
    parseConfig({
      model: "concierge-10m",
      prompt: "Find me an Italian restaurant in San Jose, please.",
      maxTokens: 24,
      link: "rtt:20",
      ...settings,
      mode,
      clients,
    }),
  );
  await engine.run(
    { ...config, clients: 1, maxTokens: 3 },
    { check: false, fresh: true },
    () => undefined,
    new Cancellation(),
  );
  const record = await engine.run(config, { fresh: true }, () => undefined, new Cancellation());
  if (record.finish.kind === "failed") throw new Failed(record.finish.failure);
  return record;
}

function figures(mode: string, record: RunRecord): string {
  const clients = clientsOf(record);
  const at = (of: "ttftMs" | "tpotMs", q: number): string =>
    shown(
      quantile(
        clients.flatMap((client) => client[of] ?? []),
        q,
      ),
    );
  const exact = record.agreement.kind === "checked" && record.agreement.exact && clients.every(({ same }) => same);
  return row([
    mode,
    String(clients.length),
    at("ttftMs", 0.5),
    at("ttftMs", 0.95),
    at("tpotMs", 0.5),
    at("tpotMs", 0.95),
    shown(unfairnessOf(clients)),
    shown(perTokenOf(clients, "queueMs")),
    shown(perTokenOf(clients, "edgeMs")),
    servedPerSecond(clients).toFixed(0),
    exact ? "yes" : "NO",
  ]);
}

const shown = (value: number | null): string => (value === null ? "" : value.toFixed(2));
const row = ([first = "", ...cells]: readonly string[]): string =>
  `${first.padEnd(18)}${cells.map((cell) => cell.padStart(10)).join("")}`;

try {
  await main();
} catch (thrown) {
  console.error(thrown instanceof Failed ? Object.values(describeFailure(thrown.failure)).join(" ") : thrown);
  process.exitCode = 1;
}
