/** Against a local server that behaves like the Hub, whose log says what was asked for. */
import { access, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeFailure } from "#core/run/failure/failure-text.ts";
import { Failed, type Failure } from "#core/run/failure.ts";
import { hubServer, type Asked, type HubServer, type Mishap } from "../testing/hub-server.ts";
import { safetensorsOf, TINY_CONFIG, tinyTensors } from "../testing/tiny-folder.ts";
import { hubFolder, isHubAddress, type HubOptions } from "./hub.ts";
import { openModelFolder } from "./model-folder.ts";

const HOUSE = new URL("../../../../public/models/concierge-1m/", import.meta.url).pathname;
const GGUF = new URL("gguf-golden/", import.meta.url);
const [OLD, NEW] = ["0123456789abcdef0123456789abcdef01234567", "fedcba9876543210fedcba9876543210fedcba98"];
const WEIGHTS = "model.safetensors";
const PARTS = [1, 2, 3].map((part) => `model-0000${part}-of-00003.safetensors`);

let hub: HubServer;
let cache: string;
let notices: string[];

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "cutlayer-hub-"));
  notices = [];
  hub = await hubServer();
  for (const name of ["tiny", "gated"])
    hub.repositories.set(`acme/${name}`, { commit: OLD, files: await house(), gated: name === "gated" });
  hub.repositories.set("acme/parts", { commit: OLD, files: inThreeParts() });
});
afterEach(async () => {
  await hub.close();
  await rm(cache, { recursive: true });
});

async function house(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(HOUSE)) files.set(name, await readFile(join(HOUSE, name)));
  for (const name of ["onnx/model.onnx", "pytorch_model.bin"]) files.set(name, Buffer.from("other"));
  return files;
}

/** The tiny model's tensors by turns, and files that are none of its. */
function inThreeParts(): Map<string, Buffer> {
  const tensors = tinyTensors("F32");
  const files = new Map(
    PARTS.map((name, part) => [
      name,
      Buffer.from(
        safetensorsOf(
          "F32",
          tensors.filter((_, i) => i % 3 === part),
        ),
      ),
    ]),
  );
  const weight_map = Object.fromEntries(tensors.map(({ name }, i) => [name, PARTS[i % 3]]));
  const json = { "config.json": TINY_CONFIG, "model.safetensors.index.json": { weight_map } };
  for (const [name, value] of Object.entries(json)) files.set(name, Buffer.from(JSON.stringify(value)));
  for (const name of ["consolidated.safetensors", "original/part.safetensors", "../../stray.safetensors"])
    files.set(name, Buffer.from("other"));
  return files;
}

const optionsWith = (more: Partial<HubOptions> = {}): HubOptions => ({
  endpoint: hub.endpoint,
  token: null,
  cache,
  limitBytes: 1e9,
  fetch,
  onProgress: () => undefined,
  onNotice: (sentence) => notices.push(sentence),
  retry: { attempts: 3, firstPauseMs: 1, stallMs: 200 },
  pieceBytes: 1 << 20,
  ...more,
});
const fetchFolder = (address = "hf:acme/tiny", more: Partial<HubOptions> = {}): Promise<string> =>
  hubFolder(address, optionsWith(more));

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => null,
    (each: unknown) => each,
  );
  return thrown instanceof Failed ? thrown.failure : expect.fail(`no failure: ${String(thrown)}`);
}
const opens = async (path: string): Promise<void> => expect(await openModelFolder(path)).toMatchObject({ ok: true });

/** Happens to the first `times` requests that it is about. */
function befall(about: (asked: Asked) => boolean, mishap: Mishap, times = Infinity): void {
  let left = times;
  hub.mishap = (asked) => (about(asked) && left-- > 0 ? mishap : null);
}
const ofWeights = ({ at, path }: Asked): boolean => at === "store" && path.endsWith("safetensors");
const pieces = (): number =>
  Math.ceil((hub.repositories.get("acme/tiny")?.files.get(WEIGHTS)?.length ?? 0) / (1 << 20));
