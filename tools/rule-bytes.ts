/**
 * `npm run bench:bytes`: what each verification rule puts on the wire for a token that stands. Every
 * rule answers the same held-out prompts, drafting with concierge-1m for concierge-10m; both tiers
 * run in this machine's Node, joined by a real socket, and bytes are counted on real messages, both
 * directions. Bytes do not depend on how busy the machine is.
 *
 * --prompts N (40), --temperature T (0.8), --length N (4), --tokens N (40), --rules NAMES (all),
 * --draft MODEL (concierge-1m, or lookup), --port N
 */
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quantile } from "#core/measure/summary.ts";
import { unwrap } from "#core/run/failure.ts";
import { isRecord } from "#core/schema/json.ts";
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { RunRecord } from "#core/run/record.ts";
import { allRules } from "#core/speculation/rules/registry.ts";
import type { Rule } from "#core/speculation/rules/rule.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { createModelHost } from "#engine/model/model-host.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import type { ModelSource } from "#engine/run/world.ts";
import { nodeClock, nodeTimer } from "#node/host/clock.ts";
import { openModelFolder } from "#node/model/model-folder.ts";
import { nodeRuntime } from "#node/model/onnx-runtime.ts";
import { connectNodeSocket } from "#node/link/socket.ts";
import { openTokenizer } from "#node/model/tokenizer.ts";
import { startEdge } from "./edge-process.ts";
import { readFlags } from "./read-flags.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TARGET = "concierge-10m";
const DRAFT = "concierge-1m";

async function sourceOf(name: string): Promise<ModelSource> {
  const folder = unwrap(await openModelFolder(join(root, "public/models", name)));
  return {
    manifest: folder.manifest,
    tokenizer: await openTokenizer(folder),
    shards: { get: (shard) => folder.readShard(shard), holds: () => Promise.resolve(true) },
  };
}

/** The device: an engine over Node, with a socket to `url`. */
async function deviceTo(url: string): Promise<Engine> {
  const models = new Map([
    [TARGET, await sourceOf(TARGET)],
    [DRAFT, await sourceOf(DRAFT)],
  ]);
  const none = (what: string) => (): Promise<never> => Promise.reject(new Error(`no ${what} here`));
  return createEngine({
    clock: nodeClock,
    openModel: (name) => Promise.resolve(models.get(name) ?? none(`model ${name}`)()),
    openHost: async ({ manifest, readShard }) =>
      createModelHost(await nodeRuntime({ backend: "cpu", threads: 1, grain: "segment" }), manifest, readShard),
    openGenerator: none("generator"),
    openTrace: none("trace"),
    openLink: (_edge, onNotice) =>
      Promise.resolve(socketChannel(url, { connect: connectNodeSocket, clock: nodeClock, timer: nodeTimer, onNotice })),
    facts: () => ({
      commit: "",
      startedAt: new Date().toISOString(),
      browser: "Node",
      cores: cpus().length,
      clockResolutionMs: 0,
      hidden: false,
    }),
  });
}

/** Evenly spread over the held-out set. */
async function heldOutPrompts(count: number): Promise<readonly string[]> {
  const lines = (await readFile(join(root, "public/prompts/heldout.jsonl"), "utf8")).trim().split("\n");
  return Array.from({ length: Math.min(count, lines.length) }, (_, index) => {
    const entry: unknown = JSON.parse(lines[Math.floor((index * lines.length) / count)] ?? "");
    return isRecord(entry) && typeof entry["prompt"] === "string" ? entry["prompt"] : "";
  });
}

/** One answer's windows, that of the prompt left out. */
interface Counted {
  readonly bytes: number;
  readonly drafted: number;
  readonly judged: number;
  readonly accepted: number;
  readonly gained: number;
  readonly passes: number;
}

function countedOf({ finish, rounds = [] }: RunRecord): Counted {
  if (finish.kind === "failed") throw new Error(JSON.stringify(finish.failure));
  const later = rounds.slice(1);
  const sum = (of: (round: (typeof later)[number]) => number): number =>
    later.reduce((total, round) => total + of(round), 0);
  return {
    bytes: sum(({ upBytes, downBytes }) => upBytes + downBytes),
    drafted: sum(({ drafted }) => drafted.length),
    judged: sum(({ fates }) => fates.filter((fate) => fate !== "wasted").length),
    accepted: sum(({ accepted }) => accepted),
    gained: sum(({ gained }) => gained),
    passes: later.length,
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");

function row(rule: Rule, all: readonly Counted[], vocabulary: number): string {
  const { name, lossless, temperatures } = rule;
  const total = (of: keyof Counted): number => all.reduce((sum, each) => sum + each[of], 0);
  const each = all.flatMap(({ bytes, accepted }) => (accepted > 0 ? [bytes / accepted] : []));
  const [low, high] = [quantile(each, 0.25) ?? NaN, quantile(each, 0.75) ?? NaN];
  const cells = [
    `\`${name}\`${temperatures === "zero" ? ", at temperature 0" : ""}`,
    lossless === "exact" ? "token for token" : "in distribution",
    whole(rule.bytesPerToken(vocabulary)),
    `${whole(total("bytes") / total("accepted"))} (${whole(low)} to ${whole(high)})`,
    whole(total("bytes") / total("gained")),
    (total("accepted") / total("judged")).toFixed(2),
    (total("gained") / total("passes")).toFixed(2),
    whole(total("accepted")),
  ];
  return `| ${cells.join(" | ")} |`;
}

const { values } = readFlags({
  options: {
    prompts: { type: "string", default: "40" },
    temperature: { type: "string", default: "0.8" },
    length: { type: "string", default: "4" },
    tokens: { type: "string", default: "40" },
    draft: { type: "string", default: DRAFT },
    rules: {
      type: "string",
      default: allRules()
        .map(({ name }) => name)
        .join(","),
    },
    port: { type: "string", default: "8149" },
  },
});
const port = Number(values.port);
const edge = await startEdge(port, ["--log-level", "warn"]);
const device = await deviceTo(edge.url);
try {
  const prompts = await heldOutPrompts(Number(values.prompts));
  const { vocabulary } = (await sourceOf(TARGET)).manifest.architecture;
  console.log(
    `${prompts.length} held-out prompts, drafted by ${values.draft}, temperature ${values.temperature}, ${values.length} drafted a window, at most ${values.tokens} tokens an answer; quartiles over prompts in brackets.\n`,
  );
  console.log(
    "| rule | lossless | evidence a drafted token | bytes an accepted token | bytes a token | stood | tokens a pass | accepted |\n|---|---|---|---|---|---|---|---|",
  );
  for (const rule of allRules().filter(({ name }) => values.rules.split(",").includes(name))) {
    const temperature = rule.temperatures === "zero" ? "0" : values.temperature;
    const counted: Counted[] = [];
    for (const [seed, prompt] of prompts.entries()) {
      const config = unwrap(
        parseConfig({
          mode: "speculative",
          model: TARGET,
          draftModel: values.draft,
          verify: rule.name,
          draftLength: values.length,
          maxTokens: values.tokens,
          temperature,
          seed,
          prompt,
        }),
      );
      counted.push(
        countedOf(await device.run(config, { fresh: true, check: false }, () => undefined, new Cancellation())),
      );
    }
    console.log(row(rule, counted, vocabulary));
  }
} finally {
  await device.release();
  await edge.stop("SIGTERM");
}
