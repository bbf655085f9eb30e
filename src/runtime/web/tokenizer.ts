/**
 * A model folder's tokenizer: `tokenizer.json` through Hugging Face's own reader and the chat
 * template of `tokenizer_config.json`. Control tokens come from the template alone: what a person
 * types, even `<|call|>` letter by letter, is never parsed as one. Twin: runtime/node/tokenizer.ts.
 */
import { Template } from "@huggingface/jinja";
import { Tokenizer as FolderTokenizer } from "@huggingface/tokenizers";
import { isRecord, readJson } from "#core/run/json-reader.ts";
import { ok, refuse, type Result } from "#core/run/failure.ts";
import type { Tokenizer } from "#engine/ports.ts";

/** The texts of `tokenizer.json` and `tokenizer_config.json`. Failures: model-broken. */
export function folderTokenizer(model: string, tokenizerText: string, configText: string): Result<Tokenizer> {
  const tokenizer = record(tokenizerText);
  const config = record(configText);
  if (tokenizer === null) return refuse({ code: "model-broken", model, file: "tokenizer.json", what: "it is not a JSON object" });
  if (config === null) return refuse({ code: "model-broken", model, file: "tokenizer_config.json", what: "it is not a JSON object" });
  try {
    return ok(tokenizerOf(tokenizer, config));
  } catch (thrown) {
    return refuse({ code: "model-broken", model, file: "tokenizer.json", what: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

function record(source: string): Readonly<Record<string, unknown>> | null {
  const parsed = readJson(source);
  return "value" in parsed && isRecord(parsed.value) ? parsed.value : null;
}

function tokenizerOf(json: Readonly<Record<string, unknown>>, config: Readonly<Record<string, unknown>>): Tokenizer {
  const full = new FolderTokenizer(json, config);
  const plain = new FolderTokenizer({ ...json, added_tokens: [] }, config);
  const control = [...full.get_added_tokens_decoder().values()].map(({ content }) => content);
  const encodePlain = (text: string): readonly number[] => plain.encode(text, { add_special_tokens: false }).ids;
  const encodeFull = (text: string): readonly number[] => full.encode(text, { add_special_tokens: false }).ids;
  const source = config["chat_template"];
  const template = new Template(typeof source === "string" ? source : PLAIN_TEMPLATE);
  const specials = Object.fromEntries(["bos_token", "eos_token", "pad_token", "unk_token"].map((name) => [name, tokenText(config[name])]));
  const render = (messages: readonly Message[]): string => template.render({ messages, add_generation_prompt: true, ...specials });

  return {
    encode: encodePlain,
    decode: (ids) => (ids.length === 0 ? "" : full.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false })),
    conversation: (messages) => {
      const spellsControl = messages.some(({ content }) => control.some((token) => content.includes(token)));
      return spellsControl ? withoutInjection(messages, render, encodeFull, encodePlain) : encodeFull(render(messages));
    },
  };
}

type Message = { readonly role: string; readonly content: string };

const PLAIN_TEMPLATE = "{% for m in messages %}{{ m['content'] }}{% endfor %}";

/** Written as a text or as an added token. */
const tokenText = (value: unknown): string => (typeof value === "string" ? value : isRecord(value) && typeof value["content"] === "string" ? value["content"] : "");

/**
 * Renders with a mark in the place of each content and encodes the pieces apart: the template's
 * with control tokens, the contents' without.
 */
function withoutInjection(messages: readonly Message[], render: (messages: readonly Message[]) => string, encodeFull: (text: string) => readonly number[], encodePlain: (text: string) => readonly number[]): readonly number[] {
  const marked = messages.map(({ role }, index) => ({ role, content: `\u{F0000}${String(index)}\u{F0001}` }));
  return render(marked)
    .split(/\u{F0000}(\d+)\u{F0001}/u)
    .flatMap((piece, index) => (index % 2 === 1 ? encodePlain(messages[Number(piece)]?.content ?? "") : encodeFull(piece)));
}
