/**
 * A model of the Hugging Face Hub as a folder on disk: the files we read, at one commit, fetched
 * once, resumed when broken off, checked against the Hub's own SHA-256, and found again without a
 * network. `HF_ENDPOINT` names another Hub, `HF_TOKEN` opens gated models, as for their own tools.
 * Source: the Hub's HTTP interface (/api/models/{id}/revision/{revision}, /{id}/resolve/{commit}/{file}).
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { partsOf } from "#core/model/formats/gguf/split.ts";
import { formatOf } from "#core/model/formats/registry.ts";
import { Failed, fail } from "#core/run/failure.ts";
import { fetchFile, get, type DownloadOptions, type RemoteFile } from "./download.ts";

export interface HubOptions extends DownloadOptions {
  readonly endpoint: string;
  /** Where snapshots are kept. */
  readonly cache: string;
}

/** `hf:organisation/name`, with `/file.gguf` for one of several, and `@revision` if not main. */
const ADDRESS = /^hf:([\w.-]+)\/([\w.-]+?)(?:\/([\w.-]+\.gguf))?(?:@([\w./-]+))?$/;

export const isHubAddress = (model: string): boolean => ADDRESS.test(model);

/** Small files have no hash: the Hub does not keep them as blobs of their own. */
type HubFile = Omit<RemoteFile, "url">;

/** The folder of the model at the address, or its file where that names one. Throws Failed: download-failed, shard-corrupt, access-denied. */
export async function hubFolder(address: string, options: HubOptions): Promise<string> {
  const [, organisation = "", name = "", file = "", revision = "main"] =
    ADDRESS.exec(address) ??
    fail({
      code: "bad-value",
      key: "--model",
      value: address,
      expected: "hf:organisation/name, hf:organisation/name/file.gguf, and @revision behind either",
    });
  const id = `${organisation}/${name}`;
  const reference = join(
    options.cache,
    organisation,
    `${name}@${revision.replaceAll("/", "-")}${file === "" ? "" : `@${file}`}`,
  );
  try {
    const { commit, files } = await snapshotOf(id, revision, file, options);
    const folder = join(options.cache, organisation, commit, name);
    for (const each of files)
      await fetchFile(
        { ...each, url: `${options.endpoint}/${id}/resolve/${commit}/${each.name}` },
        join(folder, each.name),
        options,
      );
    await writeFile(reference, commit);
    return join(folder, file);
  } catch (thrown) {
    const known = await readFile(reference, "utf8").catch(() => null); // fetched whole before: good without a network
    if (known !== null && isOffline(thrown)) return join(options.cache, organisation, known, name, file);
    throw thrown;
  }
}

const isOffline = (thrown: unknown): boolean =>
  thrown instanceof Failed && thrown.failure.code === "download-failed" && thrown.failure.status === null;

/** What the Hub says the revision is: its commit and the files of it that we read, or those that belong to `file`. */
async function snapshotOf(
  id: string,
  revision: string,
  file: string,
  options: HubOptions,
): Promise<{ commit: string; files: readonly HubFile[] }> {
  const url = `${options.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const answer: unknown = await (await get(url, options)).json();
  const { sha, siblings } = answer as { sha?: unknown; siblings?: unknown };
  if (typeof sha !== "string" || !/^[0-9a-f]{7,64}$/.test(sha) || !Array.isArray(siblings))
    return fail({
      code: "download-failed",
      url,
      status: 200,
      why: "the answer is not the Hub's description of a model",
    });
  const files = siblings.flatMap(readSibling);
  const all = files.map(({ name }) => name);
  const names = new Set(file === "" ? all : all.filter((name) => partsOf(file).includes(name)));
  if (file !== "" && names.size === 0)
    fail({ code: "download-failed", url, status: 404, why: `the repository has no ${file}` });
  const wanted = formatOf(id, names).wanted(id, names);
  return { commit: sha, files: files.filter(({ name }) => wanted.has(name)) };
}

function readSibling(sibling: unknown): HubFile[] {
  const { rfilename, size, lfs } = sibling as {
    rfilename?: unknown;
    size?: unknown;
    lfs?: { sha256?: unknown } | null;
  };
  if (typeof rfilename !== "string" || !/^[\w.-]+$/.test(rfilename)) return []; // none of folders below, or above
  const sha256 = lfs?.sha256;
  return [
    {
      name: rfilename,
      bytes: typeof size === "number" ? size : null,
      sha256: typeof sha256 === "string" ? sha256 : null,
    },
  ];
}