const ofDescription = ({ path }: Asked): boolean => path.startsWith("/api/");

/** Whether these join from 0 to the end, each byte once. */
function onceEach(ranges: readonly (readonly [number, number])[], bytes: number): boolean {
  let end = 0;
  for (const [from, to] of ranges) {
    if (from !== end) return false;
    end = to;
  }
  return end === bytes;
}

describe("what is asked for", () => {
  test("of a checkpoint in three parts every byte once, over several connections, and of no other file one", async () => {
    await opens(await fetchFolder("hf:acme/parts", { pieceBytes: 20_000 }));
    const files = hub.repositories.get("acme/parts")?.files ?? new Map<string, Buffer>();
    for (const part of PARTS) {
      expect(hub.ranges(part).length).toBeGreaterThan(1);
      expect(onceEach(hub.ranges(part), files.get(part)?.length ?? 0)).toBe(true);
    }
    const store = hub.log.filter(({ at }) => at === "store").map(({ path }) => path.split("/").at(-1));
    expect(new Set(store)).toEqual(new Set(["config.json", ...PARTS, "model.safetensors.index.json"]));
  });

  test("the token is for the Hub, not for the store that it points to", async () => {
    await fetchFolder("hf:acme/gated", { token: "secret" });
    expect(new Set(hub.log.filter(({ at }) => at === "hub").map(({ token }) => token))).toEqual(
      new Set(["Bearer secret"]),
    );
    expect(hub.log.some(({ at, token }) => at === "store" && token !== undefined)).toBe(false);
  });

  test("a model opens like any folder, under its own name, and the second time only its description is asked for", async () => {
    const folder = await fetchFolder();
    expect(await openModelFolder(folder)).toMatchObject({
      value: { manifest: { name: "tiny", parameters: 1_262_720 } },
    });
    expect(hub.log.some(({ path }) => /onnx|pytorch/.test(path))).toBe(false);
    hub.log.length = 0;
    expect(await fetchFolder()).toBe(folder);
    expect(hub.log.map(({ path }) => path)).toEqual(["/api/models/acme/tiny/revision/main"]);
  });

  test("of several GGUF files the one that the address names is fetched, and without a name none", async () => {
    const files = new Map<string, Buffer>();
    for (const name of ["gpt2.gguf", "qwen3.gguf"]) files.set(name, await readFile(new URL(name, GGUF)));
    hub.repositories.set("acme/quants", { commit: OLD, files });
    const path = await fetchFolder("hf:acme/quants/gpt2.gguf");
    expect(await openModelFolder(path)).toMatchObject({ ok: true, value: { manifest: { name: "gpt2" } } });
    expect(hub.log.some(({ path: each }) => each.endsWith("qwen3.gguf"))).toBe(false);
    expect(await failureOf(fetchFolder("hf:acme/quants"))).toMatchObject({
      what: "choice of GGUF files",
      advice: expect.stringContaining("/gpt2.gguf") as string,
    });
    expect(await failureOf(fetchFolder("hf:acme/quants/other.gguf"))).toMatchObject({
      status: 404,
      advice: "It has gpt2.gguf, qwen3.gguf.",
    });
  });
});

