/** Files beside a model's weights that say it is not what config.json alone would make of it, with what to use in its place. */
import { fail } from "../../run/failure.ts";

/** What checkpoints in four or eight bits are opened as. */
export const UNQUANTISED_ADVICE =
  "Use the checkpoint that it was made from, or a GGUF file of the same model: those are read in their own precision.";

const BESIDE: Readonly<Record<string, { readonly found: string; readonly advice: string }>> = {
  "adapter_config.json": {
    found: "a PEFT adapter",
    advice: "Merge it into its model (in Python: merge_and_unload, then save_pretrained), and open that folder.",
  },
  "quantize_config.json": { found: "an AutoGPTQ checkpoint", advice: UNQUANTISED_ADVICE },
  "quant_config.json": { found: "an AWQ checkpoint", advice: UNQUANTISED_ADVICE },
};

export const BESIDE_NAMES: readonly string[] = Object.keys(BESIDE);

/** Throws Failed: model-unsupported. */
export function refuseBeside(model: string, names: ReadonlySet<string>): void {
  for (const [file, { found, advice }] of Object.entries(BESIDE))
    if (names.has(file))
      fail({ code: "model-unsupported", model, what: file, found, supported: "a whole model, not quantised", advice });
}

const OTHER_WEIGHTS = /^(pytorch_model.*\.(bin|json)|.*\.(pth|pt|ckpt|h5|msgpack|onnx))$/;
const CONVERT_ADVICE =
  "Save them as safetensors (in Python: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(other)), or take a revision that has them.";

/** Throws Failed for a folder without the weights file that was looked for, by what it has instead. */
export function failWithoutWeights(model: string, file: string, names: ReadonlySet<string>): never {
  const others = [...names].filter((name) => OTHER_WEIGHTS.test(name));
  if (others.length > 0)
    fail({
      code: "model-unsupported",
      model,
      what: "weights",
      found: others.slice(0, 3).join(", "),
      supported: "safetensors, GGUF",
      advice: CONVERT_ADVICE,
    });
  const found = [...names].filter((name) => name.endsWith(".safetensors")).slice(0, 3);
  const what = "it is missing";
  if (found.length === 0) return fail({ code: "model-broken", model, file, what });
  const advice = `The folder has ${found.join(", ")}: name a complete file ${file}, or fetch the index of its parts too.`;
  return fail({ code: "model-broken", model, file, what, advice });
}
