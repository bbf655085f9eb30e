/** In place of a tokenizer that a model's folder lacks: ids are all that it can be given, and all that is shown. */
import { fail } from "#core/run/failure.ts";
import type { Tokenizer } from "../ports.ts";

export function idsOnly(model: string): Tokenizer {
  const noText = (): never =>
    fail({
      code: "model-broken",
      model,
      file: "tokenizer.json",
      what: "it is missing, so that texts cannot be made into tokens",
      advice:
        "Give promptIds in place of a prompt, or put the model's tokenizer.json into its folder (from another format: AutoTokenizer.from_pretrained(folder).save_pretrained(folder) in Python).",
    });
  return { encode: noText, prompt: noText, conversation: noText, decode: (ids) => ids.map((id) => `<${id}>`).join("") };
}
