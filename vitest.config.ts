import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "workers/**/*.test.ts", "tools/**/*.test.ts"],
    testTimeout: 20_000,
  },
});
