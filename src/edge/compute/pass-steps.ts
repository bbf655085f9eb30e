/** The steps that are passes over positions: ids, activations, scoring, verifying, rebuilding a moved cache. */
import { codecNamed } from "#core/codec/registry.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { refuse, unwrap, type Failure } from "#core/run/failure.ts";
import { logProbability } from "#core/sampling/log-probability.ts";
import { pick } from "#core/sampling/sample.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import type { SegmentInput, SegmentOutput } from "#engine/ports.ts";
import type { Outcome, Step } from "./compute.ts";
import { decoded, samplingOf, type ComputeSeat } from "./compute-seat.ts";
import { moving } from "./move-steps.ts";
import { LOGITS_AT_ONCE } from "./reference.ts";
import { sharedPrefix, throughPrefix } from "./shared-prefix.ts";
import { joinedRows, passStep, type Pass, type ChunkedStep } from "./chunked-steps.ts";

const GREEDY: SamplingSettings = { temperature: 0, topK: 0, topP: 1, seed: 0 };

export function beginIds(seat: ComputeSeat, step: Step<"ids">, passes: number): ChunkedStep | Promise<ChunkedStep> {
  const { ids, position, want } = step;
  const begun = forward(seat, idsInput(ids), { position, count: ids.length, want }, passes);
  const prefixes = sharedPrefix(seat, step, passes);
  return prefixes === null ? begun : throughPrefix(seat, step, begun, prefixes);
}

export function beginActivations(seat: ComputeSeat, step: Step<"activations">, passes: number): ChunkedStep {
  const hidden = decoded(seat, step.payload, step.count);
  return forward(seat, hiddenInput(hidden, step.count), step, passes);
}

type Input = (from: number, to: number) => SegmentInput;

const idsInput =
  (ids: Uint32Array): Input =>
  (from, to) => ({ kind: "ids", ids: ids.subarray(from, to) });

/** `hidden` [count, width] */
const hiddenInput = (hidden: Float32Array, count: number): Input => {
  const width = hidden.length / count;
  return (from, to) => ({ kind: "hidden", hidden: hidden.subarray(from * width, to * width) });
};

interface Asked {
  readonly position: number;
  readonly count: number;
  readonly want: "none" | "last" | "all";
}

/** Answers with a token where the segment has the head, else with the activations behind it. */
function forward(seat: ComputeSeat, input: Input, { position, count, want }: Asked, passes: number): ChunkedStep {
  const outputs: SegmentOutput[] = [];
  return passStep({
    ...through(seat, input, position),
    count,
    passes,
    wantedFrom: want === "all" ? 0 : want === "last" ? count - 1 : count,
    take: (output) => void outputs.push(output),
    finish: () => outcomeOf(seat, outputs, position + count),
  });
}

const through = (seat: ComputeSeat, input: Input, position: number): Pick<Pass, "compute" | "outputsMost"> => ({
  outputsMost: Infinity,
  compute: (from, to, want) => seat.session.step(input(from, to), position + from, want),
});

/** `end` is the position after the last one computed. */
function outcomeOf(seat: ComputeSeat, outputs: readonly SegmentOutput[], end: number): Outcome {
  const last = outputs.at(-1);
  if (last === undefined) return { kind: "done", position: end };
  if (last.kind === "logits")
    return { kind: "token", position: end, id: pick(lastRow(last), samplingOf(seat), end).id };
  const rows = joinedRows(outputs.flatMap((output) => (output.kind === "hidden" ? [output.hidden] : [])));
  const { hidden: width } = seat.host.manifest.architecture;
  const count = rows.length / width;
  const payload = unwrap(codecNamed(seat.settings.onward ?? seat.settings.codec)).encode(rows, count, width);
  return { kind: "activations", position: end - count, count, payload };
}

const lastRow = ({ logits, positions }: { readonly logits: Float32Array; readonly positions: number }): Float32Array =>
  logits.subarray(logits.length - logits.length / positions);

