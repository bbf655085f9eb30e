/** Words of the field are found where they stand, as words, and nothing of the text is lost. */
import { expect, test } from "vitest";
import { jargonIn } from "./jargon.ts";

const found = (text: string): readonly string[] =>
  jargonIn(text).flatMap((piece) => (typeof piece === "string" ? [] : [`${piece.of}: ${piece.text}`]));

test("terms are found with a capital, in the plural and in a compound", () => {
  expect(found("Codecs pack activations: the RTT-bound run sends its smashed data as f16.")).toEqual([
    "codec: Codecs",
    "activation: activations",
    "rtt: RTT",
    "smashedData: smashed data",
    "f16: f16",
  ]);
});

test("no term is found within another word, nor an abbreviation in small letters", () => {
  expect(found("shapers3 xcodec rtt ttft int80 e-codec")).toEqual([]);
});

test("the pieces are the text", () => {
  for (const text of ["", "codec", "a codec", "TTFT and TPOT.", "nothing of the kind"])
    expect(
      jargonIn(text)
        .map((piece) => (typeof piece === "string" ? piece : piece.text))
        .join(""),
    ).toBe(text);
});
