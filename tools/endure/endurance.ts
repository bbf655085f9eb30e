/**
 * Clients that go on asking while their connections are cut and their edge server is killed, at moments that a
 * seed decides. Every answer is compared with the uncut model's on this device.
 */
import { parseConfig } from "#core/run/config/parse-config.ts";
import type { Mode } from "#core/run/config.ts";
import { unwrap } from "#core/run/failure.ts";
import { seededRandom } from "#core/link/random.ts";
import type { RunRecord } from "#core/run/record.ts";
import { Cancellation } from "#engine/cancellation.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { balanceOver } from "#edge/testing/balancer.ts";
import { nodeWorld } from "#node/node-world.ts";

export interface Hurt {
  /** The server that answers at `port`, killed without a word. */
  kill(): Promise<void>;
  /** Resolves when it answers again. */
  start(): Promise<void>;
}

export interface EnduranceOptions {
  readonly models: string;
  readonly model: string;
  /** Of the edge server. */
  readonly port: number;
  readonly clients: number;
  readonly disconnects: number;
  readonly kills: number;
  readonly seed: number;
  /** Between one blow and the next, ms at least and at most. */
  readonly everyMs: readonly [number, number];
}

export interface EnduranceResult {
  readonly disconnects: number;
  readonly kills: number;
  readonly answers: number;
  readonly tokens: number;
  /** Runs that found no server at their beginning, and were told so. */
  readonly turnedAway: number;
  /** Answers during which the edge was away at least once. */
  readonly interrupted: number;
  /** Of an answer that was not the uncut model's, or that failed: which, and how. */
  readonly wrong: readonly string[];
}

const MODES: readonly Mode[] = ["split", "edge-only", "u-split"];
const PROMPTS = [
  "Play some jazz in the living room.",
  "Find me a museum in Berkeley.",
  "I need a taxi to the airport, please.",
  "Is there a dentist in San Jose?",
];
/** A blow cannot be longer than what a client waits for its edge. */
const PATIENCE_MS = 60_000;

const config = (model: string, mode: Mode, prompt: string) =>
  unwrap(parseConfig({ model, mode, cut: 1, tail: 1, codec: "f32", prompt, maxTokens: 32, edgeLoad: 4 }));

export async function endure(options: EnduranceOptions, hurt: Hurt): Promise<EnduranceResult> {
  const { models, model, port, clients } = options;
  const front = await balanceOver([port]);
  const engines = Array.from({ length: clients }, () => createEngine(nodeWorld({ models, edge: front.url })));
  const [first] = engines;
  if (first === undefined) throw new Error("at least one client");
  const whole = new Map<string, RunRecord>();
  for (const prompt of PROMPTS) whole.set(prompt, await run(first, config(model, "device-only", prompt)));

  let over = false;
  let [turnedAway, tokens] = [0, 0];
  const records: { readonly record: RunRecord; readonly what: string; readonly same: boolean }[] = [];
  async function ask(engine: Engine, client: number): Promise<void> {
    for (let n = client; !over; n++) {
      const prompt = PROMPTS[n % PROMPTS.length] ?? "";
      const mode = MODES[n % MODES.length] ?? "split";
      const record = await run(engine, config(model, mode, prompt), () => tokens++);
      if (isTurnedAway(record)) {
        turnedAway++;
        await pause(20);
        continue;
      }
      const same = record.tokenIds.join() === whole.get(prompt)?.tokenIds.join();
      records.push({ record, what: `${mode}, "${prompt}"`, same });
    }
  }
  const asking = Promise.all(engines.map(ask));
  const blows = { cut: (nth: number) => front.cut(nth), tokens: () => tokens };
  const struck = await strike(options, hurt, blows).finally(() => (over = true));
  await asking;
  await Promise.all(engines.map((engine) => engine.release()));
  await front.close();
  return {
    ...struck,
    turnedAway,
    answers: records.length,
    tokens: records.reduce((sum, { record }) => sum + record.tokens.length, 0),
    interrupted: records.filter(({ record: { outages = [] } }) => outages.length > 0).length,
    wrong: records.flatMap(({ record, what, same }) => {
      const { finish } = record;
      if (finish.kind === "failed") return [`${what}: ${JSON.stringify(finish.failure)}`];
      return same ? [] : [`${what}: other tokens`];
    }),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A run that begins while nobody is there is refused at once: it has nothing to lose. */
const isTurnedAway = ({ finish, tokens }: RunRecord): boolean =>
  tokens.length === 0 &&
  finish.kind === "failed" &&
  ["edge-unreachable", "edge-draining"].includes(finish.failure.code);

const run = (engine: Engine, asked: ReturnType<typeof config>, onToken = () => {}): Promise<RunRecord> =>
  engine.run(
    asked,
    { check: false, reconnectMs: PATIENCE_MS },
    (event) => event.kind === "token" && onToken(),
    new Cancellation(),
  );

/** All blows, in an order and at moments that the seed decides, none before a token has come since the last: there has to be something to hurt. */
async function strike(
  { disconnects, kills, seed, everyMs: [least, most] }: EnduranceOptions,
  hurt: Hurt,
  { cut, tokens }: { readonly cut: (nth: number) => boolean; readonly tokens: () => number },
): Promise<{ readonly disconnects: number; readonly kills: number }> {
  const random = seededRandom(seed);
  const done = { disconnects: 0, kills: 0 };
  while (done.disconnects < disconnects || done.kills < kills) {
    const seen = tokens();
    await pause(least + (most - least) * random());
    while (tokens() === seen) await pause(2);
    const left = disconnects - done.disconnects + kills - done.kills;
    if (random() * left < kills - done.kills) {
      await hurt.kill();
      done.kills++;
      await hurt.start();
    } else if (cut(Math.floor(random() * 1e6))) done.disconnects++;
  }
  return done;
}
