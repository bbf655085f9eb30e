import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CODEC_CONTRACT, type CodecCase } from "./codec-contract.ts";
import type { Codec } from "./codec.ts";
import { bf16 } from "./floats/bf16.ts";
import { dct } from "./truncated/dct.ts";
import { f16, toHalves } from "./floats/f16.ts";
import { f32 } from "./floats/f32.ts";
import { int4 } from "./quantised/int4.ts";
import { int4g32 } from "./quantised/int4-g32.ts";
import { int4mix } from "./quantised/int4-mix.ts";
import { int8 } from "./quantised/int8.ts";
import { topk } from "./truncated/topk.ts";
import { seededRandom } from "../link/random.ts";
import { CODECS, codecNamed } from "./registry.ts";
import { ok } from "../run/failure.ts";

const finite = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc
    .constantFrom(0, -0, 1.1754943508222875e-38, 2 ** -149, 2 ** -24, 2 ** -25, 65504, 65519, 65520, -65536)
    .map(Math.fround),
);
const cases = (value: fc.Arbitrary<number>): fc.Arbitrary<CodecCase> =>
  fc
    .record({ count: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 33 }) })
    .chain(({ count, width }) =>
      fc
        .array(value, { minLength: count * width, maxLength: count * width })
        .map((values) => ({ count, width, values: Float32Array.from(values) })),
    );

