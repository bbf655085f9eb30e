/** A text whose words of the field explain themselves where they stand first. Until the glossary is there it is a text like any other. */
import { lazy, Suspense } from "react";

const Found = lazy(() => import("./found.tsx"));

export function Words({ children }: { readonly children: string }) {
  return (
    <Suspense fallback={children}>
      <Found text={children} />
    </Suspense>
  );
}
