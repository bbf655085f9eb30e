/** GGUF heads as hostile input: whatever the bytes, a head, a call for more, or a coded failure. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failed, type Failure } from "../../../run/failure.ts";
import { joined } from "../../../frames/joined.ts";
import { parseHead } from "./head.ts";

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (value: string): Uint8Array => joined([u64(value.length), ascii(value)]);

interface Tensor {
  readonly name: string;
  readonly lengths: readonly (number | bigint)[];
  readonly type: number;
  readonly offset: number | bigint;
}

const F32 = 0;
const Q4_0 = 2;
const tensor = (changes: Partial<Tensor> = {}): Tensor => ({
  name: "t",
  lengths: [32, 2],
  type: F32,
  offset: 0,
  ...changes,
});
const info = ({ name, lengths, type, offset }: Tensor): Uint8Array =>
  joined([text(name), u32(lengths.length), ...lengths.map(u64), u32(type), u64(offset)]);

interface File {
  readonly version?: number;
  readonly keys?: readonly Uint8Array[];
  readonly tensors?: readonly Tensor[];
  readonly dataBytes?: number;
  readonly counts?: readonly [number | bigint, number | bigint];
}

function headOf({ version = 3, keys = [], tensors = [tensor()], dataBytes = 256, counts }: File) {
  const [ofTensors, ofKeys] = counts ?? [tensors.length, keys.length];
  const head = joined([ascii("GGUF"), u32(version), u64(ofTensors), u64(ofKeys), ...keys, ...tensors.map(info)]);
  const padded = joined([head, new Uint8Array((32 - (head.length % 32)) % 32)]);
  return { bytes: padded, size: padded.length + dataBytes };
}

function parsed(file: File): ReturnType<typeof parseHead> | Failure {
  const { bytes, size } = headOf(file);
  return outcome(bytes, size);
}

function outcome(bytes: Uint8Array, size: number): ReturnType<typeof parseHead> | Failure {
  try {
    return parseHead("m", "f.gguf", bytes, size);
  } catch (thrown) {
    if (thrown instanceof Failed) return thrown.failure;
    throw thrown;
  }
}

test("keys of every type and tensors of both versions are read", () => {
  const list = joined([text("l"), u32(9), u32(8), u64(2), text("a"), text("b")]);
  const keys = [joined([text("n"), u32(4), u32(7)]), joined([text("b"), u32(7), Uint8Array.of(1)]), list];
  for (const version of [2, 3]) {
    const head = parsed({
      version,
      keys,
      tensors: [tensor(), tensor({ name: "q", type: Q4_0, offset: 256 })],
      dataBytes: 256 + 36,
    });
    if (head === null || "code" in head) throw new Error(JSON.stringify(head));
    expect(Object.fromEntries(head.metadata)).toEqual({ n: 7, b: true, l: ["a", "b"] });
    expect(head.tensors.get("t")).toMatchObject({ type: "F32", shape: [2, 32], bytes: 256 });
    expect(head.tensors.get("q")).toMatchObject({
      type: "Q4_0",
      shape: [2, 32],
      bytes: 36,
    });
  }
});

const BROKEN: readonly (readonly [string, File, string])[] = [
  ["a file that ends in the middle of a tensor", { dataBytes: 255 }, "ends at byte"],
  ["an offset beyond the file", { tensors: [tensor({ offset: 1 << 20 })] }, "ends at byte"],
  ["an offset that overflows", { tensors: [tensor({ offset: 2n ** 64n - 32n })] }, "no whole number"],
  ["two tensors at one place", { tensors: [tensor(), tensor({ name: "u" })] }, "where it cannot"],
  ["an offset between the places", { tensors: [tensor({ offset: 4 })], dataBytes: 512 }, "where it cannot"],
  ["a shape whose product overflows", { tensors: [tensor({ lengths: [2n ** 40n, 2n ** 40n] })] }, "no whole number"],
  ["rows that are no whole blocks", { tensors: [tensor({ lengths: [33], type: Q4_0 })] }, "no whole number"],
  ["a name twice", { tensors: [tensor(), tensor({ offset: 256 })], dataBytes: 512 }, "twice"],
  ["a key twice", { keys: [joined([text("n"), u32(4), u32(7)]), joined([text("n"), u32(4), u32(7)])] }, "twice"],
  ["dimensions without end", { tensors: [tensor({ lengths: Array.from({ length: 9 }, () => 1) })] }, "9 dimensions"],
  ["a value of no type", { keys: [joined([text("n"), u32(13)])] }, "of type 13"],
  ["a list that claims millions", { keys: [joined([text("n"), u32(9), u32(0), u64(2n ** 60n)])] }, "claims"],
  [
    "lists in lists without end",
    { keys: [joined([text("n"), u32(9), ...Array.from({ length: 5 }, () => joined([u32(9), u64(1)]))])] },
    "nested",
  ],
  ["an alignment of nothing", { keys: [joined([text("general.alignment"), u32(4), u32(0)])] }, "alignment is 0"],
  ["a text that is not UTF-8", { keys: [joined([u64(1), Uint8Array.of(0xff), u32(4), u32(7)])] }, "not UTF-8"],
];

test.each(BROKEN)("%s is refused", (_, file, what) => {
  expect(parsed(file)).toMatchObject({
    code: "model-broken",
    file: "f.gguf",
    what: expect.stringContaining(what) as string,
  });
});

describe("what is not such a file", () => {
  test.each([
    [1, "GGUF 1"],
    [4, "GGUF 4"],
    [0x03000000, "big-endian GGUF"],
  ])("version %d is refused as %s", (version, found) => {
    expect(parsed({ version })).toMatchObject({ code: "model-unsupported", found });
  });

  test("other bytes and pointers are called what they are", () => {
    expect(outcome(ascii("PK\u0003\u0004 and so on"), 100)).toMatchObject({ code: "model-unsupported" });
    expect(outcome(ascii("version https://git-lfs.github.com/spec/v1"), 100)).toMatchObject({
      advice: expect.stringContaining("git lfs pull") as string,
    });
  });
});

test("types that are not read are known by name", () => {
  const head = parsed({ tensors: [tensor({ type: 10, lengths: [256] }), tensor({ name: "u", type: 99 })] });
  expect(head !== null && !("code" in head) && [...head.unread.values()]).toEqual([
    "Q2_K",
    "number 99, which is none that we know",
  ]);
});

test("counts and lengths that there are no bytes for ask for more, and never for memory", () => {
  expect(parsed({ counts: [2n ** 63n, 0] })).toBeNull();
  expect(parsed({ counts: [0, 2n ** 63n], keys: [] })).toBeNull();
  expect(parsed({ keys: [joined([u64(2n ** 62n), ascii("n")])] })).toBeNull();
});

test("whatever the bytes, it is a head, a call for more or a failure", () => {
  const { bytes, size } = headOf({
    keys: [joined([text("l"), u32(9), u32(8), u64(2), text("a"), text("b")])],
    tensors: [tensor(), tensor({ name: "q", type: Q4_0, offset: 256 })],
    dataBytes: 300,
  });
  const byte = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }), fc.nat(bytes.length), (changes, length) => {
      const changed = bytes.slice(0, length);
      for (const { at, value } of changes) if (at < length) changed[at] = value;
      const found = outcome(changed, size);
      if (found === null || "code" in found) return;
      for (const { offset, bytes: held, encoding } of found.tensors.values())
        expect(offset + (encoding === undefined ? held : 0)).toBeLessThanOrEqual(size);
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => void outcome(joined([ascii("GGUF"), any]), 1000)));
});
