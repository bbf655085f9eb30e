/**
 * The cut under a pointer: mouse, pen or finger. The link's gap is part of the strip and moves with
 * the cut, so the pointer is read against the handle's own way from end to end, less where the
 * handle was held. While it is held the handle stands at the pointer and not at the nearest stop.
 */
import { useLayoutEffect, useRef, type PointerEvent, type RefObject } from "react";

export interface CutDrag {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  readonly onLostPointerCapture: () => void;
}

/** Measured once as the handle is grabbed, and again if the gap grows meanwhile. Pixels from the strip's start. */
interface Held {
  readonly handle: HTMLElement;
  readonly pointer: number;
  /** From the handle's middle to the pointer. */
  readonly offset: number;
  readonly ends: readonly [number, number];
  readonly gap: number;
}

/** `reach` is the part of the way where there are stops; `onWay` hears of every move on it. */
export function useCutDrag(
  band: RefObject<HTMLElement | null>,
  upright: boolean,
  [least, most]: readonly [number, number],
  onWay: (way: number) => void,
): CutDrag {
  const held = useRef<Held | null>(null);
  const pointed = (event: PointerEvent): number => (upright ? event.clientY : event.clientX);
  const start = (box: DOMRect): number => (upright ? box.top : box.left);
  const middle = (element: HTMLElement): number => {
    const box = element.getBoundingClientRect();
    return start(box) + (upright ? box.height : box.width) / 2;
  };
  const gapOf = (handle: HTMLElement): number => {
    const { width = 0, height = 0 } = handle.parentElement?.getBoundingClientRect() ?? {};
    return upright ? height : width;
  };
  const endsOf = (strip: HTMLElement, handle: HTMLElement): readonly [number, number] => {
    const at = (way: number): number => {
      strip.style.setProperty("--held", String(way));
      return middle(handle) - start(strip.getBoundingClientRect());
    };
    return [at(0), at(1)];
  };
  /** Puts the handle where it is held, and says what way that is. */
  const follow = (): number | null => {
    const strip = band.current;
    if (strip === null || held.current === null) return null;
    const { handle, pointer, offset } = held.current;
    const gap = gapOf(handle);
    if (gap !== held.current.gap) held.current = { ...held.current, ends: endsOf(strip, handle), gap };
    const [from, to] = held.current.ends;
    const at = pointer - offset - start(strip.getBoundingClientRect());
    const way = Math.min(most, Math.max(least, (at - from) / (to - from)));
    strip.style.setProperty("--held", String(way));
    return way;
  };
  // What was chosen may change what stands above the strip: the handle stays under a pointer that rests.
  useLayoutEffect(() => void follow());
  return {
    onPointerDown: (event) => {
      const strip = band.current;
      const handle = event.currentTarget;
      if (strip === null || !event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
      const pointer = pointed(event);
      const offset = pointer - middle(handle);
      strip.setAttribute("data-dragging", "");
      held.current = { handle, pointer, offset, ends: endsOf(strip, handle), gap: gapOf(handle) };
      follow();
    },
    onPointerMove: (event) => {
      if (held.current === null) return;
      held.current = { ...held.current, pointer: pointed(event) };
      const way = follow();
      if (way !== null) onWay(way);
    },
    onLostPointerCapture: () => {
      held.current = null;
      band.current?.style.removeProperty("--held");
      band.current?.removeAttribute("data-dragging");
    },
  };
}
