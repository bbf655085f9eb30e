/** Every door opens: no isolation, no WebGPU, no secure context, no engine at all, no edge. */
import { fileURLToPath } from "node:url";
import { chromium, expect, test, type Browser, type Page } from "@playwright/test";
import { startEdge } from "#tools/edge-process.ts";
import { goodRun, openForRuns, preflight, PROMPTS, run } from "./lab.ts";
import { SPARE_PORT, STATIC_PORT, TEST_URL } from "./servers.ts";
import { sharedLab } from "./shared-lab.ts";
import { serveFolder, type StaticServer } from "./static-server.ts";

const dist = fileURLToPath(new URL("../dist/page/", import.meta.url));
const device = {
  mode: "device-only",
  model: "concierge-1m",
  prompt: PROMPTS[0],
  temperature: 0,
  maxTokens: 6,
} as const;
const split = { ...device, mode: "split", cut: 2, link: "loopback" } as const;

/** A browser with flags of its own. */
async function withBrowser(args: readonly string[], body: (page: Page) => Promise<void>): Promise<void> {
  const chrome = process.env["CUTLAYER_CHROME"];
  const browser: Browser = await chromium.launch({
    ...(chrome === undefined ? {} : { executablePath: chrome }),
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args],
  });
  try {
    await body(await browser.newPage());
  } finally {
    await browser.close();
  }
}

test.describe("a static host", () => {
  let server: StaticServer;
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    // Below a path and without a single header of ours, as on a project page.
    server = await serveFolder(dist, STATIC_PORT, { below: "/some/where/" });
    page = await browser.newPage();
    await openForRuns(page, server.url);
  });
  test.afterAll(async () => {
    await page.close();
    await server.close();
  });

  test("device-only runs, with one thread since there is no isolation", async () => {
    const found = await preflight(page);
    expect(found.crossOriginIsolated).toBe(false);
    expect(found.threads).toBe(1);
    const record = await goodRun(page, { ...device, backend: "wasm" });
    expect(record.provenance.device.threads).toBe(1);
    expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
    expect(record.provenance.edge).toBeNull();
  });

  test("WebGPU runs there too", async () => {
    test.setTimeout(120_000);
    const record = await goodRun(page, { ...device, backend: "webgpu", maxTokens: 2 });
    expect(record.provenance.device.backend).toBe("webgpu");
  });

  test("split says that no edge is there", async () => {
    const record = await run(page, split);
    expect(record.finish.kind).toBe("failed");
    if (record.finish.kind === "failed") expect(record.finish.failure.code).toBe("edge-unreachable");
  });

  test("an edge that does not allow this origin refuses it, and the page says so", async () => {
    const record = await run(page, { ...split, edge: TEST_URL });
    expect(record.finish.kind).toBe("failed");
    if (record.finish.kind === "failed") expect(record.finish.failure.code).toMatch(/edge-unreachable|access-denied/);
  });
});

test("a static page splits with an edge that allows its origin", async ({ page }) => {
  const server = await serveFolder(dist, STATIC_PORT, { below: "/some/where/" });
  const edge = await startEdge(SPARE_PORT, ["--allow-origin", new URL(server.url).origin]);
  try {
    await openForRuns(page, server.url);
    const record = await goodRun(page, { ...split, backend: "wasm", edge: edge.url });
    expect(record.provenance.edge?.runtime).toBe("onnxruntime-node");
    expect(record.agreement).toMatchObject({ kind: "checked", exact: true });
  } finally {
    await edge.stop("SIGKILL");
    await server.close();
  }
});

test("threads are used where the page is isolated, and another count of them without a reload", async ({ browser }) => {
  const page = await sharedLab(browser);
  const found = await preflight(page);
  expect(found).toMatchObject({ secureContext: true, crossOriginIsolated: true });
  for (const threads of [2, 1]) {
    const record = await goodRun(page, { ...device, backend: "wasm", threads });
    expect(record.provenance.device.threads).toBe(threads);
  }
});

test("without WebGPU the page computes on wasm, and asking for WebGPU is refused", async () => {
  await withBrowser(
    ["--disable-gpu", "--disable-features=WebGPU,Vulkan", "--disable-blink-features=WebGPU"],
    async (page) => {
      await openForRuns(page, TEST_URL);
      expect((await preflight(page)).webgpu.kind).toBe("absent");
      expect((await goodRun(page, { ...device, backend: "auto" })).provenance.device.backend).toBe("wasm");
      expect((await run(page, { ...device, backend: "webgpu" })).finish).toMatchObject({
        kind: "failed",
        failure: { code: "backend-unavailable" },
      });
    },
  );
});

test("without any engine the edge computes", async () => {
  // A worker whose script a test has put in counts as one from the internet, which may not open sockets to this machine.
  const local = "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets";
  await withBrowser(["--disable-gpu", "--disable-blink-features=WebGPU", local], async (page) => {
    // No browser can be told to do without WebAssembly, so the device worker forgets it as it starts.
    await page.route(/\/assets\/device-[^/]*\.js$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `delete globalThis.WebAssembly;${await response.text()}` });
    });
    await openForRuns(page, TEST_URL);
    expect((await preflight(page)).recommended).toBe("edge-only");
    await goodRun(page, { ...device, mode: "edge-only" });
  });
});

test("plain http from another address reaches a first token", async () => {
  // A name that is not localhost is no secure context: no WebGPU, no crypto.subtle, no OPFS, no threads.
  await withBrowser(["--host-resolver-rules=MAP lab.test 127.0.0.1"], async (page) => {
    await openForRuns(page, TEST_URL.replace("127.0.0.1", "lab.test"));
    const found = await preflight(page);
    expect(found).toMatchObject({ secureContext: false, crossOriginIsolated: false });
    expect(found.advice.join(" ")).toMatch(/https/);
    await goodRun(page, { ...split, backend: "auto" });
  });
});
