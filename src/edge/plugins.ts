/**
 * The plugins that an edge server was started with, chosen by nobody but the one who started it:
 * each joins this process, is held to the quick part of its contract, and is served to the server's
 * own page under its hash.
 */
import type { PluginIdentity } from "#core/plugin/identity.ts";
import { loadedPlugins } from "#core/plugin/plugins.ts";
import { holdsQuickly } from "#core/plugin/plugin-contract.ts";
import { refuse, unwrap } from "#core/run/failure.ts";
import { joinPluginFile, readPluginFile, type PluginOnDisk } from "#node/plugin-file.ts";
import { withinTime } from "#node/host/within-time.ts";
import { inMemory, sendContent, typeOf } from "./http/content.ts";
import type { Answerer } from "./http/router.ts";

/** What its quick part is drawn from; `npm test -- plugin FILE --seed N` takes others. */
const SEED = 1;
/** Over twenty times what the slowest that ships takes for all of it. */
const PATIENCE_MS = 20_000;

/** Throws Failed: plugin-unfit. */
export async function openPlugins(paths: readonly string[]): Promise<readonly PluginOnDisk[]> {
  const opened: PluginOnDisk[] = [];
  for (const path of paths) {
    const plugin = unwrap(await readPluginFile(path));
    const additions = unwrap(await joinPluginFile(plugin));
    unwrap(
      withinTime(PATIENCE_MS, () => holdsQuickly(plugin.file, additions, SEED)) ??
        refuse({
          code: "plugin-unfit",
          file: plugin.file,
          what: `it was not through with its contract after ${PATIENCE_MS / 1000} seconds (seed ${SEED}), so something in it may never end`,
        }),
    );
    opened.push(plugin);
  }
  return opened;
}

/** For the person in front of the terminal: what each adds. */
export const pluginLines = (): readonly string[] =>
  loadedPlugins().map(
    ({ file, sha256, adds }: PluginIdentity) =>
      `Plugin ${file} (${sha256.slice(0, 12)}): ${adds.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`,
  );

/** `/plugins/<sha256>.js` */
export function pluginAnswerer(plugins: readonly PluginOnDisk[]): Answerer {
  const served = new Map(plugins.map((plugin) => [`/plugins/${plugin.sha256}.js`, plugin]));
  return async (exchange) => {
    const plugin = served.get(exchange.path);
    if (plugin === undefined) return false;
    const { bytes, sha256 } = plugin;
    await sendContent(exchange, { ...inMemory(bytes), type: typeOf(".js"), tag: sha256, immutable: true });
    return true;
  };
}
