/** An origin's models: what is served, what is missing, what lies, what cannot be reached. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failed } from "#core/run/failure.ts";
import { tinyModel } from "#engine/testing/tiny-model.ts";
import { workerExclusive } from "./exclusive.ts";
import type { Fetch } from "../storage/fetching.ts";
import { memoryStorage } from "../storage/memory-storage.ts";
import { modelOrigin, summaryOf } from "./model-source.ts";
import { readManifest, readModelIndex } from "./read-manifest.ts";
import { folderAt } from "../web-world.ts";

const { manifest } = tinyModel();
const tokenizer = (file: string): string =>
  readFileSync(new URL(`../../../../public/models/concierge-1m/${file}`, import.meta.url), "utf8");
const served = (): Map<string, string> =>
  new Map([
    ["models/index.json", JSON.stringify([{ name: "tiny", manifest: "models/tiny/manifest.json" }])],
    ["models/tiny/manifest.json", JSON.stringify(manifest)],
    ["models/tiny/tokenizer.json", tokenizer("tokenizer.json")],
    ["models/tiny/tokenizer_config.json", tokenizer("tokenizer_config.json")],
  ]);

function origin(files: ReadonlyMap<string, string>, requests: string[] = []) {
  const fetch: Fetch = async (url) => {
    const path = url.replace("https://edge.test/sub/", "");
    requests.push(path);
    const body = files.get(path);
    return body === undefined
      ? new Response("<!doctype html>", { status: 200, headers: { "content-type": "text/html" } })
      : new Response(body);
  };
  return modelOrigin({ base: "https://edge.test/sub/", storage: memoryStorage(), exclusive: workerExclusive(), fetch });
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Failed ? thrown.failure : thrown),
  );

describe("a model origin", () => {
  it("lists and opens its models, asking once", async () => {
    const requests: string[] = [];
    const models = origin(served(), requests);
    expect(await models.summaries()).toEqual([summaryOf(manifest, null)]);
    const model = await models.open("tiny");
    expect(model.manifest).toEqual(manifest);
    expect(model.tokenizer.decode(model.tokenizer.encode("hello"))).toBe("hello");
    expect(await models.open("tiny")).toBe(model);
    expect(requests).toEqual([
      "models/index.json",
      "models/tiny/manifest.json",
      "models/tiny/tokenizer.json",
      "models/tiny/tokenizer_config.json",
    ]);
  });

  it("asks anew once it is to forget", async () => {
    const files = served();
    const models = origin(files);
    const before = await models.open("tiny");
    files.set(
      "models/tiny/manifest.json",
      JSON.stringify({ ...manifest, revision: "0".repeat(manifest.revision.length) }),
    );
    expect((await models.open("tiny")).manifest.revision).toBe(before.manifest.revision);
    models.forget();
    expect((await models.open("tiny")).manifest.revision).not.toBe(before.manifest.revision);
  });

  it("names the models there are when asked for another, also behind a page that answers everything", async () => {
    expect(await failureOf(origin(served()).open("other"))).toEqual({
      code: "unknown-model",
      model: "other",
      known: ["tiny"],
    });
  });

  it("opens a model without a tokenizer for ids", async () => {
    const without = served();
    without.delete("models/tiny/tokenizer.json");
    const { tokenizer } = await origin(without).open("tiny");
    expect(tokenizer.decode([3])).toBe("<3>");
    expect(() => tokenizer.conversation([])).toThrow("model-broken");
  });

  it("names the file that is broken", async () => {
    expect(await failureOf(origin(served().set("models/tiny/tokenizer.json", "{")).open("tiny"))).toMatchObject({
      code: "model-broken",
      file: "tokenizer.json",
    });
    expect(await failureOf(origin(served().set("models/tiny/manifest.json", "{")).open("tiny"))).toMatchObject({
      code: "model-broken",
      file: "manifest.json",
    });
  });

  it("says that an origin cannot be reached, and tries again the next time", async () => {
    let down = true;
    const files = served();
    const fetch: Fetch = async (url) => {
      if (down) throw new TypeError("Failed to fetch");
      return new Response(files.get(url.replace("https://edge.test/", "")) ?? null);
    };
    const models = modelOrigin({
      base: "https://edge.test/",
      storage: memoryStorage(),
      exclusive: workerExclusive(),
      fetch,
    });
    expect(await failureOf(models.summaries())).toEqual({
      code: "edge-unreachable",
      url: "https://edge.test/",
      why: "Failed to fetch",
    });
    down = false;
    expect((await models.summaries()).length).toBe(1);
  });

  it("passes a refusal of the server on", async () => {
    const models = modelOrigin({
      base: "https://edge.test/",
      storage: memoryStorage(),
      exclusive: workerExclusive(),
      fetch: async () => new Response(null, { status: 503 }),
    });
    expect(await failureOf(models.open("tiny"))).toMatchObject({ code: "download-failed", status: 503 });
  });
});

describe("a manifest", () => {
  it("is read back as it was written", () => {
    expect(readManifest("tiny", JSON.stringify(manifest))).toEqual({ ok: true, value: manifest });
  });

  it("is read back with what only some architectures have", () => {
    const scaling = {
      kind: "yarn",
      factor: 4,
      originalContext: 16,
      fastTurns: 32,
      slowTurns: 1,
      wholePairs: true,
      attentionFactor: 1.1,
    };
    const architecture = {
      ...manifest.architecture,
      rope: { theta: 1e4, scaling },
      windows: [null, 4, null, 4],
      rotated: [true, false, true, true],
      localRope: { rope: { theta: 1e3, scaling: { kind: "none" } }, blocks: [false, true, false, true] },
      attentionScale: 0.5,
    };
    const written = { ...manifest, architecture };
    expect(readManifest("tiny", JSON.stringify(written))).toEqual({ ok: true, value: written });
    const lying = { ...manifest, architecture: { ...architecture, windows: [0] } };
    expect(readManifest("tiny", JSON.stringify(lying))).toMatchObject({
      failure: { what: expect.stringContaining("windows[0]") as string },
    });
  });

  it("is refused with the place that does not fit", () => {
    const refused = (change: object): string => {
      const result = readManifest("tiny", JSON.stringify({ ...manifest, ...change }));
      return result.ok || result.failure.code !== "model-broken" ? "" : result.failure.what;
    };
    expect(refused({ blocks: manifest.blocks.slice(1) })).toMatch(/blocks/);
    expect(refused({ head: manifest.embedding })).toMatch(/head/);
    expect(refused({ norm: { ...manifest.norm, sha256: "../../etc" } })).toMatch(/norm\.sha256/);
    expect(refused({ norm: { ...manifest.norm, bytes: 1 } })).toMatch(/norm\.tensors/);
  });

  it("has exits where the model has, each deeper than the one before, within its blocks", () => {
    const { manifest: withExits } = tinyModel(undefined, 1, "F32", [1, 3]);
    expect(readManifest("tiny", JSON.stringify(withExits))).toEqual({ ok: true, value: withExits });
    expect(withExits.revision).not.toBe(manifest.revision);
    const { blocks } = withExits.architecture;
    const shard = withExits.exits?.[0]?.shard;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: blocks + 2 }), { maxLength: 4 }), (depths) => {
        const rising = depths.every((depth, at) => depth >= 1 && depth <= blocks && depth > (depths[at - 1] ?? 0));
        expect(
          readManifest("tiny", JSON.stringify({ ...withExits, exits: depths.map((depth) => ({ depth, shard })) })).ok,
        ).toBe(rising);
      }),
    );
    const halved = { depth: 1, shard: { ...shard, tensors: shard?.tensors.slice(1) } };
    expect(readManifest("tiny", JSON.stringify({ ...withExits, exits: [halved] }))).toMatchObject({
      failure: { code: "model-broken", what: expect.stringContaining("a norm and a projection") as string },
    });
  });

  it("never throws, whatever arrives", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (source) => {
        expect(readManifest("m", source).ok).toBe(false);
        readModelIndex(source);
      }),
    );
  });
});

describe("an edge's address", () => {
  it("becomes the folder of its files", () => {
    expect(folderAt("http://host:8080", "http://page/")).toBe("http://host:8080/");
    expect(folderAt("wss://host/lab", "https://page/")).toBe("https://host/lab/");
    expect(folderAt("host:8080", "http://page/")).toBe("http://host:8080/");
  });

  it("is refused where the browser would refuse it, or where it is none", () => {
    const refused = (edge: string, page: string): unknown => {
      try {
        return folderAt(edge, page);
      } catch (thrown) {
        return thrown instanceof Failed ? thrown.failure.code : thrown;
      }
    };
    expect(refused("http://host:8080", "https://page/")).toBe("mixed-content");
    expect(refused("http://localhost:8080", "https://page/")).toBe("http://localhost:8080/");
    expect(refused("ftp://host", "https://page/")).toBe("bad-value");
    expect(refused("http://", "http://page/")).toBe("bad-value");
  });
});
