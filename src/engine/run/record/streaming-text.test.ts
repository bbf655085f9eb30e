/** Text comes out whole: never half a character, nothing lost, nothing twice. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Tokenizer } from "../../ports.ts";
import { StreamingText } from "./streaming-text.ts";

/** One byte an id: every character beyond ASCII is split. */
const bytewise: Tokenizer = {
  encode: (text) => [...new TextEncoder().encode(text)],
  prompt: (text) => bytewise.encode(text),
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
  conversation: () => [],
};

test("a character is given out with its last byte", () => {
  const text = new StreamingText(bytewise, []);
  expect(bytewise.encode("a€b🙂").map((id) => text.push(id))).toEqual(["a", "", "", "€", "b", "", "", "", "🙂"]);
});

test("what is given out is the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (written) => {
      const text = new StreamingText(bytewise, []);
      const pieces = bytewise.encode(written).map((id) => text.push(id));
      expect(pieces.join("") + text.flush()).toBe(written);
    }),
  );
});

test("broken bytes come out as such and spoil nothing behind them", () => {
  const text = new StreamingText(bytewise, []);
  const pieces = [0xf0, 0x41, 0xe2, 0x82].map((id) => text.push(id));
  expect(pieces.join("")).toBe("\uFFFDA");
  expect(text.flush()).toBe("\uFFFD");
  expect(text.push(0xac)).toBe("");
  expect(text.push(0x42)).toBe("\uFFFDB");
});

test("ids that end a turn show nothing", () => {
  const text = new StreamingText(bytewise, [0]);
  expect([0x68, 0x69, 0].map((id) => text.push(id))).toEqual(["h", "i", ""]);
});
