/**
 * Files over HTTP onto the disk: whole and checked against their hash, or not there at all. What is
 * broken off stays beside the file as `.part`, and is gone on with the next time.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail } from "#core/run/failure.ts";

export interface DownloadOptions {
  readonly token: string | null;
  readonly fetch: typeof fetch;
  readonly onProgress: (file: string, doneBytes: number, totalBytes: number | null) => void;
}

export interface RemoteFile {
  readonly url: string;
  readonly name: string;
  readonly bytes: number | null;
  /** Null where nobody says. */
  readonly sha256: string | null;
}

/** Puts the file at `path`, if there is none. Throws Failed: download-failed, shard-corrupt, access-denied. */
export async function fetchFile(file: RemoteFile, path: string, options: DownloadOptions): Promise<void> {
  if ((await sizeOf(path)) !== null) return;
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const held = (await sizeOf(part)) ?? 0;
  if (file.bytes === null || held < file.bytes) await download(file, part, held, options);
  await keepIfRight(part, path, file.sha256);
}

/** Takes the name of the whole file, or is removed. Throws Failed: shard-corrupt. */
export async function keepIfRight(part: string, path: string, sha256: string | null): Promise<void> {
  if (sha256 !== null && (await hashOf(part)) !== sha256) {
    await rm(part);
    fail({ code: "shard-corrupt", sha256, from: "network" });
  }
  await rename(part, path);
}

async function download(file: RemoteFile, part: string, held: number, options: DownloadOptions): Promise<void> {
  const { url, name, bytes } = file;
  const response = await get(url, options, held > 0 ? { range: `bytes=${held}-` } : {});
  const resumed = response.status === 206;
  const body =
    response.body ?? fail({ code: "download-failed", url, status: response.status, why: "the answer has no body" });
  const handle = await open(part, resumed ? "a" : "w");
  try {
    let done = resumed ? held : 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      await handle.write(chunk);
      options.onProgress(name, (done += chunk.length), bytes);
    }
  } catch (thrown) {
    fail({ code: "download-failed", url, status: null, why: reasonOf(thrown) });
  } finally {
    await handle.close();
  }
}

/** The answer to a GET, which is a good one. Throws Failed: download-failed, access-denied. */
export async function get(
  url: string,
  { fetch, token }: Pick<DownloadOptions, "fetch" | "token">,
  headers: Record<string, string> = {},
): Promise<Response> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers: { ...headers, ...authorization } }).catch((thrown: unknown) =>
    fail({ code: "download-failed", url, status: null, why: reasonOf(thrown) }),
  );
  if (response.status === 401 || response.status === 403)
    fail({
      code: "access-denied",
      why: `${url} asks for a token: accept the model's licence on its page and set HF_TOKEN`,
    });
  if (!response.ok)
    fail({
      code: "download-failed",
      url,
      status: response.status,
      why: response.status === 404 ? "there is no such model, revision or file" : response.statusText,
    });
  return response;
}

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

const sizeOf = async (path: string): Promise<number | null> => (await stat(path).catch(() => null))?.size ?? null;
