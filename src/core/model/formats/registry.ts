/** The formats there are. Adding one is its file and its row here; the first that knows the files opens them. */
import { fail } from "../../run/failure.ts";
import type { Format } from "./format.ts";
import { gguf } from "./gguf.ts";
import { safetensors } from "./safetensors.ts";

const FORMATS = { gguf, safetensors } satisfies Readonly<Record<string, Format>>;

/** Throws Failed: model-unsupported, naming the formats. */
export function formatOf(model: string, names: ReadonlySet<string>): Format {
  const format = Object.values<Format>(FORMATS).find((each) => each.match(names));
  return (
    format ??
    fail({
      code: "model-unsupported",
      model,
      what: "format",
      found: names.size === 0 ? "an empty folder" : `none we know (${[...names].slice(0, 5).join(", ")})`,
      supported: Object.keys(FORMATS).join(", "),
    })
  );
}
