/** Around a drawing: what the keyboard's cursor in it is on is said politely beside it. */
import { useCallback, useRef, type ReactNode } from "react";
import { SayContext } from "./readout.tsx";

export function Spoken({ children }: { readonly children: ReactNode }) {
  const region = useRef<HTMLDivElement>(null);
  const byKeys = useRef(false);
  const say = useCallback((text: string) => {
    // Written past React: a word more must not draw the chart anew.
    if (byKeys.current && region.current !== null) region.current.textContent = text;
  }, []);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- listens to which of both moved the chart's own cursor
    <div
      onKeyDownCapture={() => (byKeys.current = true)}
      onFocusCapture={(event) => (byKeys.current = event.target.matches(":focus-visible"))}
      onPointerMoveCapture={() => (byKeys.current = false)}
    >
      <SayContext value={say}>{children}</SayContext>
      <div ref={region} className="hidden-visually" aria-live="polite" data-testid="spoken" />
    </div>
  );
}
