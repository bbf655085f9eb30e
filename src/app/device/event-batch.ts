/**
 * Gathers what arrives between two frames of the screen, so that a fast run costs one render a
 * frame and not one a token.
 */
export interface Batch<T> {
  add(item: T): void;
  /** Hands over what is waiting, now. */
  flush(): void;
}

export function createBatch<T>(
  nextFrame: (callback: () => void) => void,
  deliver: (items: readonly T[]) => void,
): Batch<T> {
  let waiting: T[] = [];
  let asked = false;
  const flush = (): void => {
    asked = false;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    deliver(items);
  };
  return {
    add(item) {
      waiting.push(item);
      if (asked) return;
      asked = true;
      nextFrame(flush);
    },
    flush,
  };
}
