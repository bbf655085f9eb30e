/**
 * Contracts in a browser: the runtime's, of onnxruntime-web on wasm and on WebGPU, fallback to the CPU
 * provider forbidden, and that of the list of runs, over IndexedDB. Without a WebGPU adapter these tests fail; they are never skipped.
 */
import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { createServer, type ViteDevServer } from "vite";
import type {} from "./harness/main.ts";
import { HARNESS_PORT } from "./servers.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let server: ViteDevServer;

test.beforeAll(async () => {
  server = await createServer({
    root,
    logLevel: "error",
    server: { port: HARNESS_PORT, strictPort: true, host: "127.0.0.1", hmr: false, watch: null },
    cacheDir: ".cache/harness",
  });
  await server.listen();
});

test.afterAll(async () => server.close());

async function open(page: Page): Promise<void> {
  await page.goto(`http://127.0.0.1:${HARNESS_PORT}/e2e/harness/index.html`);
  await page.waitForFunction(() => window.harness !== undefined);
}

for (const suite of ["wasm, 1 thread", "wasm, 2 threads", "webgpu", "runs in IndexedDB"]) {
  test(`the contract holds: ${suite}`, async ({ page }) => {
    test.setTimeout(180_000);
    await open(page);
    const names = await page.evaluate((name) => window.harness?.names(name) ?? [], suite);
    expect(names.length).toBeGreaterThanOrEqual(8);
    for (const name of names) {
      const wrong = await page.evaluate(([of, which]) => window.harness?.run(of, which) ?? "no harness", [
        suite,
        name,
      ] as const);
      expect.soft(wrong, name).toBeNull();
    }
  });
}
