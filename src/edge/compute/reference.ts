/**
 * The reference that agreement is judged against: the unsplit graph, on a host and in a session of
 * its own, teacher-forced over what a run produced. Its host is a second copy of the weights, so
 * it is opened when first asked for and closed after a while without questions.
 */
import { wholeModel } from "#core/model/architecture.ts";
import type { SamplingSettings } from "#core/run/config.ts";
import { logProbability } from "#core/sampling/log-probability.ts";
import { lead, pick } from "#core/sampling/sample.ts";
import type { ModelHost, SegmentSession } from "#engine/ports.ts";
import type { Verdicts } from "./compute.ts";

/** Logits of this many floats at most are held at once when every position's are wanted. */
export const LOGITS_AT_ONCE = 4 << 20;

export class Reference {
  readonly #open: () => Promise<ModelHost>;
  readonly #idleMs: number;
  #host: Promise<ModelHost> | null = null;
  #users = 0;
  #closing: NodeJS.Timeout | null = null;

  constructor(open: () => Promise<ModelHost>, idleMs: number) {
    this.#open = open;
    this.#idleMs = idleMs;
  }

  async use<T>(work: (host: ModelHost) => Promise<T>): Promise<T> {
    this.#users++;
    if (this.#closing !== null) clearTimeout(this.#closing);
    try {
      this.#host ??= this.#open();
      return await work(await this.#host);
    } catch (thrown) {
      // A host that did not open is tried afresh; one that failed in use is not trusted again.
      await this.close();
      throw thrown;
    } finally {
      this.#users--;
      if (this.#users === 0) this.#closing = setTimeout(() => void this.close(), this.#idleMs).unref();
    }
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
export async function judge(
  host: ModelHost,
  ids: Uint32Array,
  judged: number,
  sampling: SamplingSettings,
): Promise<Omit<Verdicts, "computeUs">> {
  const { architecture } = host.manifest;
  const verdicts = {
    ids: new Uint32Array(judged),
    leads: new Float32Array(judged),
    margins: new Float32Array(judged),
    logProbs: new Float32Array(judged),
  };
  const session = await host.open(wholeModel(architecture), { capacity: Math.max(1, ids.length - 1), kvCache: true });
  try {
    const first = ids.length - judged; // the first judged position; its logits come from the one before
    if (first > 1) await session.step({ kind: "ids", ids: ids.subarray(0, first - 1) }, 0, "none");
    await judgeRows(session, ids, first, architecture.vocabulary, sampling, verdicts);
  } finally {
    await session.close();
  }
  return verdicts;
}

async function judgeRows(
  session: SegmentSession,
  ids: Uint32Array,
  first: number,
  vocabulary: number,
  sampling: SamplingSettings,
  into: Omit<Verdicts, "computeUs">,
): Promise<void> {
  const stride = Math.max(1, Math.floor(LOGITS_AT_ONCE / vocabulary));
  for (let from = first; from < ids.length; from += stride) {
    const end = Math.min(from + stride, ids.length);
    const output = await session.step({ kind: "ids", ids: ids.subarray(from - 1, end - 1) }, from - 1, "all");
    if (output.kind !== "logits") throw new Error("The whole model returned activations");
    for (let position = from; position < end; position++) {
      const row = output.logits.subarray((position - from) * vocabulary, (position - from + 1) * vocabulary);
      const { id, margin } = pick(row, sampling, position);
      into.ids[position - first] = id;
      into.margins[position - first] = margin;
      into.leads[position - first] = lead(row, sampling, position, ids[position] ?? 0);
      into.logProbs[position - first] = logProbability(row, ids[position] ?? 0);
    }
  }
}
