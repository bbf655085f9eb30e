/** A text whose words of the field explain themselves where they stand first. Without the glossary it is a text like any other. */
import { Suspense } from "react";
import { later } from "../later.tsx";

const Found = later(() => import("./found.tsx"), Plain);

export function Words({ children }: { readonly children: string }) {
  return (
    <Suspense fallback={children}>
      <Found text={children} />
    </Suspense>
  );
}

function Plain({ text }: { readonly text: string }) {
  return text;
}
