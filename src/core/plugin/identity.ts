/** How a plugin is known: by the SHA-256 of its one bundled file, the same for the tab and for the edge. */
import { list, object, oneOf, text, type Value } from "../schema/schema.ts";

export const pluginFile = object({
  /** As its author called it: `mine.ts`. */
  file: text,
  /** Of the bundled file, 64 hex digits. */
  sha256: text,
});
export type PluginFile = Value<typeof pluginFile>;

const additionKind = oneOf("rule", "policy", "codec");
export type AdditionKind = Value<typeof additionKind>;

/** A plugin as records and `/info.json` name it. */
export const pluginIdentity = object({
  file: text,
  sha256: text,
  adds: list(object({ kind: additionKind, name: text })),
});
export type PluginIdentity = Value<typeof pluginIdentity>;
