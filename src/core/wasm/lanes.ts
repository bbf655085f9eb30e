/**
 * What our kernels do with vectors of four numbers: across their lanes, constants in all of them, and e to their power.
 * Source: exp as in Cephes (expf).
 */
import { f32, f32x4, i32, i32x4, type Code, type FunctionBuilder, type Local } from "./module.ts";

/** Four vectors to one of their four sums. */
export function sumsOfLanes(vectors: readonly Code[]): Code {
  const [a = [], b = [], c = [], d = []] = vectors;
  const halves = (x: Code, y: Code): Code =>
    f32x4.add(f32x4.shuffle(x, y, [0, 4, 1, 5]), f32x4.shuffle(x, y, [2, 6, 3, 7])); // x0+x2, y0+y2, x1+x3, y1+y3
  const [ab, cd] = [halves(a, b), halves(c, d)];
  return f32x4.add(f32x4.shuffle(ab, cd, [0, 1, 4, 5]), f32x4.shuffle(ab, cd, [2, 3, 6, 7]));
}

/** The four lanes together. */
export const ofLanes = (x: Code, op: (a: Code, b: Code) => Code): Code =>
  op(op(f32x4.lane(x, 0), f32x4.lane(x, 1)), op(f32x4.lane(x, 2), f32x4.lane(x, 3)));

/** Numbers in all four lanes, each prepared once: inside a loop it would be made anew every time. */
export class Constants {
  readonly #builder: FunctionBuilder;
  readonly #locals = new Map<string, { readonly local: Local; readonly value: Code }>();

  constructor(builder: FunctionBuilder) {
    this.#builder = builder;
  }

  get(value: number): Code {
    return this.#get(`number ${value}`, f32x4.splat(f32.const(value)));
  }

  /** 32 bits in each lane. */
  bits(value: number): Code {
    return this.#get(`bits ${value}`, i32x4.splat(i32.const(value)));
  }

  /** What goes before all that reads them. */
  get prepared(): Code {
    return [...this.#locals.values()].flatMap(({ local, value }) => local.set(value));
  }

  #get(key: string, value: Code): Code {
    const known = this.#locals.get(key) ?? { local: this.#builder.local("v128"), value };
    this.#locals.set(key, known);
    return known.local.get;
  }
}

/** ln 2 in two parts, the first of few bits: a whole number of them is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Of (eʳ - 1 - r) / r², the highest power first. */
const POLYNOMIAL = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1];

/** x becomes e to the power of each lane, within ±87: 2ⁿ · eʳ with n whole and r within ln 2 / 2 of 0, eʳ as a polynomial. */
export function exponential(x: Local, n: Local, r: Local, constants: Constants): Code {
  const number = (value: number): Code => constants.get(value);
  const polynomial = POLYNOMIAL.reduce<Code>(
    (sum, factor) => f32x4.add(f32x4.multiply(sum, r.get), number(factor)),
    number(0),
  );
  return [
    ...x.set(f32x4.min(f32x4.max(x.get, number(-87)), number(87))),
    ...n.set(f32x4.nearest(f32x4.multiply(x.get, number(Math.LOG2E)))),
    ...r.set(f32x4.subtract(x.get, f32x4.multiply(n.get, number(LN2_HIGH)))),
    ...r.set(f32x4.subtract(r.get, f32x4.multiply(n.get, number(LN2_LOW)))),
    ...x.set(f32x4.add(f32x4.add(f32x4.multiply(polynomial, f32x4.multiply(r.get, r.get)), r.get), number(1))),
    ...x.set(f32x4.multiply(x.get, f32x4.powerOfTwo(n.get))),
  ];
}
