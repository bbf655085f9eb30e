/** How a plugin is known: by the SHA-256 of its one bundled file, the same for the tab and for the edge. */
import { list, object, oneOf, sha256, text, type Value } from "../schema/schema.ts";

const PLUGIN_FILE = {
  /** As its author called it: `mine.ts`. */
  file: text,
  /** Of the bundled file. */
  sha256,
};
export const pluginFile = object(PLUGIN_FILE);
export type PluginFile = Value<typeof pluginFile>;

const additionKind = oneOf("rule", "policy", "codec");
export type AdditionKind = Value<typeof additionKind>;

/** A plugin as records and `/info.json` name it. */
export const pluginIdentity = object({
  ...PLUGIN_FILE,
  adds: list(object({ kind: additionKind, name: text })),
});
export type PluginIdentity = Value<typeof pluginIdentity>;