describe("what goes wrong on the way", () => {
  test.each<readonly [string, Mishap]>([
    ["a server that is busy", { kind: "status", status: 429, headers: { "retry-after": "0" } }],
    ["a server that fails", { kind: "status", status: 503 }],
    ["a connection that breaks", { kind: "break", after: 100_000 }],
    ["a connection that stalls", { kind: "stall", after: 100_000 }],
  ])("%s is asked again, for what is missing alone", async (_, mishap) => {
    befall(ofWeights, mishap, 2);
    await opens(await fetchFolder());
    const asked = hub.log.filter(ofWeights);
    expect(asked).toHaveLength(pieces() + 2);
    // How much had come before a connection broke is the network's.
    if (mishap.kind !== "status") expect(asked.some(({ range }) => (range?.[0] ?? 0) % (1 << 20) !== 0)).toBe(true);
  });

  test("a store without ranges gives the whole on one connection", async () => {
    befall(ofWeights, { kind: "no-ranges" });
    await opens(await fetchFolder());
  });

  test.each<readonly [string, () => void, object, string]>([
    [
      "too many requests",
      () => befall(ofWeights, { kind: "status", status: 429, headers: { "retry-after": "900" } }),
      { code: "download-failed", status: 429, why: "it takes no more requests for now and asks to wait 900 s" },
      "Wait",
    ],
    [
      "a file that is gone",
      () => befall(ofWeights, { kind: "status", status: 404 }),
      { code: "download-failed", status: 404 },
      "Compare the name",
    ],
    [
      "no connection that lasts",
      () => befall(ofWeights, { kind: "break", after: 0 }),
      { code: "download-failed", status: null },
      "what has arrived is kept",
    ],
    [
      "a length that is a lie",
      () => hub.repositories.set("acme/tiny", lying(100)),
      { code: "download-failed", why: expect.stringMatching(/was said to have/) as string },
      "start again",
    ],
    [
      "a length that is a lie the other way",
      () => hub.repositories.set("acme/tiny", lying(-100)),
      { code: "download-failed", why: expect.stringMatching(/was said to have/) as string },
      "start again",
    ],
    [
      "a bit that turned over",
      () => befall(ofWeights, { kind: "corrupt" }),
      { code: "shard-corrupt", from: "network" },
      "Try again",
    ],
  ])("%s is told with a next step, and the next start mends it", async (_, happen, failure, next) => {
    const { files } = hub.repositories.get("acme/tiny") ?? expect.fail("no model");
    happen();
    const found = await failureOf(fetchFolder());
    expect(found).toMatchObject(failure);
    expect(describeFailure(found).next).toContain(next);
    hub.mishap = () => null;
    hub.repositories.set("acme/tiny", { commit: OLD, files });
    await opens(await fetchFolder());
  });

  const lying = (more: number) => {
    const { files } = hub.repositories.get("acme/tiny") ?? expect.fail("no model");
    return { commit: OLD, files, saidBytes: { [WEIGHTS]: (files.get(WEIGHTS)?.length ?? 0) + more } };
  };

  test("a gated model without a token, an unknown one, and no Hub at all are told apart", async () => {
    expect(await failureOf(fetchFolder("hf:acme/gated"))).toMatchObject({
      code: "access-denied",
      why: expect.stringContaining("HF_TOKEN") as string,
    });
    expect(await failureOf(fetchFolder("hf:acme/nothing"))).toMatchObject({ code: "download-failed", status: 404 });
    expect(await failureOf(fetchFolder("hf:acme/tiny", { endpoint: "http://127.0.0.1:1" }))).toMatchObject({
      code: "download-failed",
      status: null,
    });
  });
});

