/** The edge server as a process of its own, with its compute in worker threads. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

export interface EdgeProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has written to stderr so far. */
  readonly logs: () => string;
  readonly exited: Promise<number | null>;
}

export function startProcess(folder: string, ...words: readonly string[]): Promise<EdgeProcess> {
  const child = spawn(process.execPath, [join(folder, "main.js"), "--port", "0", "--host", "127.0.0.1", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let logs = "";
  child.stderr.on("data", (chunk: Buffer) => (logs += chunk.toString()));
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const url = /Cutlayer is at (\S+)\//.exec(said)?.[1];
      if (url !== undefined) resolve({ url, child, logs: () => logs, exited });
    });
    void exited.then((code) => reject(new Error(`it ended with code ${String(code)}: ${logs}`)));
  });
}
