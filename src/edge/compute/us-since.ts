/** Whole microseconds since `beganMs`, a moment of `performance.now()`: as times cross to the client. */
export const usSince = (beganMs: number): number => Math.round((performance.now() - beganMs) * 1000);
