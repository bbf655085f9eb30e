/**
 * The end device's clock. The browser rounds it (5 µs when cross-origin isolated, 100 µs or more
 * when not): the preflight measures the step and records carry it.
 */
import type { Clock } from "#engine/ports.ts";

export const webClock: Clock = { now: () => performance.now() };
