/**
 * A GGUF file's tokenizer as the tokenizer.json and tokenizer_config.json that say the same: byte-level BPE
 * ("gpt2") and SentencePiece's BPE with bytes for what it does not know ("llama").
 * Source: ggml-org/ggml, docs/gguf.md (tokenizer.ggml.*); huggingface/tokenizers (the layout).
 */
import { fail } from "../../../run/failure.ts";
import type { Metadata } from "./head.ts";
import { BEGINS_TEXTS, PRE_TOKENIZERS } from "./pre-tokenizers.ts";

type Json = Readonly<Record<string, unknown>>;

/** The kinds of tokens. */
const [NORMAL, UNKNOWN, CONTROL, USER_DEFINED] = [1, 2, 3, 4];

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly scores: readonly number[];
  readonly merges: readonly string[];
}

class TokenizerSource {
  readonly model: string;
  readonly metadata: Metadata;

  constructor(model: string, metadata: Metadata) {
    this.model = model;
    this.metadata = metadata;
  }

  value(key: string): unknown {
    return this.metadata.get(`tokenizer.ggml.${key}`);
  }

  list<T>(key: string, type: "string" | "number"): readonly T[] | null {
    const found = this.value(key);
    if (found === undefined) return null;
    if (Array.isArray(found) && found.every((item) => typeof item === type)) return found as readonly T[];
    return fail({
      code: "model-broken",
      model: this.model,
      file: "its GGUF file",
      what: `tokenizer.ggml.${key} is no list of ${type}s`,
    });
  }

  flag(key: string, usual: boolean): boolean {
    return this.value(key) === undefined ? usual : this.value(key) === true;
  }

  /** The token of an id that a key holds. */
  token(key: string, { tokens }: Vocabulary): string | null {
    const id = this.value(`${key}_token_id`);
    return typeof id === "number" ? (tokens[id] ?? null) : null;
  }

  unsupported(what: string, found: string, supported: string): never {
    const advice = "Use the model's safetensors checkpoint, which has its own tokenizer.json.";
    return fail({ code: "model-unsupported", model: this.model, what, found, supported, advice });
  }
}

/** Null for a file without a tokenizer. Throws Failed: model-unsupported, model-broken. */
export function tokenizerOf(model: string, metadata: Metadata): Json | null {
  const source = new TokenizerSource(model, metadata);
  const kind = source.value("model");
  const vocabulary = vocabularyOf(source);
  if (vocabulary === null || kind === undefined || kind === "none" || kind === "no_vocab") return null;
  if (kind === "gpt2") return byteLevelBpe(source, vocabulary);
  if (kind === "llama") return sentencePieceBpe(source, vocabulary);
  return source.unsupported("tokenizer.ggml.model", JSON.stringify(kind), "gpt2, llama");
}

/** The rest of what a folder says of its tokenizer. */
export function tokenizerConfigOf(model: string, metadata: Metadata): Json {
  const source = new TokenizerSource(model, metadata);
  const vocabulary = vocabularyOf(source);
  const token = (key: string): string | null => (vocabulary === null ? null : source.token(key, vocabulary));
  const template = metadata.get("tokenizer.chat_template");
  return {
    bos_token: token("bos"),
    eos_token: token("eos"),
    unk_token: token("unknown"),
    pad_token: token("padding"),
    ...(typeof template === "string" ? { chat_template: template } : {}),
  };
}

function vocabularyOf(source: TokenizerSource): Vocabulary | null {
  const tokens = source.list<string>("tokens", "string");
  if (tokens === null) return null;
  return {
    tokens,
    types: source.list<number>("token_type", "number") ?? [],
    scores: source.list<number>("scores", "number") ?? [],
    merges: source.list<string>("merges", "string") ?? [],
  };
}

