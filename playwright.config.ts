/**
 * Browser tests against the built edge server, on loopback. WebGPU is SwiftShader's, which computes
 * on the CPU, slowly, so tests on it take few tokens; CUTLAYER_GPU=1 takes the machine's own GPU.
 */
import { defineConfig } from "@playwright/test";
import { TEST_URL } from "./e2e/servers.ts";
import { BROWSER_FLAGS } from "./tools/browser-flags.mjs";

const ALONE = "**/at-once.spec.ts";
const chrome = process.env["CUTLAYER_CHROME"];

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  outputDir: "test-results/playwright",
  // A test waits for links and frames more than it computes: two of them fit two cores.
  workers: 2,
  fullyParallel: false,
  forbidOnly: process.env["CI"] !== undefined,
  // A second try for what a busy machine failed; the report lists it as flaky, to be mended.
  retries: 1,
  // Generous, since machines of one kind differ fourfold from day to day; a test that hangs still ends.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: process.env["PLAYWRIGHT_JSON_OUTPUT_FILE"] === undefined ? [["list"]] : [["list"], ["json"]],
  use: {
    baseURL: TEST_URL,
    // The recorded opening plays for seconds, which cost as much as opening the page: where it or movement matters, a test asks for it.
    contextOptions: { reducedMotion: "reduce" },
    // Screenshots and snapshots of every step cost a fifth of the time: CUTLAYER_TRACE=1 keeps them of what fails.
    trace: process.env["CUTLAYER_TRACE"] === undefined ? "off" : "retain-on-failure",
    launchOptions: {
      ...(chrome === undefined ? {} : { executablePath: chrome }),
      args: [...BROWSER_FLAGS],
    },
  },
  projects: [
    { name: "chromium", use: { browserName: "chromium" }, testIgnore: ALONE },
    // What says how soon something happens runs when the others are over.
    { name: "alone", use: { browserName: "chromium" }, testMatch: ALONE, dependencies: ["chromium"] },
  ],
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
