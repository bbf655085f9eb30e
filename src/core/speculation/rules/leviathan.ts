/**
 * Leviathan's rule with the draft's whole distribution on the uplink, in float16: two bytes for
 * every token of the vocabulary and every drafted token. The draft is drawn from the rounded,
 * renormalised distribution that is sent, so rounding costs agreement and never correctness.
 * Source: Leviathan et al., ICML 2023, algorithm 1.
 */
import { ok, unwrap, type Result } from "../../run/failure.ts";
import { distributionOf, type Distribution } from "../distribution.ts";
import { acceptOrResample, propose } from "./accept-resample.ts";
import { HALF_BYTES, readHalves, writeHalves } from "./half-distribution.ts";
import { badEvidence, evidenceOf, rowOf, type Rule, type JudgedWindow } from "./rule.ts";

export const leviathan: Rule = {
  name: "leviathan",
  summary: "Accept or resample; the draft's whole distribution goes up in float16.",
  source: "Leviathan, Kalman, Matias 2023, algorithm 1",
  lossless: "in-distribution",
  temperatures: "any",
  bytesPerToken: (vocabulary) => vocabulary * HALF_BYTES,
  draft: (logits, sampling, position) => {
    const evidence = writeHalves(distributionOf(logits, sampling));
    const proposal = unwrap(readHalves(evidence, logits.length));
    return { id: propose(proposal, sampling, position), evidence, proposal };
  },
  verify: (window) => {
    const proposals = readProposals(window);
    return proposals.ok ? ok(acceptOrResample(window, proposals.value)) : proposals;
  },
  settle: null,
};

function readProposals(window: JudgedWindow): Result<readonly Distribution[]> {
  const vocabulary = rowOf(window, 0).length;
  const parts = evidenceOf(window, vocabulary * HALF_BYTES);
  if (parts === null) return badEvidence("leviathan", "not one distribution for each drafted token");
  const proposals: Distribution[] = [];
  for (const bytes of parts) {
    const proposal = readHalves(bytes, vocabulary);
    if (!proposal.ok) return proposal;
    proposals.push(proposal.value);
  }
  return ok(proposals);
}