function byteLevelBpe(source: TokenizerSource, vocabulary: Vocabulary): Json {
  const pre = source.value("pre") ?? "gpt-2";
  const known = PRE_TOKENIZERS.get(pre);
  if (known === undefined)
    return source.unsupported("tokenizer.ggml.pre", JSON.stringify(pre), [...PRE_TOKENIZERS.keys()].join(", "));
  const { steps, normalizer, wholeWords } = known;
  return {
    ...around(source, vocabulary, BEGINS_TEXTS.has(pre)),
    normalizer,
    pre_tokenizer: { type: "Sequence", pretokenizers: steps },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpe(vocabulary, vocabulary.merges, { byte_fallback: false, ignore_merges: wholeWords }),
  };
}

/** Spaces are a mark of their own, one stands before a text unless the file says otherwise, and none comes back out. */
function sentencePieceBpe(source: TokenizerSource, vocabulary: Vocabulary): Json {
  const spaceBefore = source.flag("add_space_prefix", true);
  const marked = { type: "Replace", pattern: { String: " " }, content: "\u2581" };
  const unmarked = { type: "Replace", pattern: { String: "\u2581" }, content: " " };
  const before = spaceBefore ? [{ type: "Prepend", prepend: "\u2581" }] : [];
  const stripped = spaceBefore ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : [];
  const merges = vocabulary.merges.length > 0 ? vocabulary.merges : mergesOf(vocabulary);
  return {
    ...around(source, vocabulary, true),
    normalizer: { type: "Sequence", normalizers: [...before, marked] },
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders: [unmarked, { type: "ByteFallback" }, { type: "Fuse" }, ...stripped] },
    model: bpe(vocabulary, merges, {
      byte_fallback: true,
      fuse_unk: true,
      unk_token: source.token("unknown", vocabulary),
    }),
  };
}

const bpe = ({ tokens }: Vocabulary, merges: readonly unknown[], more: Json): Json => ({
  type: "BPE",
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
  merges,
  ...more,
});

/** Added tokens, and what stands around a text. */
function around(source: TokenizerSource, vocabulary: Vocabulary, begins: boolean): Json {
  const { tokens, types } = vocabulary;
  const added = tokens.flatMap((content, id) => {
    const type = types[id];
    if (type !== CONTROL && type !== UNKNOWN && type !== USER_DEFINED) return [];
    const special = type !== USER_DEFINED;
    return [{ id, content, special, single_word: false, lstrip: false, rstrip: false, normalized: false }];
  });
  const begin = source.flag("add_bos_token", begins) ? source.token("bos", vocabulary) : null;
  const end = source.flag("add_eos_token", false) ? source.token("eos", vocabulary) : null;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    post_processor: between(tokens, begin, end),
  };
}

function between(tokens: readonly string[], begin: string | null, end: string | null): Json | null {
  if (begin === null && end === null) return null;
  const special = (id: string | null): readonly Json[] => (id === null ? [] : [{ SpecialToken: { id, type_id: 0 } }]);
  const names = [begin, end].filter((name) => name !== null);
  return {
    type: "TemplateProcessing",
    single: [...special(begin), { Sequence: { id: "A", type_id: 0 } }, ...special(end)],
    pair: [],
    special_tokens: Object.fromEntries(names.map((id) => [id, { id, ids: [tokens.indexOf(id)], tokens: [id] }])),
  };
}

/**
 * SentencePiece joins the neighbours whose piece has the highest score; as merges, each piece out of every
 * two pieces that make it, the highest score first. Source: Kudo and Richardson 2018 (SentencePiece).
 */
function mergesOf({ tokens, types, scores }: Vocabulary): readonly (readonly [string, string])[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: { readonly pair: readonly [string, string]; readonly score: number; readonly id: number }[] = [];
  tokens.forEach((token, id) => {
    if ((types[id] ?? NORMAL) !== NORMAL) return;
    for (let at = 1; at < token.length; at++) {
      const pair = [token.slice(0, at), token.slice(at)] as const;
      if (ids.has(pair[0]) && ids.has(pair[1])) merges.push({ pair, score: scores[id] ?? 0, id });
    }
  });
  return merges.toSorted((one, other) => other.score - one.score || one.id - other.id).map(({ pair }) => pair);
}
