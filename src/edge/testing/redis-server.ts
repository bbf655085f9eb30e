/** Debian's redis-server on a free port, in memory alone, for as long as a test runs. */
import { spawn, spawnSync } from "node:child_process";
import { freePort } from "./harness.ts";

export const HAS_REDIS = spawnSync("redis-server", ["--version"]).status === 0;

export interface RedisProcess {
  readonly url: string;
  stop(): Promise<void>;
  /** At the same place, with nothing in it. */
  start(): Promise<void>;
}

export async function startRedis(): Promise<RedisProcess> {
  const port = await freePort();
  let stop = await launch(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: () => stop(),
    start: async () => {
      stop = await launch(port);
    },
  };
}

async function launch(port: number): Promise<() => Promise<void>> {
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", words, { stdio: ["ignore", "pipe", "ignore"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => chunk.includes("Ready to accept connections") && resolve());
    void exited.then(() => reject(new Error("redis-server ended")));
  });
  return () => {
    child.kill("SIGKILL");
    return exited;
  };
}
