/**
 * Files over HTTP onto the disk: whole and checked against their size and hash, or not there at all.
 * Large ones come in pieces over several connections. What is broken off stays beside the file, and is
 * gone on with the next time.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail } from "#core/run/failure.ts";
import { ask, bodyOf, Broken, persistently, type GetOptions } from "./http-get.ts";
import { forgetLines, PartFile, type Stretch } from "./part-file.ts";

export interface DownloadOptions extends GetOptions {
  readonly onProgress: (file: string, doneBytes: number, totalBytes: number | null) => void;
  /** Of one file; left out, 4. */
  readonly connections?: number;
  /** What one request asks for at most; left out, 16 MiB. */
  readonly pieceBytes?: number;
}

/** What a file's bytes have to come to: SHA-256, or the SHA-1 that git calls a file by. */
export interface FileHash {
  readonly kind: "sha256" | "git";
  readonly hex: string;
}

export interface RemoteFile {
  readonly url: string;
  readonly name: string;
  readonly bytes: number | null;
  /** Null where nobody says. */
  readonly hash: FileHash | null;
}

/** Puts the file at `path`, if there is none. Throws Failed: download-failed, shard-corrupt, access-denied, disk-full. */
export async function fetchFile(file: RemoteFile, path: string, options: DownloadOptions): Promise<void> {
  if ((await sizeOf(path)) !== null) return;
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const held = await filled(file, part, options);
  // A beginning that was wrong costs one more download.
  if (held > 0 && !(await isRight(part, file))) {
    await drop(part);
    await filled(file, part, options);
  }
  await keepIfRight(part, path, file.hash);
}

async function drop(part: string): Promise<void> {
  await rm(part, { force: true });
  await forgetLines(part);
}

/** Takes the name of the whole file, or is removed. Throws Failed: shard-corrupt. */
export async function keepIfRight(part: string, path: string, hash: FileHash | null): Promise<void> {
  if (!(await isRight(part, { bytes: null, hash }))) {
    await drop(part);
    fail({ code: "shard-corrupt", sha256: hash?.hex ?? "", from: "network" });
  }
  await rename(part, path);
  await forgetLines(part);
}

/** Whether the file on disk has the size and the hash that are known of it. */
export async function isRight(path: string, { bytes, hash }: Pick<RemoteFile, "bytes" | "hash">): Promise<boolean> {
  const size = await sizeOf(path);
  if (size === null || (bytes !== null && size !== bytes)) return false;
  return hash === null || (await hashOf(path, size, hash.kind)) === hash.hex;
}

/** The part file, whole; how much of it there had been. */
async function filled(file: RemoteFile, path: string, options: DownloadOptions): Promise<number> {
  const part = await PartFile.open(path);
  const { held } = part;
  try {
    await fill(file, part, options);
    return held;
  } finally {
    await part.close();
  }
}

const PIECE_BYTES = 16 << 20;

async function fill(file: RemoteFile, part: PartFile, options: DownloadOptions): Promise<void> {
  const { bytes } = file;
  const { pieceBytes = PIECE_BYTES, connections = 4 } = options;
  if (bytes === null || (part.held === 0 && bytes <= pieceBytes))
    return fetchStretch(file, part, { from: bytes === null ? part.beginning : 0, to: bytes }, options);
  const pieces = part.missing(bytes).flatMap((stretch) => piecesOf(stretch, pieceBytes));
  const take = async (): Promise<void> => {
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift())
      await fetchStretch(file, part, piece, options);
  };
  const stop = (thrown: unknown): never => {
    pieces.length = 0; // what the others have begun they finish
    throw thrown;
  };
  try {
    const ends = await Promise.allSettled(Array.from({ length: connections }, () => take().catch(stop)));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  } catch (thrown) {
    if (!(thrown instanceof WholeOnly)) throw thrown;
    await part.empty();
    await fetchStretch(file, part, { from: 0, to: bytes }, options);
  }
}

const piecesOf = ({ from, to }: Stretch, pieceBytes: number): readonly Stretch[] =>
  Array.from({ length: Math.ceil((to - from) / pieceBytes) }, (_, i) => ({
    from: from + i * pieceBytes,
    to: Math.min(from + (i + 1) * pieceBytes, to),
  }));

/** A server that answers a request for a part with the whole. */
class WholeOnly extends Error {}

/** Bytes [from, to) of the file, gone on with where an answer breaks off; `to` is null where nobody knows how many there are. */
async function fetchStretch(
  file: RemoteFile,
  part: PartFile,
  { from, to }: { readonly from: number; readonly to: number | null },
  options: DownloadOptions,
): Promise<void> {
  let at = from;
  const { url, name, bytes } = file;
  const alone = to === bytes && (bytes === null || from === 0);
  await persistently(url, options, async (moved) => {
    const whole = at === 0 && to === bytes;
    const range = whole ? {} : { range: `bytes=${at}-${to === null ? "" : to - 1}` };
    const answer = await ask(url, options, { "accept-encoding": "identity", ...range });
    try {
      if (!whole) at = startOf(file, answer.response, at, alone);
      for await (const chunk of bodyOf(answer)) {
        if (to !== null && at + chunk.length > to) failSize(file, `it goes on behind byte ${to}`);
        await part.write(at, chunk);
        at += chunk.length;
        moved();
        options.onProgress(name, part.held, bytes);
      }
    } finally {
      answer.stop();
    }
    if (to !== null && at < to) throw new Broken(`the answer ended at byte ${at} of ${to}`, null);
  });
}

/**
 * Where an answer begins that was asked for from byte `at`; a stretch that comes `alone` may begin anew.
 * Throws WholeOnly, Broken, Failed: download-failed.
 */
function startOf(file: RemoteFile, { status, headers }: Response, at: number, alone: boolean): number {
  const [, first, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
  if (file.bytes !== null && total !== undefined && Number(total) !== file.bytes)
    failSize(file, `it has ${total} bytes`);
  if (status === 416) failSize(file, `it ends before byte ${at}`);
  if (status === 206) {
    if (first !== undefined && Number(first) !== at)
      throw new Broken(`asked from byte ${at}, it began at ${first}`, 206);
    return at;
  }
  if (!alone) throw new WholeOnly();
  return 0;
}

function failSize({ url, bytes }: RemoteFile, what: string): never {
  fail({
    code: "download-failed",
    url,
    status: 200,
    why: `${what}, and was said to have ${bytes ?? "fewer"}`,
    advice:
      "The description and the file are of different commits: start again; if it stays so, leave HF_ENDPOINT out.",
  });
}

async function hashOf(path: string, size: number, kind: FileHash["kind"]): Promise<string> {
  const hash = kind === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

const sizeOf = async (path: string): Promise<number | null> => (await stat(path).catch(() => null))?.size ?? null;
