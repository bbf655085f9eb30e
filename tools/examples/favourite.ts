/**
 * A verification rule in one file: the device drafts its most probable token and leaves the noise to
 * the edge, which chooses as if it were alone; a drafted token stands while it is that choice. Token
 * for token edge-only's, with nothing but ids on the uplink, and accepted less often than `coupled`
 * when sampling, because only one of the two tiers listens to the noise: that is what coupling is worth.
 * Source: Stern et al., Blockwise Parallel Decoding, NeurIPS 2018 (predict, verify, accept), with a sampled target.
 */
import { ok } from "#core/run/failure.ts";
import { pick } from "#core/sampling/sample.ts";
import { NOTHING, badEvidence, rowOf, type Rule } from "#core/speculation/rules/rule.ts";

const favourite: Rule = {
  name: "favourite",
  summary: "Drafts its most probable token; stands while it is what the edge samples.",
  source: "Stern et al. 2018, Blockwise Parallel Decoding",
  lossless: "exact",
  temperatures: "any",
  bytesPerToken: () => 0,
  draft: (logits, sampling, position) => ({
    id: pick(logits, { ...sampling, temperature: 0 }, position).id,
    evidence: NOTHING,
    proposal: null,
  }),
  verify: (window) => {
    const { ids, evidence, sampling, position } = window;
    if (evidence.byteLength > 0) return badEvidence("favourite", "evidence where ids are all it takes");
    for (let accepted = 0; ; accepted++) {
      const { id } = pick(rowOf(window, accepted), sampling, position + accepted);
      if (accepted === ids.length || ids[accepted] !== id) return ok({ accepted, next: id, distribution: NOTHING });
    }
  },
  settle: null,
};

export default favourite;
