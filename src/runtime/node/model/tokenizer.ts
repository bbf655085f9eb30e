/** The tokenizer of a model folder on disk. A page reads the same files from its origin: runtime/web/model/model-source.ts. */
import { fail, unwrap } from "#core/run/failure.ts";
import { folderTokenizer } from "#engine/model/folder-tokenizer.ts";
import type { Tokenizer } from "#engine/ports.ts";
import type { ModelFolder } from "./model-folder.ts";

/** Throws Failed: model-broken. */
export async function openTokenizer(folder: ModelFolder): Promise<Tokenizer> {
  const model = folder.manifest.name;
  const read = async (file: string): Promise<string> =>
    (await folder.file(file)) ?? fail({ code: "model-broken", model, file, what: "it is missing" });
  return unwrap(folderTokenizer(model, await read("tokenizer.json"), await read("tokenizer_config.json")));
}
