/**
 * A model folder's tokenizer: `tokenizer.json` through Hugging Face's own reader (plain
 * JavaScript, so it serves every tier) and the chat template of `tokenizer_config.json`.
 * Invariant: control tokens come from the template alone. What a person types, even `<|call|>`
 * letter by letter, is spelled out as text and cannot open a turn of its own.
 */
import { Template } from "@huggingface/jinja";
import { Tokenizer as FolderReader } from "@huggingface/tokenizers";
import { ok, refuse, type Result } from "#core/run/failure.ts";
import { isRecord, readJson } from "#core/schema/json.ts";
import type { Tokenizer } from "../ports.ts";
import { idsOnly } from "./ids-only.ts";

type Json = Readonly<Record<string, unknown>>;
type Encode = (text: string) => readonly number[];

/**
 * From the texts of `tokenizer.json` and `tokenizer_config.json`, either null where there is none: a folder
 * without the first is still good for ids. Failures: model-broken.
 */
export function folderTokenizer(
  model: string,
  tokenizerText: string | null,
  configText: string | null,
): Result<Tokenizer> {
  if (tokenizerText === null) return ok(idsOnly(model));
  const broken = (file: string, what: string): Result<Tokenizer> => refuse({ code: "model-broken", model, file, what });
  const json = recordOf(tokenizerText);
  const config = recordOf(configText ?? "{}");
  if (json === null) return broken("tokenizer.json", "it is not a JSON object");
  if (config === null) return broken("tokenizer_config.json", "it is not a JSON object");
  try {
    return ok(tokenizerOf(json, config));
  } catch (thrown) {
    return broken("tokenizer.json", thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function recordOf(source: string): Json | null {
  const parsed = readJson(source.replace(/^\uFEFF/, ""));
  return "value" in parsed && isRecord(parsed.value) ? parsed.value : null;
}

function tokenizerOf(json: Json, config: Json): Tokenizer {
  const reader = new FolderReader(json, config);
  const plainReader = new FolderReader({ ...json, added_tokens: ordinary(json["added_tokens"]) }, config);
  const encode: Encode = (text) => plainReader.encode(text, { add_special_tokens: false }).ids;
  const encodeTemplate: Encode = (text) => reader.encode(text, { add_special_tokens: false }).ids;
  const around = aroundText(reader);
  const prompt: Encode = (text) => [...around.before, ...encode(text), ...around.behind];
  const control = [...reader.get_added_tokens_decoder().values()]
    .filter(({ special }) => special)
    .map(({ content }) => content);
  const written = templateOf(config["chat_template"]);
  const template = written === null ? null : new Template(written);
  const names = Object.fromEntries(
    ["bos_token", "eos_token", "pad_token", "unk_token"].map((name) => [name, tokenText(config[name])]),
  );
  const defused = new Defusing(control);
  return {
    encode,
    prompt,
    decode: (ids) =>
      ids.length === 0
        ? ""
        : reader.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    conversation: (messages) => {
      if (template === null) return prompt(messages.map(({ content }) => content).join(""));
      const safe = messages.map(({ role, content }) => ({ role, content: defused.mark(content) }));
      const rendered = template.render({ messages: safe, add_generation_prompt: true, ...names });
      return defused
        .pieces(rendered)
        .flatMap(({ kind, text }) => (kind === "spelled" ? encode(text) : encodeTemplate(text)));
    },
  };
}

/** Added tokens that are mere words; those that control are left out. */
const ordinary = (tokens: unknown): readonly unknown[] =>
  Array.isArray(tokens) ? tokens.filter((token: unknown) => !(isRecord(token) && token["special"] === true)) : [];

/** What the tokenizer's post-processor puts in front of a text and behind it. */
function aroundText(reader: FolderReader): { readonly before: readonly number[]; readonly behind: readonly number[] } {
  const bare = reader.encode("a", { add_special_tokens: false }).ids;
  const whole = reader.encode("a", { add_special_tokens: true }).ids;
  if (bare.length === 0) return { before: whole, behind: [] };
  const at = whole.findIndex((_, from) => bare.every((id, i) => whole[from + i] === id));
  if (at < 0) throw new Error("its post-processor changes the tokens of a text, which is not done here");
  return { before: whole.slice(0, at), behind: whole.slice(at + bare.length) };
}

/** Some folders have several templates by name; null where there is none, and contents follow one another. */
function templateOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  const named: unknown = Array.isArray(value)
    ? value.find((each: unknown) => isRecord(each) && each["name"] === "default")
    : undefined;
  const template = isRecord(named) ? named["template"] : undefined;
  return typeof template === "string" ? template : null;
}

/** Written as a text or as an added token. */
const tokenText = (value: unknown): string =>
  typeof value === "string" ? value : isRecord(value) && typeof value["content"] === "string" ? value["content"] : "";

interface Piece {
  readonly kind: "template" | "spelled";
  readonly text: string;
}

/**
 * Takes control tokens out of a content before it goes through the template and spells them as
 * text behind it: a mark of two noncharacters and a number stands for each meanwhile.
 */
class Defusing {
  readonly #control: readonly string[];
  readonly #pattern: RegExp | null;

  constructor(control: readonly string[]) {
    this.#control = control;
    const longestFirst = control
      .toSorted((a, b) => b.length - a.length)
      .map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    this.#pattern = control.length === 0 ? null : new RegExp(longestFirst.join("|"), "g");
  }

  mark(content: string): string {
    const unmarked = content.replace(/[\u{FFFFE}\u{FFFFF}]/gu, "\uFFFD"); // noncharacters stand for nothing in a text
    return this.#pattern === null
      ? unmarked
      : unmarked.replace(this.#pattern, (token) => `\u{FFFFE}${this.#control.indexOf(token)}\u{FFFFF}`);
  }

  pieces(rendered: string): readonly Piece[] {
    return rendered
      .split(/\u{FFFFE}(\d+)\u{FFFFF}/u)
      .map((text, index): Piece =>
        index % 2 === 1 ? { kind: "spelled", text: this.#control[Number(text)] ?? "" } : { kind: "template", text },
      )
      .filter(({ text }) => text !== "");
  }
}
