/**
 * What a script that comes later needs is fetched beside it and not one after the other, so the bundler writes the names
 * of all of it into whoever asks. What comes with the page itself is there by then, and a worker has no document to
 * preload into: both are left out of these lists, since a name is letters that no compression shortens.
 */
import type { ModulePreloadOptions, Plugin } from "vite";

interface Chunk {
  readonly type: string;
  readonly isEntry?: boolean;
  readonly facadeModuleId?: string | null;
  readonly imports?: readonly string[];
}
type Bundle = Readonly<Record<string, Chunk>>;

/** The page's own script with all that it imports, and the scripts of workers. */
export function entriesOf(bundle: Bundle): {
  readonly withPage: ReadonlySet<string>;
  readonly workers: ReadonlySet<string>;
} {
  const withPage = new Set<string>();
  const workers = new Set<string>();
  const visit = (file: string): void => {
    if (withPage.has(file)) return;
    withPage.add(file);
    for (const other of bundle[file]?.imports ?? []) visit(other);
  };
  for (const [file, { isEntry, facadeModuleId }] of Object.entries(bundle)) {
    if (isEntry !== true) continue;
    if (facadeModuleId?.endsWith(".html") === true) visit(file);
    else workers.add(file);
  }
  return { withPage, workers };
}

export function leanPreloads(): { readonly plugin: Plugin; readonly modulePreload: ModulePreloadOptions } {
  let { withPage, workers } = entriesOf({});
  return {
    plugin: {
      name: "cutlayer-lean-preloads",
      apply: "build",
      applyToEnvironment: ({ name }) => name === "client",
      generateBundle: {
        order: "pre",
        handler(_, bundle) {
          ({ withPage, workers } = entriesOf(bundle));
        },
      },
    },
    modulePreload: {
      resolveDependencies(_, needed, { hostId, hostType }) {
        if (hostType === "html") return [...needed];
        return workers.has(hostId) ? [] : needed.filter((file) => !withPage.has(file));
      },
    },
  };
}
