/**
 * Plugins into a worker: loaded from the origin that served the page, and from no other, because
 * a link may name any edge server. Twin: runtime/node/plugin-file.ts.
 */
import type { PluginFile } from "#core/plugin/identity.ts";
import { importPlugins } from "#core/plugin/plugins.ts";
import type { Result } from "#core/run/failure.ts";

/** `pageUrl` is the folder that the page was served from, with its slash. Failures: plugin-unfit. */
export const joinPlugins = (plugins: readonly PluginFile[], pageUrl: string): Promise<Result<void>> =>
  importPlugins(
    plugins,
    ({ sha256 }) =>
      import(/* @vite-ignore */ new URL(`plugins/${sha256}.js`, pageUrl).href) as Promise<{
        readonly default?: unknown;
      }>,
  );
