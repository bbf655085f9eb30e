/** Plugins into the page itself: it reads configs and lists names as its workers do. From its own origin only. */
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
