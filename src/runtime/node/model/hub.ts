/**
 * A model of the Hugging Face Hub as a folder on disk: the files we read, at one commit, fetched
 * once, resumed when broken off, checked against the Hub's own hashes on arrival and at every start, and
 * found again without a network. `HF_ENDPOINT` names another Hub, `HF_TOKEN` opens gated models, as for
 * their own tools. Source: the Hub's HTTP interface (/api/models/{id}/revision/{revision},
 * /{id}/resolve/{commit}/{file}).
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { partsOf } from "#core/model/formats/gguf/split.ts";
import { formatOf } from "#core/model/formats/registry.ts";
import { Failed, fail, type Failure } from "#core/run/failure.ts";
import { fetchFile, isRight, type DownloadOptions, type FileHash } from "./download.ts";
import { getText, PATIENT } from "./http-get.ts";
import { makeRoom, markOpen, readReference, writeReference, type HubFile, type Snapshot } from "./hub-cache.ts";

export interface HubOptions extends DownloadOptions {
  readonly endpoint: string;
  /** Where snapshots are kept. */
  readonly cache: string;
  /** What they may take there. */
  readonly limitBytes: number;
  /** For the person in front of the terminal. */
  readonly onNotice: (sentence: string) => void;
}

/** `hf:organisation/name`, with `/file.gguf` for one of several, and `@revision` if not main. */
const ADDRESS = /^hf:([\w.-]+)\/([\w.-]+?)(?:\/([\w.-]+\.gguf))?(?:@([\w./-]+))?$/;

export const isHubAddress = (model: string): boolean => ADDRESS.test(model);

interface Wanted {
  readonly address: string;
  readonly organisation: string;
  readonly name: string;
  /** Empty for all that belong to one model. */
  readonly file: string;
  readonly revision: string;
}

/**
 * The folder of the model at the address, or its file where that names one.
 * Throws Failed: download-failed, shard-corrupt, access-denied, disk-full, and what its format refuses with.
 */
export async function hubFolder(address: string, options: HubOptions): Promise<string> {
  const wanted = readAddress(address);
  const { organisation, name, file, revision } = wanted;
  const reference = join(
    options.cache,
    organisation,
    `${name}@${revision.replaceAll("/", "-")}${file === "" ? "" : `@${file}`}`,
  );
  const known = await readReference(reference);
  const { retry = PATIENT } = options;
  const asking = known === null ? options : { ...options, retry: { ...retry, attempts: 2 } }; // there is something to open
  const described = await describe(wanted, asking).catch((thrown: unknown) => {
    const failure = unreachable(thrown);
    if (known === null || failure === null) throw thrown;
    options.onNotice(
      `${options.endpoint} is out of reach (${failure.why}): ${address} is opened as it was fetched on ${known.fetched.toISOString().slice(0, 10)}, at commit ${known.commit.slice(0, 8)}. There may be a newer one.`,
    );
    return null;
  });
  const snapshot = described ?? known ?? fail({ code: "internal", where: "the Hub's cache", what: "nothing is known" });
  const folder = join(options.cache, organisation, snapshot.commit, name);
  await markOpen(folder);
  if (described === null) await mustBeThere(address, folder, snapshot);
  else await bring(wanted, folder, described, known, options);
  if (described !== null) await writeReference(reference, described);
  return join(folder, file);
}

function readAddress(address: string): Wanted {
  const [, organisation = "", name = "", file = "", revision = "main"] =
    ADDRESS.exec(address) ??
    fail({
      code: "bad-value",
      key: "--model",
      value: address,
      expected: "hf:organisation/name, hf:organisation/name/file.gguf, and @revision behind either",
    });
  return { address, organisation, name, file, revision };
}

/** The failure of a Hub that gave no answer, or none of use, however often it was asked; null for all others. */
function unreachable(thrown: unknown): Extract<Failure, { code: "download-failed" }> | null {
  if (!(thrown instanceof Failed) || thrown.failure.code !== "download-failed") return null;
  const { status } = thrown.failure;
  return status === null || status === 429 || status >= 500 ? thrown.failure : null;
}