/** Log-probability of each position's next id, and the most probable one; in stretches, so that logits never pile up. */
export function beginScore(
  seat: ComputeSeat,
  { payload, targets, position }: Step<"score">,
  passes: number,
): ChunkedStep {
  const { vocabulary } = seat.host.manifest.architecture;
  const count = targets.length;
  const values = new Float32Array(count);
  const favourites = new Uint32Array(count);
  const take = (output: SegmentOutput, from: number): void => {
    if (output.kind !== "logits") return unwrap(refuse(NO_HEAD));
    for (let row = 0; row < output.positions; row++) {
      const logits = output.logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      values[from + row] = logProbability(logits, targets[from + row] ?? 0);
      favourites[from + row] = pick(logits, GREEDY, 0).id;
    }
  };
  return passStep({
    ...through(seat, hiddenInput(decoded(seat, payload, count), count), position),
    // Without a cache a step sees nothing before it, so there is only the whole.
    outputsMost: seat.spec.kvCache ? Math.max(1, Math.floor(LOGITS_AT_ONCE / vocabulary)) : Infinity,
    count,
    passes,
    wantedFrom: 0,
    take,
    finish: () => ({ kind: "log-probs", position, values, favourites }),
  });
}

const NO_HEAD: Failure = {
  code: "bad-value",
  key: "segment",
  value: "no head",
  expected: "a segment that ends with the head",
};

/** Judging and rewinding happen once, over the rows of the pass that counts. */
export function beginVerify(seat: ComputeSeat, step: Step<"verify">, passes: number): ChunkedStep {
  const { position, ids, drafted, follows, payload } = step;
  const sampling = samplingOf(seat);
  const rule = unwrap(ruleNamed(seat.settings.verify ?? "none"));
  if (seat.windows.drops(step)) return dropped(seat);
  const count = ids.length;
  const evidenceFrom = payload.byteLength - drafted * rule.bytesPerToken(seat.host.manifest.architecture.vocabulary);
  const silent = count - drafted - 1; // certain ids whose scores nobody needs
  const rows: Float32Array[] = [];
  const judged = {
    step: () => Promise.resolve({ kind: "logits" as const, logits: joinedRows(rows), positions: count - silent }),
    rewind: (at: number) => seat.session.rewind(at),
  };
  const window = {
    position: position + silent,
    ids: ids.subarray(silent),
    drafted,
    follows,
    hidden: null,
    evidence: payload.subarray(evidenceFrom),
  };
  const input = seat.spec.segment.embedding
    ? idsInput(ids)
    : hiddenInput(decoded(seat, payload.subarray(0, evidenceFrom), count), count);
  return passStep({
    ...through(seat, input, position),
    count,
    passes,
    wantedFrom: silent,
    take: (output) => void (output.kind === "logits" && rows.push(output.logits)),
    finish: async () => verified(await seat.windows.judge(judged, window, rule, sampling), seat),
  });
}

const verified = (verdict: Awaited<ReturnType<ComputeSeat["windows"]["judge"]>>, seat: ComputeSeat): Outcome => {
  if (verdict.kind === "dropped") return droppedOutcome(seat);
  const { position, accepted, next, distribution } = verdict;
  return { kind: "verified", position, accepted, next, dropped: false, distribution };
};

const droppedOutcome = ({ session }: ComputeSeat): Outcome => ({
  kind: "verified",
  position: session.position,
  accepted: 0,
  next: null,
  dropped: true,
  distribution: new Uint8Array(0),
});

/** Nothing is computed for it. */
const dropped = (seat: ComputeSeat): ChunkedStep => ({
  run: () => Promise.resolve(0),
  finish: () => droppedOutcome(seat),
});

/** The blocks that join under a move get their caches from the activations that enter them. */
export function beginRebuild(seat: ComputeSeat, { position, count, payload }: Step<"rebuild">): ChunkedStep {
  const hidden = decoded(seat, payload, count);
  const width = hidden.length / count;
  return {
    async run(from, to) {
      await moving(seat).rebuild(hidden.subarray(from * width, to * width), position + from);
      return to - from;
    },
    finish: () => ({ kind: "done", position: seat.session.position }),
  };
}
