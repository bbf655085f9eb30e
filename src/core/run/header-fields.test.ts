import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DOWN_ROWS, UP_ROWS, downCode, upCode } from "../frames/message-table.ts";
import { writeHeader } from "./frame-header.ts";
import { describeHeader } from "./header-fields.ts";

const header = (over: Partial<Parameters<typeof writeHeader>[1]>) => {
  const bytes = new Uint8Array(24);
  writeHeader(bytes, {
    kind: 1,
    flags: 0,
    wire: 1,
    reserved: 0,
    sequence: 0,
    position: 0,
    count: 0,
    first: 0,
    second: 0,
    ...over,
  });
  return bytes;
};

describe("describeHeader", () => {
  it("names each field, where it lies, its bytes as they travel, its number and its meaning", () => {
    const described = describeHeader(
      header({ kind: upCode("activations"), flags: 1, sequence: 258, position: 40, count: 3 }),
    );
    expect(described?.direction).toBe("up");
    expect(described?.kind).toBe("activations");
    expect(described?.fields.slice(0, 7)).toEqual([
      { name: "kind", offset: 0, hex: "01", value: 1, meaning: "activations, device to edge" },
      { name: "want", offset: 1, hex: "01", value: 1, meaning: "answer wanted for: last" },
      { name: "wire", offset: 2, hex: "01", value: 1, meaning: "wire version 1" },
      { name: "reserved", offset: 3, hex: "00", value: 0, meaning: "always 0" },
      { name: "sequence", offset: 4, hex: "02 01 00 00", value: 258, meaning: "request 258" },
      { name: "position", offset: 8, hex: "28 00 00 00", value: 40, meaning: "positions 40 to 42" },
      { name: "count", offset: 12, hex: "03 00 00 00", value: 3, meaning: "3 positions of activations in the payload" },
    ]);
  });
  it("tells the edge's times", () => {
    const fields =
      describeHeader(header({ kind: downCode("token"), flags: 2, count: 1, position: 7, first: 1500, second: 250 }))
        ?.fields ?? [];
    expect(
      fields.filter(({ name }) => ["finish", "queue", "compute"].includes(name)).map(({ meaning }) => meaning),
    ).toEqual(["the stream ends here: length", "waited at the edge for 1.500 ms", "the edge computed for 0.250 ms"]);
  });
  it("describes every kind, and its field names are ours", () => {
    for (const [direction, kinds] of [
      ["up", UP_ROWS],
      ["down", DOWN_ROWS],
    ] as const) {
      for (const { kind: name, code } of kinds) {
        const described = describeHeader(header({ kind: code, count: 1, first: 1 }));
        expect(described).toMatchObject({ direction, kind: name });
        expect(described?.fields).toHaveLength(9);
      }
    }
    expect(describeHeader(header({ kind: upCode("generate"), first: 5 }))?.fields[7]).toMatchObject({
      name: "generate",
      meaning: "at most 5 tokens wanted back",
    });
    expect(describeHeader(header({ kind: upCode("check"), first: 5 }))?.fields[7]).toMatchObject({
      name: "judged",
      meaning: "the last 5 ids are judged",
    });
  });
  it("shows what is there also when it is wrong, and only refuses what is too short", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 40 }), (bytes) => {
        const described = describeHeader(bytes);
        expect(described?.fields.map(({ hex }) => hex).join(" ")).toBe(
          Array.from(bytes.subarray(0, 24), (byte) => byte.toString(16).padStart(2, "0")).join(" "),
        );
      }),
    );
    expect(describeHeader(new Uint8Array(23))).toBeNull();
    expect(describeHeader(header({ kind: 0x7f }))).toMatchObject({ direction: "unknown", kind: null });
  });
});
