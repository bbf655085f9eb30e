/**
 * Leviathan's rule with a truncated, quantised draft: the K most probable tokens with whole shares
 * of 255, a byte each. What is sent *is* the distribution that the draft is drawn from, so the
 * rule stays lossless at 1/170 of the bytes for a vocabulary of 4096; what truncation costs is
 * agreement, since tokens beyond K are never drafted.
 * Source: Zhang et al., Quantize-Sample-and-Verify, arXiv:2507.00605, over Leviathan et al. 2023.
 */
import { ok, type Result } from "../../run/failure.ts";
import { distributionOf, type Distribution } from "../distribution.ts";
import { fromShares, wholeShares } from "../lattice.ts";
import { acceptOrResample, propose } from "./accept-resample.ts";
import { badEvidence, evidenceOf, rowOf, type Rule, type JudgedWindow } from "./rule.ts";

const K = 16;
const PARTS = 255;

/** Ids take as many bytes as the vocabulary needs; its share, one. */
const idBytes = (vocabulary: number): 2 | 4 => (vocabulary <= 65536 ? 2 : 4);
const entryBytes = (vocabulary: number): number => idBytes(vocabulary) + 1;

export const leviathanTopK: Rule = {
  name: "leviathan-topk",
  summary: `Accept or resample; the draft's ${K} best tokens go up with 8-bit probabilities.`,
  source: "Zhang et al. 2025, arXiv:2507.00605; Leviathan et al. 2023, algorithm 1",
  lossless: "in-distribution",
  temperatures: "any",
  bytesPerToken: (vocabulary) => K * entryBytes(vocabulary),
  draft: (logits, sampling, position) => {
    const full = distributionOf(logits, sampling);
    const ids = mostProbable(full, K);
    const shares = wholeShares(
      Array.from(ids, (id) => full[id] ?? 0),
      PARTS,
    );
    const proposal = spread(ids, shares, logits.length);
    return { id: propose(proposal, sampling, position), evidence: write(ids, shares, logits.length), proposal };
  },
  verify: (window) => {
    const proposals = readProposals(window);
    return proposals.ok ? ok(acceptOrResample(window, proposals.value)) : proposals;
  },
  settle: null,
};

/** The ids of the `count` largest, largest first, of equals the lower id first. */
function mostProbable(distribution: Distribution, count: number): readonly number[] {
  const best: number[] = [];
  const weight = (id: number | undefined): number => (id === undefined ? -1 : (distribution[id] ?? 0));
  for (let id = 0; id < distribution.length; id++) {
    if (best.length === count && weight(id) <= weight(best[count - 1])) continue;
    let at = best.length;
    while (at > 0 && weight(best[at - 1]) < weight(id)) at--;
    best.splice(at, 0, id);
    best.length = Math.min(best.length, count);
  }
  return best;
}

function spread(ids: ArrayLike<number>, shares: ArrayLike<number>, vocabulary: number): Distribution {
  const whole = new Uint32Array(vocabulary);
  for (let at = 0; at < ids.length; at++) whole[ids[at] ?? 0] = shares[at] ?? 0;
  return fromShares(whole, PARTS);
}

/** K entries of id and share, little-endian; entries left over are id 0 with no share. */
function write(ids: readonly number[], shares: Uint32Array, vocabulary: number): Uint8Array {
  const bytes = new Uint8Array(K * entryBytes(vocabulary));
  for (const [at, id] of ids.entries()) {
    const from = at * entryBytes(vocabulary);
    for (let byte = 0; byte < idBytes(vocabulary); byte++) bytes[from + byte] = id >>> (8 * byte);
    bytes[from + idBytes(vocabulary)] = shares[at] ?? 0;
  }
  return bytes;
}

function readProposals(window: JudgedWindow): Result<readonly Distribution[]> {
  const vocabulary = rowOf(window, 0).length;
  const parts = evidenceOf(window, K * entryBytes(vocabulary));
  if (parts === null) return badEvidence("leviathan-topk", `not ${K} entries for each drafted token`);
  const proposals = parts.map((bytes) => read(bytes, vocabulary));
  return proposals.every((each) => each !== null)
    ? ok(proposals)
    : badEvidence("leviathan-topk", "shares that do not make a distribution");
}

function read(bytes: Uint8Array, vocabulary: number): Distribution | null {
  const whole = new Uint32Array(vocabulary);
  let given = 0;
  for (let from = 0; from < bytes.length; from += entryBytes(vocabulary)) {
    let id = 0;
    for (let byte = idBytes(vocabulary) - 1; byte >= 0; byte--) id = id * 256 + (bytes[from + byte] ?? 0);
    const share = bytes[from + idBytes(vocabulary)] ?? 0;
    if (share === 0) continue;
    if (id >= vocabulary || whole[id] !== 0) return null;
    whole[id] = share;
    given += share;
  }
  return given === PARTS ? fromShares(whole, PARTS) : null;
}
