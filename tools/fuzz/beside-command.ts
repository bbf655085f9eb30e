/** `npm run fuzz -- --beside`: each assault by hostile clients in a process of their own, and a line for what came of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Target } from "./episodes.ts";
import { ASSAULTS } from "./assaults.ts";
import { besideAll, besideFaults, type Siege } from "./beside.ts";

export interface BesideOptions {
  readonly url: string;
  readonly target: Target;
  readonly clients: number;
  readonly seconds: number;
  /** A part of an assault's name; null for all of them. */
  readonly named: string | null;
  readonly stopped: () => boolean;
}

const ALONE_MS = 2_000;

export async function fuzzBeside(options: BesideOptions): Promise<{
  readonly sieges: readonly Siege[];
  readonly said: readonly string[];
}> {
  const { url, target, clients, seconds, named, stopped } = options;
  const names = ASSAULTS.map(({ name }) => name).filter((name) => named === null || name.includes(named));
  console.log(`${clients} hostile clients at a time, ${seconds} s of each assault`);
  const begin = (name: string): Promise<() => Promise<number>> => attackers(url, name, clients);
  const sieges = await besideAll(
    { url, target, names, aloneMs: ALONE_MS, assaultMs: seconds * 1_000, settleMs: 1_000, begin, stopped },
    report,
  );
  return { sieges, said: sieges.flatMap(besideFaults) };
}

/** Resolves when they have begun; what it returns ends them and says how often they have played. */
async function attackers(url: string, name: string, clients: number): Promise<() => Promise<number>> {
  const module = process.argv[1]?.replace(/fuzz\.js$/, "fuzz-attackers.js") ?? "";
  const child = spawn(process.execPath, [module, url, name, String(clients)], { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  return async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, "exit");
    return Number(said.trim().split("\n")[1] ?? 0);
  };
}

function report(siege: Siege): void {
  const { name, plays, alone, honest, before, most } = siege;
  const ms = (value: number | null): string => value?.toFixed(1) ?? "?";
  const megabytes = (bytes: number | null): string => (bytes === null ? "?" : (bytes / 2 ** 20).toFixed(0));
  console.log(
    `${besideFaults(siege).length === 0 ? "held" : "NOT HELD"}: ${name}, played ${plays} times; ${honest.exact} of ${honest.answers} answers exact; gaps p50 ${ms(honest.gapP50Ms)}, p99 ${ms(honest.gapP99Ms)}, most ${ms(honest.gapMostMs)} ms of ${honest.gaps} (alone p50 ${ms(alone.gapP50Ms)}, p99 ${ms(alone.gapP99Ms)}, most ${ms(alone.gapMostMs)}); first token at most ${ms(honest.firstMostMs)} ms; memory ${megabytes(before)} MB before, at most ${megabytes(most)}`,
  );
}
