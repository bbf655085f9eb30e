/**
 * One bundler for everything: the page into dist/page, the edge server into dist/edge, the tools
 * that are TypeScript into dist/tools. `vite` alone serves the page with hot reload and passes what
 * is not the page on to an edge server (EDGE, by default the one that `npm run dev` starts).
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { buildIdentity } from "./tools/inputs.mjs";
import { writesContentPolicy } from "./tools/content-policy.ts";
import { leanPreloads } from "./tools/lean-preloads.ts";
import { collectPackages, writeNotices } from "./tools/notices.ts";
import { publicFiles } from "./tools/public-files.ts";
import { sharedWorkers } from "./tools/shared-workers.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
const edge = process.env["EDGE"] ?? "http://localhost:8081";
const identity: unknown =
  process.env["CUTLAYER_BUILD"] === undefined ? buildIdentity(root) : JSON.parse(process.env["CUTLAYER_BUILD"]);

/** What threads in WebAssembly ask of a page: the edge server sends the same. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** Nothing of ours runs in Node without the packages beside it, so they stay outside. */
const nodeBuild = (outDir: string, input: Readonly<Record<string, string>>) => ({
  resolve: { external: true as const, conditions: ["node", "module"] },
  build: {
    ssr: true,
    outDir,
    emptyOutDir: true,
    copyPublicDir: false,
    target: "node20",
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: { ...input },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});

/**
 * Libraries that belong together, in one script each: many small scripts compress worse than one. React stands below
 * the others; a group of our own modules would be in a circle with what it needs, and scripts in a circle run before
 * what they call is there.
 */
const TOGETHER = [
  {
    name: "react",
    test: /[\\/]node_modules[\\/](react|react-dom|scheduler|zustand|clsx|use-sync-external-store|react-is)[\\/]/,
  },
  {
    name: "drawing",
    test: /[\\/]node_modules[\\/](recharts|victory-vendor|d3-[a-z]+|es-toolkit|immer|@reduxjs|redux|redux-thunk|reselect|react-redux|eventemitter3|decimal\.js-light|tiny-invariant|internmap)[\\/]/,
  },
  { name: "mantine", test: /[\\/]node_modules[\\/](@mantine|@floating-ui)[\\/]/, tags: ["$initial" as const] },
];

const preloads = leanPreloads();

export default defineConfig({
  root,
  base: "./",
  plugins: [
    react(),
    sharedWorkers(),
    publicFiles(root),
    preloads.plugin,
    collectPackages(),
    writeNotices(join(root, "dist/page")),
    writesContentPolicy(),
  ],
  define: { __CUTLAYER_BUILD__: JSON.stringify(identity) },
  // onnxruntime-web with its WebAssembly and glue as files of their own, which we serve.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development|production"] },
  // Found by the workers only once they run: named here, so that the first run does not reload the page.
  optimizeDeps: {
    include: ["comlink", "@huggingface/jinja", "@huggingface/tokenizers"],
    exclude: ["onnxruntime-web", "@huggingface/transformers"],
  },
  server: {
    headers: isolation,
    proxy: {
      "/session": { target: edge, ws: true },
      ...Object.fromEntries(
        ["/models", "/shards", "/plugins", "/v1", "/info.json", "/healthz", "/metrics", "/status.json", "/class"].map(
          (path) => [path, edge],
        ),
      ),
    },
  },
  preview: { headers: isolation },
  environments: {
    client: {
      build: {
        outDir: "dist/page",
        emptyOutDir: true,
        copyPublicDir: false,
        target: "es2023",
        sourcemap: false,
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: 1000,
        modulePreload: preloads.modulePreload,
        rolldownOptions: {
          output: { codeSplitting: { groups: TOGETHER, includeDependenciesRecursively: false } },
        },
      },
    },
    edge: nodeBuild("dist/edge", { main: "src/edge/main.ts", "compute-entry": "src/edge/compute-entry.ts" }),
    tools: nodeBuild("dist/tools", {
      record: "tools/record.ts",
      "bench-codecs": "tools/bench-codecs.ts",
      "bench-precision": "tools/bench-precision.ts",
      "rule-bytes": "tools/rule-bytes.ts",
      "record-experiments": "tools/record-experiments.ts",
      "record-demo": "e2e/bench/record-demo.ts",
      "check-plugin": "tools/check-plugin.ts",
      "record-acceptance": "tools/record-acceptance.ts",
      load: "tools/load.ts",
      endure: "tools/endure.ts",
      fuzz: "tools/fuzz.ts",
      "fuzz-attackers": "tools/fuzz-attackers.ts",
      "bench-batching": "e2e/bench/batching.ts",
      "fetch-model": "tools/fetch-model.ts",
      "bench-charts": "e2e/bench/charts.ts",
      "chart-shots": "e2e/bench/chart-shots.ts",
      "record-tour": "e2e/bench/tour.ts",
      "bench-floor": "e2e/bench/floor.ts",
      "bench-link": "e2e/bench/link.ts",
      "bench-speculation": "e2e/bench/speculation.ts",
      "link-far": "e2e/bench/link-far.ts",
      "link-relay": "e2e/bench/link-relay.ts",
      bench: "e2e/bench/experiment.ts",
    }),
  },
  builder: {
    async buildApp(builder) {
      const names = process.env["CUTLAYER_ONLY"]?.split(",") ?? ["edge", "tools", "client"];
      for (const name of names) {
        const environment = builder.environments[name];
        if (environment !== undefined) await builder.build(environment);
      }
    },
  },
});
