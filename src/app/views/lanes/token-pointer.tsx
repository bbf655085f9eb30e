/**
 * Which token of a text is pointed at, by pointer, focus or finger, and the card of it. A press pins
 * the card, Escape and leaving close it. It listens on the text's container, so that the text itself
 * knows nothing of it and it can come after the first paint.
 */
import { useEffect, useState, type RefObject } from "react";
import type { Lane } from "../../stores/runs.ts";
import TokenCard, { type TokenPlace } from "./token-card.tsx";

/** Whoever only passes over a token asks for nothing. */
const DWELL_MS = 200;

interface Pointed {
  readonly index: number;
  readonly at: TokenPlace;
}

interface Props {
  readonly lane: Lane;
  readonly container: RefObject<HTMLElement | null>;
}

export default function TokenPointer({ lane, container }: Props) {
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const over = lane.record !== null;
  useEffect(() => {
    const element = container.current;
    return element === null || !over ? undefined : listen(element, setPointed);
  }, [container, over, lane.key]);
  return pointed === null ? null : <TokenCard key={lane.key} lane={lane} index={pointed.index} at={pointed.at} />;
}

const tokenOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>("[data-testid='token']") : null;

function pointedAt(container: HTMLElement, token: HTMLElement): Pointed {
  const index = [...container.querySelectorAll("[data-testid='token']")].indexOf(token);
  const box = token.getBoundingClientRect();
  const around = container.getBoundingClientRect();
  return {
    index,
    at: {
      left: box.left - around.left,
      top: box.top - around.top,
      bottom: box.bottom - around.top,
      width: around.width,
    },
  };
}

function listen(container: HTMLElement, show: (pointed: Pointed | null) => void): () => void {
  const listening = new AbortController();
  let timer = 0;
  let pinned: HTMLElement | null = null;
  const later = (pointed: Pointed | null): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => show(pointed), DWELL_MS);
  };
  const close = (): void => {
    pinned = null;
    window.clearTimeout(timer);
    show(null);
  };
  const enter = (event: Event): void => {
    const token = tokenOf(event.target);
    if (token !== null && pinned === null) later(pointedAt(container, token));
    else window.clearTimeout(timer); // into the card, or the card stays
  };
  const leave = (event: FocusEvent | PointerEvent): void => {
    const to = event.relatedTarget;
    if (pinned === null && !(to instanceof Node && container.contains(to))) later(null);
  };
  const press = (event: Event): void => {
    const token = tokenOf(event.target);
    if (token === null) return;
    if (token === pinned) return close();
    pinned = token;
    window.clearTimeout(timer);
    show(pointedAt(container, token));
  };
  const { signal } = listening;
  container.addEventListener("pointerover", enter, { signal });
  container.addEventListener("focusin", enter, { signal });
  container.addEventListener("pointerleave", leave, { signal });
  container.addEventListener("focusout", leave, { signal });
  container.addEventListener("click", press, { signal });
  container.addEventListener("scroll", close, { signal, capture: true });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close(), { signal });
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      if (!(target instanceof Node && container.contains(target))) close();
    },
    { signal },
  );
  return () => {
    listening.abort();
    close();
  };
}
