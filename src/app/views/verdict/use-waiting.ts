/** Until the next attempt to reach an edge server that is away, ms, counted down by the second. */
import { useEffect, useState } from "react";
import type { Lane } from "../../stores/runs.ts";

export function useWaiting(reconnecting: Lane["reconnecting"]): number | undefined {
  const [counted, setCounted] = useState({ of: reconnecting, passedMs: 0 });
  useEffect(() => {
    if (reconnecting === null) return;
    const beganMs = performance.now();
    const tick = (): void => setCounted({ of: reconnecting, passedMs: performance.now() - beganMs });
    const ticking = setInterval(tick, 1000);
    return () => clearInterval(ticking);
  }, [reconnecting]);
  const passedMs = counted.of === reconnecting ? counted.passedMs : 0;
  return reconnecting === null ? undefined : Math.max(0, reconnecting.waitMs - passedMs);
}
