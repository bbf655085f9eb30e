/** The tokenizer of a model folder on disk. A page reads the same files from its origin: runtime/web/model/model-source.ts. */
import { unwrap } from "#core/run/failure.ts";
import { folderTokenizer } from "#engine/model/folder-tokenizer.ts";
import type { Tokenizer } from "#engine/ports.ts";
import type { ModelFolder } from "./model-folder.ts";

/** Throws Failed: model-broken. */
export async function openTokenizer(folder: ModelFolder): Promise<Tokenizer> {
  const [tokenizer, config] = [await folder.file("tokenizer.json"), await folder.file("tokenizer_config.json")];
  return unwrap(folderTokenizer(folder.manifest.name, tokenizer, config));
}
