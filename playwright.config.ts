/**
 * Browser tests against the built edge server, on loopback. WebGPU is SwiftShader's, which computes
 * on the CPU, slowly, so tests on it take few tokens; CUTLAYER_GPU=1 takes the machine's own GPU.
 */
import { defineConfig } from "@playwright/test";
import { TEST_URL } from "./e2e/servers.ts";
import { BROWSER_FLAGS } from "./tools/browser-flags.mjs";

const chrome = process.env["CUTLAYER_CHROME"];

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  outputDir: "test-results/playwright",
  // Two cores: a second worker would only make every timing worse.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env["CI"] !== undefined,
  timeout: 60_000,
  reporter: process.env["PLAYWRIGHT_JSON_OUTPUT_FILE"] === undefined ? [["list"]] : [["list"], ["json"]],
  use: {
    baseURL: TEST_URL,
    trace: "retain-on-failure",
    launchOptions: {
      ...(chrome === undefined ? {} : { executablePath: chrome }),
      args: [...BROWSER_FLAGS],
    },
  },
  projects: [{ name: "chromium", use: { browserName: "chromium" } }],
  webServer: {
    command: `node dist/edge/main.js --port ${new URL(TEST_URL).port} --host 127.0.0.1 --log-level warn`,
    url: `${TEST_URL}/healthz`,
    reuseExistingServer: false,
    timeout: 30_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 5_000 },
    stdout: "ignore",
    stderr: "pipe",
  },
});
