/**
 * How byte-level tokenizers split a text before they merge, by the names that GGUF files give these ways.
 * Source: llama.cpp, convert_hf_to_gguf.py (get_vocab_base_pre); the patterns are those of the models' own
 * tokenizer.json files.
 */

type Json = Readonly<Record<string, unknown>>;

const byteLevel = (split: boolean): Json => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: split,
});
const splitBy = (pattern: string): readonly Json[] => [
  { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
  byteLevel(false),
];
const digitsAlone: Json = { type: "Digits", individual_digits: true };

/** What a contraction, a word, digits, marks and spaces are; `digits` says how many of them stay together. */
const byWords = (digits: string): readonly Json[] =>
  splitBy(
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );

export interface PreTokenizer {
  readonly steps: readonly Json[];
  readonly normalizer: Json | null;
  /** A word that is a token is that token, whatever the merges make of it. */
  readonly wholeWords: boolean;
}

const of = (steps: readonly Json[], more: Partial<PreTokenizer> = {}): PreTokenizer => ({
  steps,
  normalizer: null,
  wholeWords: false,
  ...more,
});

const GPT_2 = of([byteLevel(true)]);
const SMOLLM = of([digitsAlone, byteLevel(true)]);
const LLAMA_3 = of(byWords("\\p{N}{1,3}"), { wholeWords: true });
const QWEN_2 = of(byWords("\\p{N}"), { normalizer: { type: "NFC" } });

export const PRE_TOKENIZERS: ReadonlyMap<unknown, PreTokenizer> = new Map([
  ["gpt-2", GPT_2],
  ["gpt2", GPT_2],
  ["phi-2", GPT_2],
  ["smollm", SMOLLM],
  ["llama-bpe", LLAMA_3],
  ["llama3", LLAMA_3],
  ["llama-v3", LLAMA_3],
  ["smaug-bpe", LLAMA_3],
  ["qwen2", QWEN_2],
  ["deepseek-r1-qwen", QWEN_2],
]);

/** Those that put a token in front of a text unless the file says otherwise. */
export const BEGINS_TEXTS: ReadonlySet<unknown> = new Set(["llama-bpe", "llama3", "llama-v3"]);
