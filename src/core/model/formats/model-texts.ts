/**
 * The texts of a model's folder, which people edit, copy and half download: a byte-order mark is taken
 * off, a pointer of Git LFS is called what it is, and what Python writes and JSON does not know is named.
 */
import { fail } from "../../run/failure.ts";
import type { ModelFiles } from "./format.ts";

/** Such a file stands in place of the real one. */
export const POINTER = "version https://git-lfs.github.com/spec/v1";
const POINTER_ADVICE = "Fetch the files themselves: run git lfs pull in the folder, or download it again.";

export const failPointer = (model: string, file: string): never =>
  fail({
    code: "model-broken",
    model,
    file,
    what: "it is a Git LFS pointer, not the file itself",
    advice: POINTER_ADVICE,
  });

/** Null where there is none. Throws Failed: model-broken for a pointer. */
export async function textOf(model: string, files: ModelFiles, name: string): Promise<string | null> {
  const text = await files.text(name);
  return text?.startsWith(POINTER) === true ? failPointer(model, name) : (text?.replace(/^\uFEFF/, "") ?? null);
}

/** Null where there is none. Throws Failed: model-broken. */
export async function jsonOf(model: string, files: ModelFiles, file: string): Promise<unknown> {
  const text = await textOf(model, files, file);
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (!/[:[,]\s*-?(?:NaN|Infinity)\b/.test(text))
      return fail({ code: "model-broken", model, file, what: "it is not JSON" });
    const what = "it has a NaN or an Infinity, which JSON does not know";
    return fail({ code: "model-broken", model, file, what, advice: `Write a number or null in its place in ${file}.` });
  }
}

/**
 * `tokenizer_config.json` with the chat template in it, wherever the folder keeps that: a file of its own
 * stands before the key, as in transformers.
 */
export async function tokenizerConfigOf(model: string, files: ModelFiles): Promise<string | null> {
  const own = await textOf(model, files, "chat_template.jinja");
  const older = own === null ? templateIn(await jsonOf(model, files, "chat_template.json")) : null;
  const template = own ?? older;
  if (template === null) return textOf(model, files, "tokenizer_config.json");
  const config = (await jsonOf(model, files, "tokenizer_config.json")) ?? {};
  return JSON.stringify({ ...config, chat_template: template });
}

function templateIn(json: unknown): string | null {
  const template = typeof json === "object" && json !== null && "chat_template" in json ? json.chat_template : null;
  return typeof template === "string" ? template : null;
}
