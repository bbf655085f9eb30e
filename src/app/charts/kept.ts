/** Values that are made anew at every render but mean the same: kept, so that what is drawn from them is kept too. */
import { useEffect, useRef, useState, type RefObject } from "react";

/** The list as it was, while its members are the same. */
export function useKept<T>(next: readonly T[]): readonly T[] {
  const [kept, setKept] = useState(next);
  if (kept.length === next.length && kept.every((member, index) => Object.is(member, next[index]))) return kept;
  setKept(next);
  return next;
}

/** The value of the last render, for functions that must stay the same from render to render. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}
