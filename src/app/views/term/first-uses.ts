/**
 * Where each word of the field stands first on a view, in the order of the document: there it is
 * explained. Uses come and go with what is rendered, in any order.
 */
import { createContext } from "react";
import type { GlossaryKey } from "#core/glossary/glossary.ts";

type Placed = Pick<Node, "compareDocumentPosition">;

interface Use {
  readonly element: Placed;
  readonly tell: (first: boolean) => void;
}

export class FirstUses {
  readonly #uses = new Map<GlossaryKey, readonly Use[]>();

  /** `tell` hears whether this is the first use, now and whenever that changes; until the returned function is called. */
  join(of: GlossaryKey, element: Placed, tell: Use["tell"]): () => void {
    const use = { element, tell };
    this.#change(of, (uses) => [...uses, use].toSorted(inDocumentOrder));
    return () => this.#change(of, (uses) => uses.filter((each) => each !== use));
  }

  #change(of: GlossaryKey, change: (uses: readonly Use[]) => readonly Use[]): void {
    const before = this.#uses.get(of) ?? [];
    const after = change(before);
    this.#uses.set(of, after);
    if (before[0] === after[0]) return;
    before[0]?.tell(false);
    after[0]?.tell(true);
  }
}

/** Node.DOCUMENT_POSITION_PRECEDING, which Node.js lacks. */
const PRECEDING = 2;

const inDocumentOrder = (a: Use, b: Use): number => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is compared here are nodes
  const position = a.element.compareDocumentPosition(b.element as Node);
  return (position & PRECEDING) === 0 ? -1 : 1;
};

/** One view at a time is on the page; what opens in front of it has its own. */
export const FirstUsesContext = createContext(new FirstUses());
