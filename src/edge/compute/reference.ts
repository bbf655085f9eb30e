/**
 * The reference that agreement is judged against: the unsplit graph, on a host and in a session of
 * its own, teacher-forced over what a run produced, a stretch at a time. Its host is a second copy of
 * the weights, so it is opened when first asked for and closed after a while without questions.
 */
import type { ReferenceVerdicts } from "#core/frames/down-parts.ts";
import { wholeModel } from "#core/model/architecture.ts";
import { candidatesAt, emptyCandidates, putCandidates } from "#core/sampling/candidates.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { logProbability } from "#core/sampling/log-probability.ts";
import { lead, pick } from "#core/sampling/sample.ts";
import type { ModelHost, SegmentOutput, SegmentSession } from "#engine/ports.ts";
import type { Outcome, Step } from "./compute.ts";
import { passStep, type ChunkedStep } from "./chunked-steps.ts";

/** Logits of this many floats at most are held at once when every position's are wanted. */
export const LOGITS_AT_ONCE = 4 << 20;

export class ReferenceHost {
  readonly #open: () => Promise<ModelHost>;
  readonly #idleMs: number;
  #host: Promise<ModelHost> | null = null;
  #users = 0;
  #closing: NodeJS.Timeout | null = null;

  constructor(open: () => Promise<ModelHost>, idleMs: number) {
    this.#open = open;
    this.#idleMs = idleMs;
  }

  /** Its host, which stays open until it is left. Throws Failed; then nothing was entered. */
  async enter(): Promise<ModelHost> {
    this.#users++;
    if (this.#closing !== null) clearTimeout(this.#closing);
    try {
      this.#host ??= this.#open();
      return await this.#host;
    } catch (thrown) {
      await this.leave("failed"); // a host that did not open is tried afresh
      throw thrown;
    }
  }

  /** A host that failed in use is not trusted again. */
  async leave(how: "well" | "failed"): Promise<void> {
    this.#users--;
    if (how === "failed") await this.close();
    if (this.#users === 0) this.#closing = setTimeout(() => void this.close(), this.#idleMs).unref();
  }

  async close(): Promise<void> {
    const host = this.#host;
    this.#host = null;
    await host?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}

/** Judges the last `judged` of `ids`: each against what the reference chooses after those before it. */
export function beginCheck(
  reference: ReferenceHost,
  sampling: SamplingSettings,
  text: Step<"check">,
): Promise<ChunkedStep> {
  const verdicts = emptyVerdicts(text.judged);
  const judge: Take = (scores, said, position, index) => {
    const { id, margin } = pick(scores, sampling, position);
    verdicts.ids[index] = id;
    verdicts.margins[index] = margin;
    verdicts.leads[index] = lead(scores, sampling, position, said);
    verdicts.logProbs[index] = logProbability(scores, said);
  };
  return teacherForced(reference, text, judge, () => ({ kind: "verdicts", verdicts }));
}

/** What might have been said in place of each of the last `judged` of `ids`. */
export function beginCandidates(
  reference: ReferenceHost,
  sampling: SamplingSettings,
  text: Step<"candidates">,
): Promise<ChunkedStep> {
  const table = emptyCandidates(text.judged);
  const put: Take = (scores, said, _, index) => putCandidates(table, index, candidatesAt(scores, sampling, said));
  return teacherForced(reference, text, put, () => ({ kind: "candidates", ...table }));
}

/** Takes the scores [vocabulary] that choose the id `said` at `position`, the judged one of this index. */
type Take = (scores: Float32Array, said: number, position: number, index: number) => void;

async function teacherForced(
  reference: ReferenceHost,
  { ids, judged }: Pick<Step<"check">, "ids" | "judged">,
  take: Take,
  outcome: () => Outcome,
): Promise<ChunkedStep> {
  const host = await reference.enter();
  let left = false;
  const leave = async (how: "well" | "failed"): Promise<void> => {
    if (left) return;
    left = true;
    await session?.close();
    await reference.leave(how);
  };
  const session = await openWhole(host, ids.length - 1).catch(async (thrown: unknown) => {
    await reference.leave("failed");
    throw thrown;
  });
  const { vocabulary } = host.manifest.architecture;
  const first = ids.length - judged; // the first judged position; its logits come from the one before
  const rows = passStep({
    count: ids.length - 1,
    passes: 1,
    wantedFrom: first - 1,
    outputsMost: Math.max(1, Math.floor(LOGITS_AT_ONCE / vocabulary)),
    compute: (from, to, want) => session.step({ kind: "ids", ids: ids.subarray(from, to) }, from, want),
    take: (output, from) =>
      eachRow(output, (scores, row) => {
        const position = from + 1 + row;
        take(scores, ids[position] ?? 0, position, position - first);
      }),
    finish: async () => {
      await leave("well");
      return outcome();
    },
  });
  return { ...rows, giveUp: (why) => leave(why === "failed" ? "failed" : "well") };
}

const openWhole = (host: ModelHost, positions: number): Promise<SegmentSession> =>
  host.open(wholeModel(host.manifest.architecture), { capacity: Math.max(1, positions), kvCache: true });

const emptyVerdicts = (judged: number): ReferenceVerdicts => ({
  ids: new Uint32Array(judged),
  leads: new Float32Array(judged),
  margins: new Float32Array(judged),
  logProbs: new Float32Array(judged),
});

function eachRow(output: SegmentOutput, take: (scores: Float32Array, row: number) => void): void {
  if (output.kind !== "logits") throw new Error("The whole model returned activations");
  const width = output.logits.length / output.positions;
  for (let row = 0; row < output.positions; row++) take(output.logits.subarray(row * width, (row + 1) * width), row);
}
