/** An edge server of one's own, for tests, benchmarks and recordings: it can be killed, restarted and given other flags. */
import { spawn } from "node:child_process";
import { edgeEnvironment } from "./edge-environment.mjs";

export interface EdgeProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything it has written. */
  output(): string;
  /** Exit code, or the signal that ended it. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | string>;
}

/** Resolves when /healthz answers. The working directory is the repository's root, for tests and benchmarks alike. */
export async function startEdge(port: number, flags: readonly string[] = []): Promise<EdgeProcess> {
  const child = spawn(
    process.execPath,
    ["dist/edge/main.js", "--host", "127.0.0.1", "--port", String(port), ...flags],
    { env: edgeEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
  );
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const output = (): string => Buffer.concat(chunks).toString();
  const exited = new Promise<number | string>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown")),
  );
  const url = `http://127.0.0.1:${port}/`;
  await untilUp(`${url}healthz`, () => child.exitCode === null, output);
  return {
    url,
    pid: child.pid ?? 0,
    output,
    async stop(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

async function untilUp(url: string, alive: () => boolean, output: () => string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (!alive()) throw new Error(`the edge server ended: ${output()}`);
    if (
      await fetch(url).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the edge server does not answer: ${output()}`);
}
