/**
 * Draft on while the draft is sure of itself: the first token whose favourite it held less probable
 * than the threshold is the window's last.
 * Source: Zhang et al., Draft & Verify, ACL 2024 (its adaptive draft-exiting, with the threshold fixed).
 */
import { LONGEST, type Policy } from "./policy.ts";

export const confident = (threshold: number): Policy => ({
  name: "confident",
  summary: `Drafts on while it holds its favourite at least ${threshold} probable.`,
  source: "Zhang et al. 2024, Draft & Verify, adaptive draft-exiting",
  draftLength: ({ confidences }) => ((confidences.at(-1) ?? 1) < threshold ? confidences.length : LONGEST),
});
