/**
 * What proposes tokens on the device, as a strategy sees it, and the usual one: a small model with
 * a cache of its own. It is asked with everything that is, or is hoped to be, before the token, and
 * computes whatever of that its cache lacks, so after a rejection it only has to be rewound.
 */
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { confidenceOf } from "#core/speculation/distribution.ts";
import type { Drafted, Rule } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "../../ports.ts";
import { logitsOf } from "../tiers/segment-output.ts";
import type { StepTimer } from "../strategy.ts";

export interface Guess {
  readonly drafted: Drafted;
  /** How probable the draft holds its own favourite. */
  readonly confidence: number;
}

export interface Drafter {
  /** Proposes the token after `ids`; null where it has nothing to propose. */
  draft(ids: readonly number[], timer: StepTimer): Promise<Guess | null>;
  /** Computes `ids`, the prompt, ahead of the first draft. */
  prefill(ids: readonly number[], timer: StepTimer): Promise<void>;
  /** What a window carries of each position beside its id. */
  readonly bytesPerPosition: number;
  /** That of positions [from, ids.length), in stretches of `lengths` positions. */
  smashed(
    ids: readonly number[],
    from: number,
    lengths: readonly number[],
    timer: StepTimer,
  ): Promise<readonly Uint8Array[]>;
  /** Forgets positions from `positions` on. */
  rewind(positions: number): void;
}

const NONE = new Uint8Array(0);

/** How a drafted token is drawn. */
export interface DraftSetting {
  readonly rule: Rule;
  readonly sampling: SamplingSettings;
  /** The target's tokens, which evidence is about, and how many of them the draft knows. */
  readonly vocabulary: number;
  readonly known: number;
}

export class DraftModel implements Drafter {
  readonly bytesPerPosition = 0;
  readonly #session: SegmentSession;
  readonly #setting: DraftSetting;

  constructor(session: SegmentSession, setting: DraftSetting) {
    this.#session = session;
    this.#setting = setting;
  }

  async draft(ids: readonly number[], timer: StepTimer): Promise<Guess> {
    const position = Math.min(this.#session.position, ids.length - 1); // the last one's scores are what is wanted
    const known = await timer.device(() =>
      logitsOf(this.#session.step({ kind: "ids", ids: this.#read(ids.slice(position)) }, position, "last")),
    ); // [known]
    const { rule, sampling, vocabulary } = this.#setting;
    return timer.part("sampleMs", () => ({
      drafted: rule.draft(overAll(known, vocabulary), sampling, ids.length),
      confidence: confidenceOf(known),
    }));
  }

  async prefill(ids: readonly number[], timer: StepTimer): Promise<void> {
    const { position } = this.#session;
    const missing = ids.slice(position, -1); // the last one waits for the first draft
    if (missing.length > 0)
      await timer.device(() => this.#session.step({ kind: "ids", ids: this.#read(missing) }, position, "none"));
  }

  smashed(_ids: readonly number[], _from: number, lengths: readonly number[]): Promise<readonly Uint8Array[]> {
    return Promise.resolve(lengths.map(() => NONE));
  }

  rewind(positions: number): void {
    this.#session.rewind(Math.min(positions, this.#session.position));
  }

  /** In place of a token that the draft does not know it reads another: that costs it a good guess and nobody a token. */
  #read(ids: readonly number[]): readonly number[] {
    return ids.map((id) => (id < this.#setting.known ? id : 0));
  }
}

/** Tokens that the draft does not know are impossible to it. */
function overAll(known: Float32Array, vocabulary: number): Float32Array {
  if (known.length >= vocabulary) return known;
  const logits = new Float32Array(vocabulary).fill(-Infinity);
  logits.set(known);
  return logits;
}
