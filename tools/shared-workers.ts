/**
 * Builds the tab's workers together with the page. Vite alone bundles each worker on its own, with a
 * copy of everything that the page or another worker has too. Here a worker is one more entry of the
 * page's own bundle, so that what two of them need is one file, loaded once and cached once.
 */
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";

/** A worker's address, as Vite wants it written: in place, and for a module. */
const WORKER_URL = /(?<=new Worker\()new URL\("([^"]+)", import\.meta\.url\)(?=, \{\s*type: "module")/g;

/** What Vite puts around a dynamic import, so that style sheets arrive first. It expects a document. */
const PRELOAD_HELPER = "\0vite/preload-helper.js";

export function sharedWorkers(): Plugin {
  return {
    name: "cutlayer-shared-workers",
    apply: "build",
    enforce: "pre",
    applyToEnvironment: (environment) => environment.name === "client",
    transform(code, id) {
      if (id === PRELOAD_HELPER) return withoutDocument(code);
      const replaced = code.replace(WORKER_URL, (_, path: string) => {
        const entry = join(dirname(id), path);
        const file = this.emitFile({ type: "chunk", id: entry, name: basename(entry, ".ts") });
        return `import.meta.ROLLUP_FILE_URL_${file}`;
      });
      return replaced === code ? null : replaced;
    },
  };
}

/** In a worker there is nothing to preload, and a script that does not arrive is told to the worker's own global. */
export function withoutDocument(helper: string): string {
  return [
    ["deps && deps.length > 0", 'typeof document !== "undefined" && deps && deps.length > 0'],
    ["window.dispatchEvent(", "globalThis.dispatchEvent("],
  ].reduce((code, [from = "", to = ""]) => {
    if (!code.includes(from)) throw new Error(`Vite's preload helper has changed: it has no "${from}" any more`);
    return code.replace(from, to);
  }, helper);
}
