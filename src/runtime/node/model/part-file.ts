/**
 * A file that arrives in pieces, from several connections at once: its bytes at their places in
 * `NAME.part`, and beside it, in `NAME.part.have`, a line for each stretch that is there. A line is
 * written behind its bytes, so that a process may be killed at any time. What is there at last is
 * judged by its hash, not by these lines.
 */
import { open, readFile, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { fail } from "#core/run/failure.ts";

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export class PartFile {
  readonly #path: string;
  readonly #data: FileHandle;
  readonly #lines: FileHandle;
  #have: readonly Stretch[];

  private constructor(path: string, data: FileHandle, lines: FileHandle, have: readonly Stretch[]) {
    this.#path = path;
    this.#data = data;
    this.#lines = lines;
    this.#have = have;
  }

  static async open(path: string): Promise<PartFile> {
    const data = await open(path, "r+").catch(() => onDisk(path, 0, () => open(path, "w+")));
    const { size } = await data.stat();
    const lines = await readFile(linesOf(path), "utf8").catch(() => null);
    // One without lines is the beginning of its file: so they were kept before there were several connections.
    const have = lines === null ? [{ from: 0, to: size }] : stretchesIn(lines, size);
    const part = new PartFile(path, data, await open(linesOf(path), "a"), joined(have));
    if (lines === null && size > 0) await part.#note(0, size);
    return part;
  }

  /** Bytes that are there. */
  get held(): number {
    return this.#have.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Where the beginning that is there ends. */
  get beginning(): number {
    const [first] = this.#have;
    return first?.from === 0 ? first.to : 0;
  }

  /** What is not there of a file of so many bytes. */
  missing(bytes: number): readonly Stretch[] {
    const edges = [0, ...this.#have.flatMap(({ from, to }) => [Math.min(from, bytes), Math.min(to, bytes)]), bytes];
    return Array.from({ length: edges.length / 2 }, (_, i) => ({
      from: edges[2 * i] ?? 0,
      to: edges[2 * i + 1] ?? 0,
    })).filter(({ from, to }) => from < to);
  }

  /** Throws Failed: disk-full. */
  async write(at: number, chunk: Uint8Array): Promise<void> {
    await onDisk(this.#path, chunk.length, async () => {
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await this.#data.write(chunk, done, chunk.length - done, at + done);
        done += bytesWritten;
      }
      await this.#note(at, at + chunk.length);
    });
    this.#have = joined([...this.#have, { from: at, to: at + chunk.length }]);
  }

  async #note(from: number, to: number): Promise<void> {
    await this.#lines.appendFile(`${from}-${to}\n`);
  }

  /** Nothing of it is of use. */
  async empty(): Promise<void> {
    await this.#data.truncate(0);
    await this.#lines.truncate(0);
    this.#have = [];
  }

  async close(): Promise<void> {
    await this.#data.close();
    await this.#lines.close();
  }
}

const linesOf = (path: string): string => `${path}.have`;

/** Once it is whole, or of no use. */
export const forgetLines = (path: string): Promise<void> => rm(linesOf(path), { force: true });

/** Bytes of a file that have arrived in `path`. */
export async function heldBytes(path: string): Promise<number> {
  const size = (await stat(path).catch(() => null))?.size ?? 0;
  const lines = await readFile(linesOf(path), "utf8").catch(() => null);
  if (lines === null) return size;
  return joined(stretchesIn(lines, size)).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** A last line that was cut off is none. */
const stretchesIn = (lines: string, size: number): readonly Stretch[] =>
  [...lines.matchAll(/^(\d+)-(\d+)\n/gm)]
    .map(([, from, to]) => ({ from: Number(from), to: Math.min(Number(to), size) }))
    .filter(({ from, to }) => from < to);

function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const row: { from: number; to: number }[] = [];
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = row.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else if (from < to) row.push({ from, to });
  }
  return row;
}

const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What `work` comes to. Throws Failed: disk-full, by what the system calls it. */
async function onDisk<T>(path: string, neededBytes: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && FULL.has(thrown.code))) throw thrown;
    return fail({ code: "disk-full", path: dirname(path), neededBytes, freeBytes: await freeBytes(dirname(path)) });
  }
}

/** Null where the system does not say. */
export async function freeBytes(folder: string): Promise<number | null> {
  const found = await statfs(folder).catch(() => null);
  return found === null ? null : found.bavail * found.bsize;
}
