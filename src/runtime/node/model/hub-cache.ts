/**
 * What is kept of the Hub on disk: a folder for each model at a commit, and beside the organisation's
 * folders a reference for each address that was asked for, with the commit it came to and what its files
 * have to be. Folders that were not opened for longest go first where the cache has a limit; one that a
 * running process has open stays.
 */
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "#core/run/failure.ts";
import type { FileHash } from "./download.ts";
import { freeBytes, heldBytes } from "./part-file.ts";

/** A file of a repository, as the Hub describes it. */
export interface HubFile {
  readonly name: string;
  readonly bytes: number | null;
  readonly hash: FileHash | null;
}

export interface Snapshot {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** What an address came to the last time that all of it was there; null where it never was. */
export async function readReference(path: string): Promise<(Snapshot & { readonly fetched: Date }) | null> {
  try {
    const text = await readFile(path, "utf8");
    const { mtime } = await stat(path);
    // An older version kept the commit alone.
    return text.startsWith("{")
      ? { ...(JSON.parse(text) as Snapshot), fetched: mtime }
      : { commit: text.trim(), files: [], fetched: mtime };
  } catch {
    return null;
  }
}

export async function writeReference(path: string, { commit, files }: Snapshot): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ commit, files }));
}

const USER = /^\.in-use-(\d+)$/;

/** This process has it open: nobody's limit takes it away. */
export async function markOpen(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (USER.test(name) && !isAlive(name)) await rm(join(folder, name));
  await writeFile(join(folder, `.in-use-${process.pid}`), "");
  const now = new Date();
  await utimes(folder, now, now);
}

function isAlive(name: string): boolean {
  try {
    process.kill(Number(USER.exec(name)?.[1]), 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM"; // somebody else's
  }
}

export interface Room {
  readonly cache: string;
  /** The folder that files are to come into. */
  readonly folder: string;
  readonly files: readonly HubFile[];
  readonly limitBytes: number;
  readonly onNotice: (sentence: string) => void;
}

/** Sees to it that the files have room. Throws Failed: disk-full, before a byte is asked for. */
export async function makeRoom({ cache, folder, files, limitBytes, onNotice }: Room): Promise<void> {
  const whole = files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  if (whole > limitBytes) fail({ code: "disk-full", path: cache, neededBytes: whole, freeBytes: null, limitBytes });
  const others = (await snapshotsIn(cache)).filter(({ path }) => path !== folder);
  let kept = others.reduce((sum, { bytes }) => sum + bytes, whole);
  for (const { path, bytes, used } of others.toSorted((a, b) => a.openedAt - b.openedAt)) {
    if (kept <= limitBytes) break;
    if (used) continue;
    await rm(path, { recursive: true });
    kept -= bytes;
    onNotice(
      `${basename(path)} at ${basename(dirname(path)).slice(0, 8)} is deleted from ${cache}: the models there may take ${gigabytes(limitBytes)} (--hub-cache).`,
    );
  }
  const missing = await missingBytes(folder, files);
  const free = await freeBytes(folder);
  if (free !== null && missing > free) fail({ code: "disk-full", path: cache, neededBytes: missing, freeBytes: free });
}

async function missingBytes(folder: string, files: readonly HubFile[]): Promise<number> {
  let missing = 0;
  for (const { name, bytes } of files) {
    const there =
      (await stat(join(folder, name)).catch(() => null))?.size ?? (await heldBytes(join(folder, `${name}.part`)));
    missing += Math.max(0, (bytes ?? 0) - there);
  }
  return missing;
}

interface Kept {
  readonly path: string;
  readonly bytes: number;
  readonly openedAt: number;
  readonly used: boolean;
}

/** Each ORGANISATION/COMMIT/NAME, with what it takes. */
async function snapshotsIn(cache: string): Promise<readonly Kept[]> {
  const found: Kept[] = [];
  for (const organisation of await foldersIn(cache))
    for (const commit of await foldersIn(organisation))
      for (const path of await foldersIn(commit)) {
        const names = await readdir(path);
        const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).blocks * 512));
        found.push({
          path,
          bytes: sizes.reduce((sum, size) => sum + size, 0),
          openedAt: (await stat(path)).mtimeMs,
          used: names.some((name) => USER.test(name) && isAlive(name)),
        });
      }
  return found;
}

const foldersIn = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name));

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;