/** Without a network: all files as they were. Throws Failed: model-broken. */
async function mustBeThere(address: string, folder: string, { files }: Snapshot): Promise<void> {
  for (const each of files)
    if (!(await isRight(join(folder, each.name), each)))
      fail({
        code: "model-broken",
        model: address,
        file: join(folder, each.name),
        what: "it is not what was fetched",
        advice: "Start again where the Hub can be reached: only this file is then fetched anew.",
      });
}

/** All files of the commit on disk. A failure is told with the commit that is there, where one is. */
async function bring(
  { organisation, name, file, revision }: Wanted,
  folder: string,
  { commit, files }: Snapshot,
  known: Snapshot | null,
  options: HubOptions,
): Promise<void> {
  const older = known === null || known.commit === commit ? null : known.commit;
  if (older !== null)
    options.onNotice(
      `${revision} of ${organisation}/${name} was ${older.slice(0, 8)} and is ${commit.slice(0, 8)} now.`,
    );
  try {
    for (const each of files) await dropIfWrong(join(folder, each.name), each, options);
    await makeRoom({ ...options, folder, files });
    const base = `${options.endpoint}/${organisation}/${name}/resolve/${commit}`;
    for (const each of files)
      await fetchFile({ ...each, url: `${base}/${each.name}` }, join(folder, each.name), options);
  } catch (thrown) {
    if (older !== null)
      options.onNotice(
        `The older commit is on disk: --model hf:${organisation}/${name}${file === "" ? "" : `/${file}`}@${older} opens it, if it is meant.`,
      );
    throw thrown;
  }
}

async function dropIfWrong(path: string, file: HubFile, { onNotice }: HubOptions): Promise<void> {
  if (await isRight(path, { bytes: null, hash: null })) {
    if (await isRight(path, file)) return;
    await rm(path);
    onNotice(`${path} is not what the Hub has: it is fetched anew.`);
  }
}

/** What the Hub says the revision is: its commit and the files of it that we read, or those that belong to `file`. */
async function describe({ organisation, name, file, revision }: Wanted, options: HubOptions): Promise<Snapshot> {
  const id = `${organisation}/${name}`;
  const url = `${options.endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const { sha, siblings } = readObject(await getText(url, options));
  if (typeof sha !== "string" || !/^[0-9a-f]{7,64}$/.test(sha) || !Array.isArray(siblings))
    return fail({
      code: "download-failed",
      url,
      status: 200,
      why: "the answer is not the Hub's description of a model",
      advice: "Set HF_ENDPOINT to a server that has the Hub's interface, or leave it out.",
    });
  const files = siblings.flatMap(readSibling);
  const all = files.map((each) => each.name);
  const names = new Set(file === "" ? all : all.filter((each) => partsOf(file).includes(each)));
  if (file !== "" && names.size === 0)
    fail({
      code: "download-failed",
      url,
      status: 404,
      why: `the repository has no ${file}`,
      advice: `It has ${
        all
          .filter((each) => each.endsWith(".gguf"))
          .slice(0, 8)
          .join(", ") || "no GGUF files"
      }.`,
    });
  const wanted = formatOf(id, names).wanted(id, names);
  return { commit: sha, files: files.filter((each) => wanted.has(each.name)) };
}

function readObject(text: string): { readonly sha?: unknown; readonly siblings?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function readSibling(sibling: unknown): HubFile[] {
  const { rfilename, size, blobId, lfs } = sibling as {
    rfilename?: unknown;
    size?: unknown;
    blobId?: unknown;
    lfs?: { sha256?: unknown } | null;
  };
  if (typeof rfilename !== "string" || !/^[\w.-]+$/.test(rfilename) || /^\.+/.test(rfilename)) return []; // none of folders below, or above
  return [{ name: rfilename, bytes: typeof size === "number" ? size : null, hash: hashIn(blobId, lfs?.sha256) }];
}

/** Large files are known by their SHA-256, small ones by what git calls them; of a large one that is its pointer. */
function hashIn(blobId: unknown, sha256: unknown): FileHash | null {
  if (typeof sha256 === "string") return { kind: "sha256", hex: sha256 };
  return typeof blobId === "string" ? { kind: "git", hex: blobId } : null;
}
