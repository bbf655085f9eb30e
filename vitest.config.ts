import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "workers/**/*.test.ts", "tools/**/*.test.ts"],
    testTimeout: 20_000,
  },
});
