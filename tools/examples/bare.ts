/**
 * An example of a format: model.bin is nothing but float32 numbers, and model.json has the config and
 * the shape of each tensor in their order. Copied to src/core/model/formats and given a row it opens
 * any family's models: tools/additions.test.ts does just that.
 */
import { isObject } from "#core/model/families/config-reader.ts";
import type { Format, LocatedTensor, LocatedTensors } from "#core/model/formats/format.ts";
import { fail } from "#core/run/failure.ts";

const DESCRIPTION = "model.json";
const NUMBERS = "model.bin";
const NONE: LocatedTensors = { file: NUMBERS, tensors: new Map(), unread: new Map(), supported: "F32" };

export const bare: Format = {
  match: (names) => names.has(DESCRIPTION) && names.has(NUMBERS),
  wanted: () => new Set([DESCRIPTION, NUMBERS]),

  async open(model, files) {
    const broken = (what: string): never => fail({ code: "model-broken", model, file: DESCRIPTION, what });
    const json = parsed(await files.text(DESCRIPTION));
    if (!isObject(json) || !isObject(json["tensors"])) return broken("it does not list tensors");
    const tensors = new Map<string, LocatedTensor>();
    let end = 0;
    for (const [name, shape] of Object.entries(json["tensors"])) {
      if (!isShape(shape)) return broken(`tensor ${name} has no shape`);
      const bytes = shape.reduce((product, size) => product * size, 4);
      tensors.set(name, { type: "F32", shape, offset: end, bytes, file: NUMBERS });
      end += bytes;
    }
    if (end !== (await files.bytesOf(NUMBERS))) return broken(`its tensors take ${end} bytes, ${NUMBERS} has others`);
    const weights = { ...NONE, tensors };
    return { config: json["config"], generation: null, weights, exits: NONE, text: (name) => files.text(name) };
  },
};

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return null;
  }
}

const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size > 0);
