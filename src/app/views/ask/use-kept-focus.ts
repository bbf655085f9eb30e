/** Keeps the focus in a section whose buttons come and go by what they do. */
import { useEffect, useRef, type FocusEvent, type RefObject } from "react";

/**
 * A button that was pressed may be gone by its own effect, and the focus with it. Where that was in
 * here it goes to what comes next: Stop while something runs, the turns so far after it.
 */
export function useKeptFocus(
  section: RefObject<HTMLElement | null>,
  moment: string,
): { readonly onFocus: () => void; readonly onBlur: (event: FocusEvent) => void } {
  const held = useRef(false);
  useEffect(() => {
    if (!held.current || document.activeElement !== document.body) return;
    section.current?.querySelector<HTMLElement>("[data-focus-next]")?.focus({ preventScroll: true });
  }, [section, moment]);
  return {
    onFocus: () => {
      held.current = true;
    },
    // What is removed blurs too; who left by hand left something that is still there.
    onBlur: ({ target }) => {
      held.current = !target.isConnected || target.matches(":disabled");
    },
  };
}
