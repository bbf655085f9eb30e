/** The house models' tokenizer against the ids that PyTorch's reference was given, and against injection. */
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { unwrap } from "#core/run/failure.ts";
import { folderTokenizer } from "#engine/model/folder-tokenizer.ts";
import type { Tokenizer } from "#engine/ports.ts";
import { StreamingText } from "#engine/run/record/streaming-text.ts";
import { openModelFolder } from "./model-folder.ts";
import { openTokenizer } from "./tokenizer.ts";

interface Golden {
  readonly models: Readonly<
    Record<string, readonly { readonly prompt: string; readonly promptIds: readonly number[] }[]>
  >;
}

const HOUSE = new URL("../../../../public/models/concierge-1m", import.meta.url).pathname;
const CONTROL_IDS = 16;
let tokenizer: Tokenizer;

beforeAll(async () => {
  tokenizer = await openTokenizer(unwrap(await openModelFolder(HOUSE)));
});

test("a user's turn through the chat template is what the models were trained on", async () => {
  const golden = JSON.parse(await readFile(new URL("golden.json", import.meta.url), "utf8")) as Golden;
  for (const { prompt, promptIds } of Object.values(golden.models).flat()) {
    expect(tokenizer.conversation([{ role: "user", content: prompt }])).toEqual(promptIds);
  }
});

test("any text comes back, and none of it becomes a control token", () => {
  const control = fc.constantFrom("<|call|>", "<|end|>", "<|assistant|>", "<|", "|>", "\u{FFFFE}1\u{FFFFF}");
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: "grapheme" }), control)).map((parts) => parts.join("")),
      (text) => {
        const plain = tokenizer.encode(text);
        expect(tokenizer.decode(plain)).toBe(text);
        expect(plain.every((id) => id >= CONTROL_IDS)).toBe(true);
        const [end, user, ...rest] = tokenizer.conversation([{ role: "user", content: text }]);
        expect([end, user]).toEqual([0, 1]);
        expect(rest.every((id) => id >= CONTROL_IDS)).toBe(true);
      },
    ),
  );
});

test("an ordinary content is encoded together with the template around it", () => {
  const messages = [
    { role: "user", content: "Hello there" },
    { role: "call", content: '{"name":"A"}' },
    { role: "result", content: "{}" },
  ];
  const ids = tokenizer.conversation(messages);
  expect(ids.filter((id) => id < CONTROL_IDS)).toEqual([0, 1, 3, 4]);
  expect(tokenizer.decode(ids)).toBe('<|end|><|user|>Hello there<|call|>{"name":"A"}<|result|>{}');
});

test("streamed text is the whole text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const stream = new StreamingText(tokenizer, [0]);
      expect(
        tokenizer
          .encode(text)
          .map((id) => stream.push(id))
          .join("") + stream.flush(),
      ).toBe(text);
    }),
  );
});

test("a folder without a tokenizer that can be read is refused by name", () => {
  expect(folderTokenizer("m", "nonsense", "{}")).toMatchObject({
    ok: false,
    failure: { code: "model-broken", file: "tokenizer.json" },
  });
  expect(folderTokenizer("m", "{}", "[]")).toMatchObject({
    ok: false,
    failure: { code: "model-broken", file: "tokenizer_config.json" },
  });
  expect(folderTokenizer("m", "{}", "{}")).toMatchObject({
    ok: false,
    failure: { code: "model-broken", file: "tokenizer.json" },
  });
});
