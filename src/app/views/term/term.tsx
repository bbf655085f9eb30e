/**
 * A word that explains itself on hover, focus and tap, out of the glossary. It is a button, so that
 * keys and fingers reach it; until the explanation is loaded it is a word like any other.
 */
import { lazy, Suspense, type ReactNode } from "react";
import type { GlossaryKey } from "#core/glossary/glossary.ts";
import css from "./term.module.css";

const Explained = lazy(() => import("./explained.tsx"));

export function Term({ of, children }: { readonly of: GlossaryKey; readonly children: ReactNode }) {
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
