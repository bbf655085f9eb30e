/**
 * Drafts through an exit: the device holds blocks [0, k) anyway, so it lets the model's own final
 * norm and head read their output, and the edge verifies by finishing blocks k to L of the same
 * positions from that output. No other model, and no block is computed twice.
 * Invariant: the output of every position that may still be sent is kept, so a session that is lost
 * is served again from there, or from the front's first block.
 * Source: Elhoushi et al., LayerSkip, ACL 2024 (self-speculation by early exit), over a cut.
 */
import type { Codec } from "#core/codec/codec.ts";
import type { SamplingSettings } from "#core/run/config.ts";
import { confidenceOf } from "#core/speculation/distribution.ts";
import type { Rule } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "../ports.ts";
import type { Drafter, Guess } from "./drafter.ts";
import { activationsOf, logitsOf } from "./segment-output.ts";
import type { StepTimer } from "./strategy.ts";

export interface ExitSetting {
  readonly codec: Codec;
  readonly hidden: number;
  readonly rule: Rule;
  readonly sampling: SamplingSettings;
}

export class EarlyExit implements Drafter {
  readonly #front: SegmentSession;
  readonly #exit: SegmentSession;
  readonly #setting: ExitSetting;
  /** Outputs of the front's last block, from position `#from` on. */
  #rows: Float32Array[] = [];
  #from: number;

  /** `exit` is the final norm and head alone. */
  constructor(front: SegmentSession, exit: SegmentSession, setting: ExitSetting) {
    this.#front = front;
    this.#exit = exit;
    this.#setting = setting;
    this.#from = front.position;
  }

  async draft(ids: readonly number[], timer: StepTimer): Promise<Guess> {
    await this.#compute(ids, ids.length - 1, timer);
    const hidden = this.#rows.at(-1) ?? new Float32Array(0); // [1, hidden]
    const logits = await timer.device(() => logitsOf(this.#exit.step({ kind: "hidden", hidden }, 0, "last"))); // [vocabulary]
    return timer.part("sampleMs", () => ({ drafted: this.#setting.rule.draft(logits, this.#setting.sampling, ids.length), confidence: confidenceOf(logits) }));
  }

  prefill(ids: readonly number[], timer: StepTimer): Promise<void> {
    return this.#compute(ids, ids.length - 1, timer);
  }

  async smashed(ids: readonly number[], from: number, timer: StepTimer): Promise<Uint8Array> {
    await this.#compute(ids, from, timer);
    const { codec, hidden } = this.#setting;
    const wanted = this.#rows.slice(from - this.#from); // [ids.length - from, hidden]
    const values = new Float32Array(wanted.length * hidden);
    for (const [at, row] of wanted.entries()) values.set(row, at * hidden);
    return timer.part("encodeMs", () => codec.encode(values, wanted.length, hidden));
  }

  rewind(positions: number): void {
    this.#front.rewind(Math.min(positions, this.#front.position));
    this.#rows.length = Math.max(0, Math.min(this.#rows.length, positions - this.#from));
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
    const output = await timer.device(() => activationsOf(this.#front.step({ kind: "ids", ids: missing }, position, "all"))); // [n, hidden]
    for (let at = 0; at < missing.length; at++) this.#rows.push(output.slice(at * hidden, (at + 1) * hidden));
  }
}
