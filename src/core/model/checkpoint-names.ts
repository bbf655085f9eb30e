/**
 * The names in a checkpoint against those that a family lists. A base model's lack the first part of the
 * name ("model."), and are found all the same. What is there beyond the list would be passed over, so it
 * is refused, but for what transformers writes and computes anew, and a head that is the embedding's table.
 */
import { fail } from "../run/failure.ts";
import { UNQUANTISED_ADVICE } from "./formats/beside.ts";
import type { LocatedTensor, LocatedTensors } from "./formats/format.ts";

/** Frequencies, masks and positions that older checkpoints have as buffers. */
const BUFFERS = /(^|\.)(rotary_emb\.inv_freq|attn\.bias|attn\.masked_bias|position_ids)$/;

const baseName = (name: string): string => name.slice(name.indexOf(".") + 1);

/** Whether they are a base model's: `known` is a name that every checkpoint of the family has. */
const isBase = (known: string, { tensors, unread }: LocatedTensors): boolean =>
  !tensors.has(known) && !unread.has(known) && (tensors.has(baseName(known)) || unread.has(baseName(known)));

/** The same tensors by the family's names; its `prefix` ("model.") is added where they lack it. */
export function namedByFamily(known: string, located: LocatedTensors): LocatedTensors {
  if (!isBase(known, located)) return located;
  const prefix = known.slice(0, known.indexOf(".") + 1);
  const named = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...map].map(([name, value]) => [name.startsWith("lm_head.") ? name : prefix + name, value]));
  return { ...located, tensors: named(located.tensors), unread: named(located.unread) };
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /\.(qweight|qzeros|g_idx|scales|absmax|quant_map|quant_state.*|weight_scale.*|weight_packed|SCB)$/,
    UNQUANTISED_ADVICE,
  ],
  [/\.lora_|\.base_layer\./, "Merge the adapter into its model (in Python: merge_and_unload), and open that."],
  [/proj\.bias$/, "If the model has biases, say so in config.json: attention_bias or mlp_bias."],
  [/\.experts\.|\.router\./, "Mixtures of experts are not run here: use a dense model."],
];
const USUAL = "Check that config.json and the weights are of one model, of a family that is supported.";

/** Throws Failed: model-unsupported, naming a tensor that is none of `used` and would change what is computed. */
export function refuseUnused(model: string, { tensors, unread }: LocatedTensors, used: ReadonlySet<string>): void {
  const unused = [...tensors.keys(), ...unread.keys()].filter((name) => !used.has(name) && !BUFFERS.test(name));
  const [first] = unused;
  if (first === undefined) return;
  const advice = ADVICE.find(([pattern]) => unused.some((name) => pattern.test(name)))?.[1] ?? USUAL;
  const found = unused.length === 1 ? first : `${first} and ${unused.length - 1} others`;
  fail({
    code: "model-unsupported",
    model,
    what: "list of tensors",
    found,
    supported: "those that its config names",
    advice,
  });
}

/** What to do about a tensor that is not there, or not of the shape that the config says. */
export function misfitAdvice(name: string, said: readonly number[], found: LocatedTensor | null): string {
  if (found === null)
    return name.startsWith("lm_head.")
      ? 'If the head is the embedding\'s table, set "tie_word_embeddings": true in config.json; else the checkpoint is incomplete.'
      : "config.json and the weights do not belong together, or a part is missing: take both from the same revision.";
  const [rows = 0, ...others] = found.shape;
  const [wanted = 0, ...width] = said;
  return rows > wanted && others.join() === width.join() && /embed|wte|lm_head/.test(name)
    ? `The table is padded: set "vocab_size": ${rows} in config.json.`
    : "config.json and the weights do not belong together: take both from the same revision.";
}
