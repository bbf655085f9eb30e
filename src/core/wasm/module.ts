/**
 * WebAssembly as expressions: an instruction applied to operands is code, as `core/onnx/graph.ts` does it for graphs.
 * As little of it as our kernels take: 32-bit integers and floats, vectors of four floats, one memory that is imported.
 * Source: WebAssembly core specification 2.0, chapter 5 (binary format); fixed-width SIMD proposal, BinarySIMD.md.
 */

/** Instructions, encoded. An expression leaves one value, a statement none. */
export type Code = readonly number[];

const TYPES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
type Type = keyof typeof TYPES;

export interface Local {
  readonly get: Code;
  readonly set: (value: Code) => Code;
}

/** A number as LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
function signed(value: number): Code {
  const last = value >= -0x40 && value < 0x40;
  return last ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const vector = (code: number): Code => [0xfd, ...unsigned(code)];
const unary =
  (...op: Code) =>
  (x: Code): Code => [...x, ...op];
const binary =
  (...op: Code) =>
  (x: Code, y: Code): Code => [...x, ...y, ...op];
/** `address` and `offset` in bytes. */
const loading =
  (op: Code, align: number) =>
  (address: Code, offset = 0): Code => [...address, ...op, align, ...unsigned(offset)];
const storing =
  (op: Code, align: number) =>
  (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...op, align, ...unsigned(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: loading([0x28], 2),
  lessThan: binary(0x48),
  greaterOrEqual: binary(0x4e),
  add: binary(0x6a),
  subtract: binary(0x6b),
  multiply: binary(0x6c),
  and: binary(0x71),
  shiftLeft: binary(0x74),
  shiftRight: binary(0x75),
};

/** Vectors of four integers. */
export const i32x4 = {
  /** Four 16-bit numbers, widened with their sign, or with zeros. */
  loadSigned16: loading(vector(3), 3),
  loadUnsigned16: loading(vector(4), 3),
  splat: unary(...vector(17)),
  and: binary(...vector(78)),
  shiftLeft: (x: Code, bits: number): Code => [...x, ...i32.const(bits), ...vector(171)],
  shiftRightUnsigned: (x: Code, bits: number): Code => [...x, ...i32.const(bits), ...vector(173)],
};

export const f32 = {
  const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  load: loading([0x2a], 2),
  store: storing([0x38], 2),
  squareRoot: unary(0x91),
  add: binary(0x92),
  multiply: binary(0x94),
  divide: binary(0x95),
  max: binary(0x97),
};

export const f32x4 = {
  load: loading(vector(0), 4),
  loadSplat: loading(vector(9), 2),
  store: storing(vector(11), 4),
  splat: unary(...vector(19)),
  /** Lanes 0 to 3 are x's, 4 to 7 are y's. */
  shuffle: (x: Code, y: Code, lanes: readonly [number, number, number, number]): Code => [
    ...x,
    ...y,
    ...vector(13), // i8x16.shuffle
    ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  ],
  lane: (x: Code, lane: number): Code => [...x, ...vector(31), lane],
  nearest: unary(...vector(106)),
  add: binary(...vector(228)),
  subtract: binary(...vector(229)),
  multiply: binary(...vector(230)),
  divide: binary(...vector(231)),
  min: binary(...vector(232)),
  max: binary(...vector(233)),
  /** Of lanes that are integers with a sign. */
  fromIntegers: unary(...vector(250)),
  /** 2 to the power of each lane, which is a whole number: put into the exponent's bits. */
  powerOfTwo: (x: Code): Code => [
    ...x,
    ...vector(248), // i32x4.trunc_sat_f32x4_s
    ...i32.const(127),
    ...vector(17), // i32x4.splat
    ...vector(174), // i32x4.add
    ...i32.const(23),
    ...vector(171), // i32x4.shl
  ],
};

export const choose = (condition: Code, then: Code, otherwise: Code): Code => [
  ...then,
  ...otherwise,
  ...condition,
  0x1b,
];

const NO_RESULT = 0x40;
const [BLOCK, LOOP, END, BRANCH, BRANCH_IF] = [0x02, 0x03, 0x0b, 0x0c, 0x0d] as const;

/** `body` for each value of `counter` from what it is now to below `end`. */
export const loop = (counter: Local, end: Code, step: number, body: Code): Code => {
  const [back, out] = [0, 1]; // labels from the inside
  const passed = [...i32.greaterOrEqual(counter.get, end), BRANCH_IF, out];
  const next = [...counter.set(i32.add(counter.get, i32.const(step))), BRANCH, back];
  return [BLOCK, NO_RESULT, LOOP, NO_RESULT, ...passed, ...body, ...next, END, END];
};

/** A function without results, under construction: its parameters, and locals as they are asked for. */
export class FunctionBuilder {
  readonly parameters: readonly Type[];
  readonly #locals: Type[] = [];

  constructor(parameters: readonly Type[]) {
    this.parameters = parameters;
  }

  parameter(index: number): Local {
    return localAt(index);
  }

  local(type: Type): Local {
    this.#locals.push(type);
    return localAt(this.parameters.length + this.#locals.length - 1);
  }

  encode(body: Code): Code {
    const locals = this.#locals.map((type): Code => [1, TYPES[type]]);
    return sized([...list(locals), ...body, END]);
  }
}

const localAt = (index: number): Local => ({
  get: [0x20, ...unsigned(index)],
  set: (value) => [...value, 0x21, ...unsigned(index)],
});

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module of one exported function over the memory that is imported as `env.memory`. */
export function encodeModule(name: string, builder: FunctionBuilder, body: Code): Uint8Array<ArrayBuffer> {
  const parameters = builder.parameters.map((type): Code => [TYPES[type]]);
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, list([[0x60, ...list(parameters), 0]])), // types
    ...section(2, list([[...text("env"), ...text("memory"), 0x02, 0x00, 0]])), // imports
    ...section(3, list([[0]])), // functions
    ...section(7, list([[...text(name), 0x00, 0]])), // exports
    ...section(10, list([builder.encode(body)])), // code
  ]);
}

const sized = (code: Code): Code => [...unsigned(code.length), ...code];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const text = (value: string): Code => sized(Array.from(value, (letter) => letter.charCodeAt(0)));
