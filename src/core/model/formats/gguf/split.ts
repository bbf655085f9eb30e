/** The files of one model: one, or the parts `name-00001-of-00003.gguf` that llama.cpp splits large ones into. */
import { fail } from "../../../run/failure.ts";

const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;
export const isGguf = (name: string): boolean => /\.gguf$/i.test(name);

/** All parts of the split model that `name` is of, or it alone. */
export function partsOf(name: string): readonly string[] {
  const [, stem = "", , count] = PART.exec(name) ?? [];
  if (count === undefined) return [name];
  const five = (number: number): string => String(number).padStart(5, "0");
  return Array.from({ length: Number(count) }, (_, i) => `${stem}-${five(i + 1)}-of-${count}.gguf`);
}

/** What the model of a file is called. */
export const modelNameOf = (file: string): string => (PART.exec(file)?.[1] ?? file).replace(/\.gguf$/i, "");

/** Those of the one model that is there, its parts in order. Throws Failed: model-broken, model-unsupported for several models. */
export function ggufFiles(model: string, names: ReadonlySet<string>): readonly string[] {
  const found = [...names].filter(isGguf).toSorted();
  const models = [...new Map(found.map((name) => [modelNameOf(name), name])).values()];
  const [first = ""] = models;
  if (models.length > 1)
    fail({
      code: "model-unsupported",
      model,
      what: "choice of GGUF files",
      found: models.length > 4 ? `${models.length} of them, ${models.slice(0, 3).join(", ")} ...` : models.join(", "),
      supported: "one model at a time",
      advice: `Name the file: --model FOLDER/${first}, or on the Hub hf:organisation/name/${first}.`,
    });
  const parts = partsOf(first);
  const missing = parts.find((part) => !names.has(part));
  if (missing !== undefined)
    fail({
      code: "model-broken",
      model,
      file: missing,
      what: "this part of the model is missing",
      advice: `Put all ${parts.length} parts into one folder.`,
    });
  return parts;
}
