/**
 * A synthetic day, told in ten seconds: home Wi-Fi, a walk on 5G, a train with tunnels, an office, and
 * home again. Nothing of it was measured. Within a stretch rates and round trips wander around
 * their middle (a first-order autoregression of seeded uniforms), so the same seed is the same day.
 */
import { seededRandom, type Random } from "./random.ts";

interface Stretch {
  readonly seconds: number;
  readonly rttMs: number;
  readonly uplinkMbps: number;
  readonly downlinkMbps: number;
  /** How far it wanders, as a share of the middle. */
  readonly swing: number;
}

const DAY: readonly Stretch[] = [
  { seconds: 1.5, rttMs: 8, uplinkMbps: 40, downlinkMbps: 120, swing: 0.15 },
  { seconds: 1.5, rttMs: 25, uplinkMbps: 20, downlinkMbps: 150, swing: 0.3 },
  { seconds: 1.25, rttMs: 60, uplinkMbps: 6, downlinkMbps: 30, swing: 0.5 },
  { seconds: 0.5, rttMs: 160, uplinkMbps: 1, downlinkMbps: 4, swing: 0.5 },
  { seconds: 1.25, rttMs: 60, uplinkMbps: 6, downlinkMbps: 30, swing: 0.5 },
  { seconds: 2, rttMs: 5, uplinkMbps: 80, downlinkMbps: 200, swing: 0.1 },
  { seconds: 1, rttMs: 30, uplinkMbps: 15, downlinkMbps: 100, swing: 0.3 },
  { seconds: 1, rttMs: 8, uplinkMbps: 40, downlinkMbps: 120, swing: 0.15 },
];

const STEP_MS = 125;
/** How much of the last step's wandering stays. */
const MEMORY = 0.7;

/** As CSV, in the columns that `trace.ts` reads. */
export function syntheticDay(seed: number): string {
  const random = seededRandom(seed);
  const rate = wandering(random);
  const trip = wandering(random);
  const rows = DAY.flatMap(({ seconds, swing, ...middle }) =>
    Array.from({ length: (seconds * 1000) / STEP_MS }, () => {
      const [faster, longer] = [1 + swing * rate(), 1 + swing * trip()];
      return [middle.uplinkMbps * faster, middle.downlinkMbps * faster, middle.rttMs * longer].map((value) =>
        value.toFixed(2),
      );
    }),
  );
  return `time_ms,up_mbps,down_mbps,rtt_ms\n${rows.map((row, step) => [step * STEP_MS, ...row].join(",")).join("\n")}\n`;
}

/** In (-1, 1), each value near the one before. */
function wandering(random: Random): () => number {
  let at = 0;
  return () => {
    at = MEMORY * at + (1 - MEMORY) * (2 * random() - 1);
    return at;
  };
}