describe.each(CODECS.map((codec) => [codec.name, codec] as const))("codec %s", (_, codec) => {
  it.each(Object.entries(CODEC_CONTRACT))("%s", (_check, check) => {
    fc.assert(
      fc.property(cases(finite), (sample) => {
        expect(check(codec, sample)).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

describe("the contract", () => {
  const sample: CodecCase = { values: Float32Array.from([0.5, -1.25, 3, 7]), count: 2, width: 2 };
  const broken: Readonly<Record<string, Partial<Codec>>> = {
    "takes the bytes it says": { bytesPerPosition: (width) => width * 4 + 1 },
    "gives back the shape": { decode: () => ok(new Float32Array(3)) },
    "encodes the same values to the same bytes": {
      encode: (() => {
        let calls = 0;
        return () => new Uint8Array(16).fill(calls++);
      })(),
    },
    "keeps within its error bound": { decode: (_, count, width) => ok(new Float32Array(count * width)) },
    "decodes from an odd offset": {
      decode: (bytes, count, width) => f32.decode(bytes.byteOffset % 4 ? bytes.slice().fill(1) : bytes, count, width),
    },
    "shares no memory with its input": {
      encode: (values) => new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength),
    },
    "leaves its input as it was": {
      encode: (values, count, width) => {
        const out = f32.encode(values, count, width);
        values.fill(0);
        return out;
      },
    },
    "refuses a wrong length": { decode: (_, count, width) => ok(new Float32Array(count * width)) },
    "never throws over what may have come up": {
      decode: () => {
        throw new Error("oops");
      },
    },
    "shows what is not finite": {
      encode: (values, count, width) =>
        f32.encode(
          values.map((value) => (Number.isFinite(value) ? value : 0)),
          count,
          width,
        ),
    },
  };
  it.each(Object.entries(CODEC_CONTRACT))("fails a codec that breaks: %s", (name, check) => {
    expect(broken[name]).toBeDefined();
    expect(check({ ...f32, ...broken[name] }, sample)).not.toBeNull();
  });
});

describe("registry", () => {
  it("names each codec once", () => {
    expect(new Set(CODECS.map((codec) => codec.name)).size).toBe(CODECS.length);
    expect(CODECS.map((codec) => codec.name)).toEqual([
      "f32",
      "f16",
      "bf16",
      "int8",
      "int8-g32",
      "int4",
      "int4-g32",
      "int4-mix",
      "topk-8",
      "dct-4",
      "lowrank-2",
      "lowrank-4",
      "rot-2b",
      "rot-1.6b",
      "rot-1b",
    ]);
    for (const codec of CODECS) {
      expect(codecNamed(codec.name)).toEqual({ ok: true, value: codec });
    }
  });
  it("refuses what it does not know, saying what it knows", () => {
    expect(codecNamed("zip")).toEqual({
      ok: false,
      failure: {
        code: "bad-value",
        key: "codec",
        value: "zip",
        expected: `one of ${CODECS.map(({ name }) => name).join(", ")}`,
      },
    });
  });
});

describe("f16", () => {
  const bits = (...values: number[]) =>
    [...toHalves(Float32Array.from(values))].map((half) => half.toString(16).padStart(4, "0"));
  it("has IEEE's bits at the landmarks", () => {
    expect(bits(0, -0, 1, -2, 65504, 65519.996, 65520, Infinity, -Infinity, NaN)).toEqual([
      "0000",
      "8000",
      "3c00",
      "c000",
      "7bff",
      "7bff",
      "7c00",
      "7c00",
      "fc00",
      "7e00",
    ]);
    expect(
      bits(
        2 ** -14,
        2 ** -24,
        2 ** -25,
        2 ** -25 * 1.0001,
        2 ** -26,
        1023 * 2 ** -24,
        1023.5 * 2 ** -24,
        1.5 * 2 ** -24,
      ),
    ).toEqual(["0400", "0001", "0000", "0001", "0000", "03ff", "0400", "0002"]);
    expect(bits(1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20)).toEqual(["3c00", "3c02", "3c01"]); // ties to even
  });
  it("gives back all 65,536 values, NaN as NaN", () => {
    const every = Uint16Array.from({ length: 65536 }, (_, half) => half);
    const decoded = f16.decode(new Uint8Array(every.buffer), 1, 65536);
    if (!decoded.ok) throw new Error("refused");
    const again = toHalves(decoded.value);
    const isNaN = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
    expect([...every].filter((half) => isNaN(half) !== Number.isNaN(decoded.value[half]))).toEqual([]);
    expect([...every].filter((half) => !isNaN(half) && again[half] !== half)).toEqual([]);
  });
  it("rounds to the nearer neighbour, of two equally near to the even one", () => {
    const value = (half: number) => {
      const r = f16.decode(new Uint8Array(Uint16Array.of(half).buffer), 1, 1);
      return r.ok ? r.value[0]! : NaN;
    };
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (x) => {
        const half = toHalves(Float32Array.of(x))[0]!;
        const off = Math.abs(value(half) - x);
        for (const other of [half - 1, half + 1]) {
          if (((half & 0x7fff) === 0 && other < half) || (other & 0x7c00) === 0x7c00) continue;
          const theirs = Math.abs(value(other & 0xffff) - x);
          expect(off < theirs || (off === theirs && (half & 1) === 0)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("int8", () => {
  it("gives every position a scale of its own", () => {
    const encoded = int8.encode(Float32Array.from([1, -127, 0.001, 0.127]), 2, 2);
    expect([...new Float32Array(encoded.buffer.slice(0, 8))]).toEqual([1, Math.fround(Math.fround(0.127) / 127)]);
    expect([...new Int8Array(encoded.buffer, 8)]).toEqual([1, -127, 1, 127]);
  });
  it("encodes zeros", () => {
    expect(int8.decode(int8.encode(new Float32Array(4), 1, 4), 1, 4)).toEqual({ ok: true, value: new Float32Array(4) });
  });
});

describe("bf16", () => {
  const bits = (...values: number[]) =>
    [...new Uint16Array(bf16.encode(Float32Array.from(values), 1, values.length).buffer)].map((half) =>
      half.toString(16).padStart(4, "0"),
    );
  it("is the upper half of a float32, rounded to nearest, ties to even", () => {
    expect(bits(0, -0, 1, -2, Infinity, -Infinity, 3.4e38)).toEqual([
      "0000",
      "8000",
      "3f80",
      "c000",
      "7f80",
      "ff80",
      "7f80",
    ]);
    expect(bits(1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20)).toEqual(["3f80", "3f82", "3f81"]);
  });
});

describe("what compression leaves", () => {
  const normal = seededNormals(1, 64 * 256);
  const left = (codec: Codec, values: Float32Array): number => {
    const decoded = codec.decode(codec.encode(values, values.length / 256, 256), values.length / 256, 256);
    if (!decoded.ok) throw new Error("refused");
    const square = (pick: (value: number, at: number) => number) =>
      values.reduce((sum, value, at) => sum + pick(value, at) ** 2, 0);
    return square((value, at) => value - decoded.value[at]!) / square((value) => value);
  };
  // Max 1960, table 1: the least mean square error of 2, 3 and 4 levels on normal values.
  it.each([
    ["rot-1b", 0.3634],
    ["rot-1.6b", 0.1902],
    ["rot-2b", 0.1175],
  ] as const)("%s loses what the best quantiser loses", (name, expected) => {
    const codec = codecNamed(name);
    expect(codec.ok && left(codec.value, normal)).toBeCloseTo(expected, 1.7);
  });
  it("a rotation does not mind outliers, rounding does", () => {
    const spiky = normal.map((value, at) => (at % 256 === 7 ? 60 : value));
    const rounded = left(int4, spiky) / left(int4mix, spiky);
    expect(rounded).toBeGreaterThan(5);
    expect(left(int4g32, spiky)).toBeLessThan(left(int4, spiky));
  });
  it("top-k keeps the largest, the earlier of equals", () => {
    const values = new Float32Array(16).map((_, at) => (at === 9 ? -5 : 1));
    const decoded = topk.decode(topk.encode(values, 1, 16), 1, 16);
    expect(decoded).toEqual({
      ok: true,
      value: new Float32Array(16).map((_, at) => (at === 9 ? -5 : at === 0 ? 1 : 0)),
    });
  });
  it("the transform gives back what has only low frequencies", () => {
    const slow = Float32Array.from({ length: 32 }, (_, n) => 2 + Math.cos((Math.PI * 3 * (2 * n + 1)) / 64));
    const decoded = dct.decode(dct.encode(slow, 1, 32), 1, 32);
    expect(decoded.ok && Math.max(...decoded.value.map((value, n) => Math.abs(value - slow[n]!)))).toBeLessThan(0.01);
  });
});

function seededNormals(seed: number, n: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from(
    { length: n },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}
