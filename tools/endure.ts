/**
 * `npm run endure`: clients on an edge server whose connections are cut and which is killed and started again, at
 * moments that `--seed` decides. Ends with 1 where an answer was not the uncut model's. `npm test` does it for seconds.
 */
import { fileURLToPath } from "node:url";
import { startEdge, type EdgeProcess } from "./edge-process.ts";
import { endure } from "./endure/endurance.ts";
import { readFlags } from "./read-flags.ts";

const HELP = `npm run endure -- [options]

  --clients N        that ask at a time (6)
  --disconnects N    connections to cut (50)
  --kills N          times to kill the edge server, with SIGKILL (10)
  --model NAME       of the house models (concierge-1m)
  --seed N           which decides the moments (1)
  --port N           of the edge server, which is started for it (8190)`;

const root = fileURLToPath(new URL("../..", import.meta.url));

const { values } = readFlags({
  options: {
    clients: { type: "string", default: "6" },
    disconnects: { type: "string", default: "50" },
    kills: { type: "string", default: "10" },
    model: { type: "string", default: "concierge-1m" },
    seed: { type: "string", default: "1" },
    port: { type: "string", default: "8190" },
    help: { type: "boolean", default: false },
  },
});

function whole(flag: keyof typeof values, most: number): number {
  const text = String(values[flag]);
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value <= most) return value;
  process.stderr.write(`--${flag} takes a whole number up to ${most}, not "${text}".\n`);
  return process.exit(2);
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const port = whole("port", 65_535);
  let edge: EdgeProcess = await startEdge(port);
  const hurt = {
    kill: async () => void (await edge.stop("SIGKILL")),
    start: async () => {
      edge = await startEdge(port);
    },
  };
  const beganMs = performance.now();
  const result = await endure(
    {
      models: `${root}/public/models`,
      model: values.model,
      port,
      clients: Math.max(1, whole("clients", 64)),
      disconnects: whole("disconnects", 10_000),
      kills: whole("kills", 1_000),
      seed: whole("seed", 2 ** 31),
      everyMs: [50, 400],
    },
    hurt,
  );
  await edge.stop("SIGTERM");
  const { answers, tokens, interrupted, turnedAway, wrong, disconnects, kills } = result;
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(0);
  console.log(
    `${disconnects} connections cut and ${kills} servers killed in ${seconds} s: ${answers} answers of ${tokens} tokens, ${interrupted} of them interrupted, ${answers - wrong.length} exact; ${turnedAway} found no server at their beginning.`,
  );
  for (const each of wrong) console.log(`  ${each}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

await main();
