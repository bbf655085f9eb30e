import { fileURLToPath } from "node:url";
import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Where Debian's chromium package keeps libvulkan and SwiftShader: the tests of WebGPU in Node run on it where there is no other driver. */
const CHROMIUM = "/usr/lib/chromium";
if (existsSync(`${CHROMIUM}/vk_swiftshader_icd.json`) && process.env["VK_ICD_FILENAMES"] === undefined) {
  process.env["VK_ICD_FILENAMES"] = `${CHROMIUM}/vk_swiftshader_icd.json`;
  process.env["LD_LIBRARY_PATH"] = [process.env["LD_LIBRARY_PATH"], CHROMIUM].filter(Boolean).join(":");
}

const ALL = ["src/**/*.test.ts", "src/**/*.test.tsx", "workers/**/*.test.ts", "tools/**/*.test.ts"];

/** Tests that add a plugin to the registries of their process: each has its modules to itself. The others share them, which halves the time. */
const ALONE = [
  "src/core/plugin/plugins.test.ts",
  "src/core/speculation/**/{policies,rules}.test.ts",
  "src/edge/plugins.test.ts",
];

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    projects: [
      { extends: true, test: { name: "shared", include: ALL, exclude: ALONE, isolate: false } },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
    // Generous, since machines of one kind differ fourfold from day to day; a test that hangs still ends.
    testTimeout: 60_000,
    // One worker fewer than there are cores, which is the default, leaves half of a small machine idle.
    maxWorkers: "100%",
  },
});
