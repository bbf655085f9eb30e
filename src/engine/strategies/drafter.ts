/**
 * What proposes tokens on the device, as a strategy sees it, and the usual one: a small model with
 * a cache of its own. It is asked with everything that is, or is hoped to be, before the token, and
 * computes whatever of that its cache lacks, so after a rejection it only has to be rewound.
 */
import type { SamplingSettings } from "#core/run/config.ts";
import { confidenceOf } from "#core/speculation/distribution.ts";
import type { Drafted, Rule } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "../ports.ts";
import { logitsOf } from "./segment-output.ts";
import type { StepTimer } from "./strategy.ts";

export interface Guess {
  readonly drafted: Drafted;
  /** How probable the draft holds its own favourite. */
  readonly confidence: number;
}

export interface Drafter {
  /** Proposes the token after `ids`. */
  draft(ids: readonly number[], timer: StepTimer): Promise<Guess>;
  /** Computes `ids`, the prompt, ahead of the first draft. */
  prefill(ids: readonly number[], timer: StepTimer): Promise<void>;
  /** What a window carries of each position beside its id. */
  readonly bytesPerPosition: number;
  /** That of positions [from, ids.length), in stretches of `lengths` positions. */
  smashed(ids: readonly number[], from: number, lengths: readonly number[], timer: StepTimer): Promise<readonly Uint8Array[]>;
  /** Forgets positions from `positions` on. */
  rewind(positions: number): void;
}

const NONE = new Uint8Array(0);

export class DraftModel implements Drafter {
  readonly bytesPerPosition = 0;
  readonly #session: SegmentSession;
  readonly #rule: Rule;
  readonly #sampling: SamplingSettings;

  constructor(session: SegmentSession, rule: Rule, sampling: SamplingSettings) {
    this.#session = session;
    this.#rule = rule;
    this.#sampling = sampling;
  }

  async draft(ids: readonly number[], timer: StepTimer): Promise<Guess> {
    const position = Math.min(this.#session.position, ids.length - 1); // the last one's scores are what is wanted
    const logits = await timer.device(() => logitsOf(this.#session.step({ kind: "ids", ids: ids.slice(position) }, position, "last"))); // [vocabulary]
    return timer.part("sampleMs", () => ({ drafted: this.#rule.draft(logits, this.#sampling, ids.length), confidence: confidenceOf(logits) }));
  }

  async prefill(ids: readonly number[], timer: StepTimer): Promise<void> {
    const { position } = this.#session;
    const missing = ids.slice(position, -1); // the last one waits for the first draft
    if (missing.length > 0) await timer.device(() => this.#session.step({ kind: "ids", ids: missing }, position, "none"));
  }

  smashed(_ids: readonly number[], _from: number, lengths: readonly number[]): Promise<readonly Uint8Array[]> {
    return Promise.resolve(lengths.map(() => NONE));
  }

  rewind(positions: number): void {
    this.#session.rewind(Math.min(positions, this.#session.position));
  }
}
