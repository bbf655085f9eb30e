/**
 * Split verification: up go the drafted ids and q of each drafted token alone (whole shares of
 * 65535, two bytes); the edge accepts or rejects, and only after a rejection one distribution, the
 * target's at that position in float16, comes down, and the device, which knows all of q, resamples.
 * The edge judges by the same float16 distribution that it sends, so what comes out is distributed
 * as that; the token after a window that stood in whole is drawn from the exact one.
 * Source: Ning, Zheng and Yang, DSSD: Efficient Edge-Device LLM Deployment and Collaborative Inference via
 * Distributed Split Speculative Decoding, workshop ML4Wireless at ICML 2025, arXiv:2507.12000.
 */
import { ok, unwrap } from "../../run/failure.ts";
import { distributionOf, residual } from "../distribution.ts";
import { fromShares, wholeShares } from "../lattice.ts";
import { propose, resample, stands } from "./accept-resample.ts";
import { readHalves, writeHalves } from "./half-distribution.ts";
import { NOTHING, badEvidence, evidenceOf, rowOf, type Rule } from "./rule.ts";

const PARTS = 65535;
const SHARE_BYTES = 2;

export const splitVerification: Rule = {
  name: "split-verification",
  summary: "Two bytes of probability up for each token; one distribution down after a rejection.",
  source: "Ning, Zheng, Yang 2025, DSSD, arXiv:2507.12000",
  lossless: "in-distribution",
  temperatures: "any",
  bytesPerToken: () => SHARE_BYTES,
  draft: (logits, sampling, position) => {
    const shares = wholeShares(distributionOf(logits, sampling), PARTS);
    const proposal = fromShares(shares, PARTS);
    const id = propose(proposal, sampling, position);
    const share = shares[id] ?? 0;
    return { id, evidence: Uint8Array.of(share & 0xff, share >>> 8), proposal };
  },
  verify: (window) => {
    const { ids, sampling, position } = window;
    const parts = evidenceOf(window, SHARE_BYTES);
    if (parts === null) return badEvidence("split-verification", "not one probability for each drafted token");
    const shares = parts.map(([low = 0, high = 0]) => high * 256 + low);
    if (shares.includes(0)) return badEvidence("split-verification", "a drafted token that could not be drafted");
    for (const [index, share] of shares.entries()) {
      const distribution = writeHalves(distributionOf(rowOf(window, index), sampling));
      const p = unwrap(readHalves(distribution, rowOf(window, index).length));
      if (!stands(p[ids[index] ?? 0] ?? 0, share / PARTS, sampling, position + index))
        return ok({ accepted: index, next: null, distribution });
    }
    const p = distributionOf(rowOf(window, ids.length), sampling);
    return ok({ accepted: ids.length, next: resample(p, sampling, position + ids.length), distribution: NOTHING });
  },
  settle: ({ proposal }, distribution, sampling, position) => {
    if (proposal === null) return badEvidence("split-verification", "a token drafted under another rule");
    const p = readHalves(distribution, proposal.length);
    return p.ok ? ok(resample(residual(p.value, proposal), sampling, position)) : p;
  },
};
