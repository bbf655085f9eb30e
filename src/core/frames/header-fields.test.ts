import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DOWN_ROWS, UP_ROWS, downCode, upCode } from "./message-table.ts";
import { BLANK_HEADER, FRAME_HEADER_BYTES, writeHeader } from "./frame-header.ts";
import { describeHeader } from "./header-fields.ts";

const header = (over: Partial<Parameters<typeof writeHeader>[1]>) => {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES);
  writeHeader(bytes, { ...BLANK_HEADER, kind: 1, wire: 3, ...over });
  return bytes;
};

describe("describeHeader", () => {
  it("names each field, where it lies, its bytes as they travel, its number and its meaning", () => {
    const described = describeHeader(
      header({
        kind: upCode("activations"),
        flags: 1,
        adapter: 2,
        session: 513,
        version: 7,
        sequence: 258,
        position: 40,
        count: 3,
      }),
    );
    expect(described?.direction).toBe("up");
    expect(described?.kind).toBe("activations");
    expect(described?.fields.slice(0, 9)).toEqual([
      { name: "kind", offset: 0, hex: "01", value: 1, meaning: "activations, device to edge" },
      { name: "want", offset: 1, hex: "01", value: 1, meaning: "answer wanted for: last" },
      { name: "wire", offset: 2, hex: "03", value: 3, meaning: "wire version 3" },
      { name: "adapter", offset: 3, hex: "02", value: 2, meaning: "adapter 2 of the session" },
      { name: "session", offset: 4, hex: "01 02", value: 513, meaning: "session 513" },
      { name: "version", offset: 6, hex: "07 00", value: 7, meaning: "weights after update 7" },
      { name: "sequence", offset: 8, hex: "02 01 00 00", value: 258, meaning: "request 258" },
      { name: "position", offset: 12, hex: "28 00 00 00", value: 40, meaning: "positions 40 to 42" },
      { name: "count", offset: 16, hex: "03 00 00 00", value: 3, meaning: "3 positions of activations in the payload" },
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
        expect(described?.fields).toHaveLength(11);
      }
    }
    expect(describeHeader(header({ kind: upCode("generate"), first: 5 }))?.fields[9]).toMatchObject({
      name: "generate",
      meaning: "at most 5 tokens wanted back",
    });
    expect(describeHeader(header({ kind: upCode("check"), first: 5 }))?.fields[9]).toMatchObject({
      name: "judged",
      meaning: "the last 5 ids are judged",
    });
  });
  it("shows what is there also when it is wrong, and only refuses what is too short", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 28, maxLength: 44 }), (bytes) => {
        const described = describeHeader(bytes);
        expect(described?.fields.map(({ hex }) => hex).join(" ")).toBe(
          Array.from(bytes.subarray(0, described?.bytes), (byte) => byte.toString(16).padStart(2, "0")).join(" "),
        );
      }),
    );
    expect(describeHeader(header({}).subarray(0, 27))).toBeNull();
    expect(describeHeader(header({ kind: 0x7f }))).toMatchObject({ direction: "unknown", kind: null });
  });
  it("reads the frames of recordings that wire version 2 made: 24 bytes, a reserved one among them", () => {
    const bytes = Uint8Array.from([1, 1, 2, 0, 2, 1, 0, 0, 40, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xee]);
    const described = describeHeader(bytes);
    expect(described).toMatchObject({ direction: "up", kind: "activations", bytes: 24 });
    expect(described?.fields.map(({ name, value }) => `${name} ${value}`)).toEqual([
      "kind 1",
      "want 1",
      "wire 2",
      "reserved 0",
      "sequence 258",
      "position 40",
      "count 3",
      "first 0",
      "second 0",
    ]);
    expect(describeHeader(bytes.subarray(0, 23))).toBeNull();
  });
});
