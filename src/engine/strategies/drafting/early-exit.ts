/**
 * Drafts through an exit: the device holds blocks [0, k) anyway, so it lets a trained exit, or the
 * model's own final norm and head, read their output, and the edge verifies by finishing blocks k to
 * L of the same positions. No other model, and no block is computed twice. An exit may stand before
 * the cut: the blocks between them are computed for a whole window at once, when it is sent.
 * Invariant: what the exit reads is kept for every position that may still be sent, so a session
 * that is lost is served again from there, or from the front's first block.
 * Source: Elhoushi et al., LayerSkip, ACL 2024 (self-speculation by early exit), over a cut.
 */
import type { Codec } from "#core/codec/codec.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { confidenceOf } from "#core/speculation/distribution.ts";
import type { Rule } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "../../ports.ts";
import type { Drafter, Guess } from "./drafter.ts";
import { activationsOf, logitsOf } from "../tiers/segment-output.ts";
import type { StepTimer } from "../strategy.ts";

export interface ExitSetting {
  readonly codec: Codec;
  readonly hidden: number;
  readonly rule: Rule;
  readonly sampling: SamplingSettings;
}

export interface ExitSessions {
  /** Embedding and the blocks in front of the exit. */
  readonly front: SegmentSession;
  /** A norm, a projection where it was trained, and the head. */
  readonly exit: SegmentSession;
  /** The blocks between exit and cut; null where there are none. */
  readonly afterExit: SegmentSession | null;
}

export class EarlyExit implements Drafter {
  readonly #front: SegmentSession;
  readonly #exit: SegmentSession;
  readonly #afterExit: SegmentSession | null;
  readonly #setting: ExitSetting;
  /** Outputs of the front's last block, from position `#from` on. */
  #rows: Float32Array[] = [];
  #from: number;

  constructor({ front, exit, afterExit }: ExitSessions, setting: ExitSetting) {
    this.#front = front;
    this.#exit = exit;
    this.#afterExit = afterExit;
    this.#setting = setting;
    this.#from = Math.min(front.position, afterExit?.position ?? front.position);
  }

  async draft(ids: readonly number[], timer: StepTimer): Promise<Guess> {
    await this.#compute(ids, ids.length - 1, timer);
    const hidden = this.#rows.at(-1) ?? new Float32Array(0); // [1, hidden]
    const logits = await timer.device(() => logitsOf(this.#exit.step({ kind: "hidden", hidden }, 0, "last"))); // [vocabulary]
    return timer.part("sampleMs", () => ({
      drafted: this.#setting.rule.draft(logits, this.#setting.sampling, ids.length),
      confidence: confidenceOf(logits),
    }));
  }

  prefill(ids: readonly number[], timer: StepTimer): Promise<void> {
    return this.#compute(ids, ids.length - 1, timer);
  }

  get bytesPerPosition(): number {
    return this.#setting.codec.bytesPerPosition(this.#setting.hidden);
  }

  async smashed(
    ids: readonly number[],
    from: number,
    lengths: readonly number[],
    timer: StepTimer,
  ): Promise<readonly Uint8Array[]> {
    const { codec, hidden } = this.#setting;
    const afterExitFrom = Math.min(from, this.#afterExit?.position ?? from);
    await this.#compute(ids, afterExitFrom, timer);
    const read = this.#rowsFrom(afterExitFrom); // [ids.length - afterExitFrom, hidden]
    const afterExit = this.#afterExit;
    const atCut =
      afterExit === null
        ? read
        : await timer.device(() =>
            activationsOf(afterExit.step({ kind: "hidden", hidden: read }, afterExitFrom, "all")),
          );
    let at = (from - afterExitFrom) * hidden;
    return timer.part("encodeMs", () =>
      lengths.map((length) => codec.encode(atCut.subarray(at, (at += length * hidden)), length, hidden)),
    );
  }

  rewind(positions: number): void {
    this.#front.rewind(Math.min(positions, this.#front.position));
    this.#afterExit?.rewind(Math.min(positions, this.#afterExit.position));
    this.#rows.length = Math.max(0, Math.min(this.#rows.length, positions - this.#from));
  }

  /** What the exit reads of positions from `from` on: [n, hidden]. */
  #rowsFrom(from: number): Float32Array {
    const { hidden } = this.#setting;
    const rows = this.#rows.slice(from - this.#from);
    const values = new Float32Array(rows.length * hidden);
    for (const [at, row] of rows.entries()) values.set(row, at * hidden);
    return values;
  }

  /** Brings the outputs up to the last of `ids`, so that those from `from` on are there. */
  async #compute(ids: readonly number[], from: number, timer: StepTimer): Promise<void> {
    if (from < this.#from) {
      this.#from = from;
      this.#rows = [];
    }
    const position = this.#from + this.#rows.length;
    const missing = ids.slice(position);
    if (missing.length === 0) return;
    const { hidden } = this.#setting;
    const output = await timer.device(() =>
      activationsOf(this.#front.step({ kind: "ids", ids: missing }, position, "all")),
    ); // [n, hidden]
    for (let at = 0; at < missing.length; at++) this.#rows.push(output.slice(at * hidden, (at + 1) * hidden));
  }
}
