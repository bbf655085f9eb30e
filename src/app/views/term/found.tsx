/** The words of the field in a text. A chunk of its own, as the glossary is. */
import { useContext, useLayoutEffect, useRef, useState } from "react";
import type { GlossaryKey } from "#core/glossary/glossary.ts";
import { jargonIn } from "#core/glossary/jargon.ts";
import { FirstUsesContext } from "./first-uses.ts";
import { TermButton } from "./term.tsx";

export default function Found({ text }: { readonly text: string }) {
  return jargonIn(text).map((piece, index) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <Use key={index} of={piece.of}>
        {piece.text}
      </Use>
    ),
  );
}

function Use({ of, children }: { readonly of: GlossaryKey; readonly children: string }) {
  const uses = useContext(FirstUsesContext);
  const place = useRef<HTMLSpanElement>(null);
  const [first, setFirst] = useState(false);
  useLayoutEffect(() => {
    const { current } = place;
    return current === null ? undefined : uses.join(of, current, setFirst);
  }, [uses, of]);
  return <span ref={place}>{first ? <TermButton of={of}>{children}</TermButton> : children}</span>;
}