describe("what is kept", () => {
  test("a file that has decayed is fetched anew, and only that; without a network it is named", async () => {
    const folder = await fetchFolder();
    const path = join(folder, WEIGHTS);
    const bytes = await readFile(path);
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const offline = fetchFolder("hf:acme/tiny", { endpoint: "http://127.0.0.1:1" });
    expect(await failureOf(offline)).toMatchObject({
      code: "model-broken",
      file: path,
      what: "it is not what was fetched",
    });
    hub.log.length = 0;
    await opens(await fetchFolder());
    expect(new Set(hub.log.filter(({ at }) => at === "store").map(({ path: each }) => each))).toEqual(
      new Set([`/acme/tiny/${WEIGHTS}`]),
    );
    expect(notices.at(-1)).toContain("is not what the Hub has");
  });

  test("a beginning of another make costs one download more, and no start", async () => {
    const folder = await fetchFolder();
    await rm(join(folder, WEIGHTS));
    await writeFile(join(folder, `${WEIGHTS}.part`), "not the beginning of it");
    await opens(await fetchFolder());
    expect((await readdir(folder)).some((name) => name.includes(".part"))).toBe(false);
  });

  test("without a network the commit that is there is opened, and said to be", async () => {
    const folder = await fetchFolder();
    expect(await fetchFolder("hf:acme/tiny", { endpoint: "http://127.0.0.1:1" })).toBe(folder);
    expect(notices).toEqual([expect.stringMatching(/out of reach.*commit 01234567.*newer/) as string]);
    befall(ofDescription, { kind: "status", status: 502 });
    expect(await fetchFolder()).toBe(folder);
  });

  test("a newer commit that does not arrive is a failure: the older one is named, never opened in its place", async () => {
    await fetchFolder();
    const { files } = hub.repositories.get("acme/tiny") ?? expect.fail("no model");
    hub.repositories.set("acme/tiny", { commit: NEW, files });
    befall(ofWeights, { kind: "break", after: 10 });
    befall((asked) => ofWeights(asked), { kind: "status", status: 503 });
    expect(await failureOf(fetchFolder())).toMatchObject({ code: "download-failed" });
    expect(notices.join(" ")).toContain(`was ${OLD.slice(0, 8)} and is ${NEW.slice(0, 8)} now`);
    expect(notices.at(-1)).toContain(`hf:acme/tiny@${OLD}`);
    hub.mishap = () => null;
    expect(await fetchFolder()).toContain(NEW);
  });

  test("a full disk is called so, before and while it is written, also where an older commit is there", async () => {
    await fetchFolder();
    const { files } = hub.repositories.get("acme/tiny") ?? expect.fail("no model");
    hub.repositories.set("acme/tiny", { commit: NEW, files, saidBytes: { [WEIGHTS]: 1e15 } });
    expect(await failureOf(fetchFolder("hf:acme/tiny", { limitBytes: 1e16 }))).toMatchObject({ code: "disk-full" });
    hub.repositories.set("acme/tiny", { commit: NEW, files });
    await symlink("/dev/full", join(cache, "acme", NEW, "tiny", `${WEIGHTS}.part`));
    const failure = await failureOf(fetchFolder());
    expect(failure).toMatchObject({ code: "disk-full", path: join(cache, "acme", NEW, "tiny") });
    expect(describeFailure(failure).title).toBe("The disk is full.");
  });

  test("over its limit the cache loses what was opened longest ago, and never what a process has open", async () => {
    const first = await fetchFolder();
    await rm(join(first, `.in-use-${process.pid}`));
    await utimes(first, new Date(0), new Date(0));
    const bytes = hub.repositories.get("acme/tiny")?.files.get(WEIGHTS)?.length ?? 0;
    const limitBytes = Math.round(1.7 * bytes);
    const { files } = hub.repositories.get("acme/tiny") ?? expect.fail("no model");
    hub.repositories.set("acme/second", { commit: OLD, files });
    hub.repositories.set("acme/third", { commit: OLD, files });
    const second = await fetchFolder("hf:acme/second", { limitBytes });
    await expect(access(first)).rejects.toThrow("ENOENT");
    expect(notices.at(-1)).toContain("--hub-cache");
    await fetchFolder("hf:acme/third", { limitBytes });
    await opens(second);
    expect(await failureOf(fetchFolder("hf:acme/third", { limitBytes: 1000 }))).toMatchObject({
      code: "disk-full",
      limitBytes: 1000,
    });
  });
});

test("addresses", () => {
  expect(["hf:a/b", "hf:a/b@v1.0", "hf:HuggingFaceTB/SmolLM2-135M"].every(isHubAddress)).toBe(true);
  expect(["a/b", "hf:a", "hf:../b/c", "/models/x"].some(isHubAddress)).toBe(false);
});
