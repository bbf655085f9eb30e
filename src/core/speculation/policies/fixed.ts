/** The same draft length every round: Leviathan et al.'s gamma, chosen by hand. */
import type { Policy } from "./policy.ts";

export const fixed = (draftLength: number): Policy => ({
  name: String(draftLength),
  summary: `${draftLength} drafted tokens a round`,
  source: "Leviathan, Kalman, Matias 2023, section 3.5",
  draftLength: () => draftLength,
});
