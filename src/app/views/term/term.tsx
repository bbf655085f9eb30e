/**
 * A word that explains itself on hover, focus and tap, out of the glossary. It is a button, so that
 * keys and fingers reach it; until the explanation is loaded it is a word like any other.
 */
import { Suspense, useContext, useLayoutEffect, useRef, type ReactNode } from "react";
import type { GlossaryKey } from "#core/glossary/glossary.ts";
import { FirstUsesContext } from "./first-uses.ts";
import { later } from "../later.tsx";
import css from "./term.module.css";

const Explained = later(
  () => import("./explained.tsx"),
  ({ children }) => children,
);

interface Props {
  readonly of: GlossaryKey;
  readonly children: ReactNode;
}

/** Always explained, wherever else the word stands. */
export function Term({ of, children }: Props) {
  const uses = useContext(FirstUsesContext);
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const { current } = place;
    return current === null ? undefined : uses.join(of, current, () => undefined);
  }, [uses, of]);
  return (
    <span ref={place}>
      <TermButton of={of}>{children}</TermButton>
    </span>
  );
}

export function TermButton({ of, children }: Props) {
  const word = (
    <button type="button" className={css["term"]} data-term={of} data-printed>
      {children}
    </button>
  );
  return (
    <Suspense fallback={word}>
      <Explained of={of}>{word}</Explained>
    </Suspense>
  );
}
