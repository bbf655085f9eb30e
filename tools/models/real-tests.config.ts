/** `npm run test:real`: tests that need a real model on the disk. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../../", import.meta.url)),
  test: { include: ["tools/models/*.real.ts"], fileParallelism: false },
});
