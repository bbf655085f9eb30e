/** The same function from drawing to drawing, which does what the newest one does. */
import { useCallback, useEffect, useRef } from "react";

export function useStable<A extends readonly unknown[], R>(newest: (...given: A) => R): (...given: A) => R {
  const held = useRef(newest);
  useEffect(() => {
    held.current = newest;
  });
  return useCallback((...given: A) => held.current(...given), []);
}
