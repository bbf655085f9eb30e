/** The server's own files, bundled as they are shipped. */
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// oxlint-disable-next-line eslint/no-restricted-imports -- for tests alone, which see the server as it is shipped
import { build } from "vite";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Below the root, as dist/edge is, so that packages and house models are found the same way. */
export async function buildEdge(): Promise<string> {
  await mkdir(join(ROOT, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, ".cache/edge-"));
  const input = { main: join(ROOT, "src/edge/main.ts"), "compute-entry": join(ROOT, "src/edge/compute-entry.ts") };
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    publicDir: false,
    resolve: { external: true, conditions: ["node", "module"] },
    build: {
      ssr: true,
      outDir: folder,
      minify: false,
      rolldownOptions: { input, output: { entryFileNames: "[name].js" } },
    },
  });
  return folder;
}
