/** How a reader looks at a plot: what is hidden, which scale, what is cut out, whether far values are let in. */
import type { Hidden } from "../legend.tsx";

export interface Look {
  /** Keys of legend entries. */
  readonly hidden: Hidden;
  readonly log: boolean;
  /** The axis reaches to the farthest value, also where that flattens the rest. */
  readonly whole: boolean;
  /** From and to along x; null for all of it. */
  readonly window: readonly [number, number] | null;
}
