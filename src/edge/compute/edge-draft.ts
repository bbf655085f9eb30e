/**
 * Speculation with both models at the edge: the same drafter, rule and verdict as over the link,
 * and no link between them. It is the baseline that a draft on the device has to be compared with:
 * a server that can host both loses no round trip to it.
 * Source: Leviathan et al., ICML 2023, algorithm 1.
 */
import { unwrap } from "#core/run/failure.ts";
import type { SamplingSettings } from "#core/run/config.ts";
import type { Policy, RoundSeen } from "#core/speculation/policies/policy.ts";
import type { Drafted, Rule } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "#engine/ports.ts";
import { DraftModel } from "#engine/strategies/drafter.ts";
import { joined } from "#core/run/joined.ts";
import { StepTimer } from "#engine/strategies/strategy.ts";
import { WindowJudge, type Judging } from "#engine/window-judge.ts";

interface EdgeRound {
  /** Of the first drafted token. */
  readonly position: number;
  readonly drafted: Uint32Array;
  readonly accepted: number;
  readonly next: number;
}

export class EdgeDraft {
  readonly #session: SegmentSession;
  readonly #drafter: DraftModel;
  readonly #rule: Rule;
  readonly #policy: Policy;
  readonly #sampling: SamplingSettings;
  readonly #windows = new WindowJudge();
  /** The text so far, which the draft computes for itself. */
  #ids: readonly number[] = [];
  readonly #rounds: RoundSeen[] = [];

  constructor(session: SegmentSession, rule: Rule, policy: Policy, sampling: SamplingSettings) {
    this.#session = session;
    this.#drafter = new DraftModel(session, rule, sampling);
    this.#rule = rule;
    this.#policy = policy;
    this.#sampling = sampling;
  }

  get kvBytes(): number {
    return this.#session.memory().kvBytes;
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** `ids` [n] are at `position`; at most `room` tokens are worth drafting. */
  async round(target: Judging, position: number, ids: Uint32Array, room: number): Promise<EdgeRound> {
    const text = [...this.#ids.slice(0, position), ...ids];
    this.#drafter.rewind(position);
    const timer = new StepTimer({ now: () => performance.now() });
    const drafted = await this.#draft(text, room, timer);
    const window = Uint32Array.from([...ids, ...drafted.map(({ id }) => id)]);
    const evidence = joined(drafted.map((each) => each.evidence));
    const began = performance.now();
    const judged = await this.#windows.judge(target, { position, ids: window, drafted: drafted.length, follows: false, hidden: null, evidence }, this.#rule, this.#sampling);
    if (judged.kind === "dropped") throw new Error("a window that follows none was dropped");
    const { accepted, distribution } = judged;
    if (drafted.length > 0) this.#rounds.push({ drafted: drafted.length, accepted, draftMs: timer.deviceMs + timer.sampleMs, linkMs: 0, edgeMs: performance.now() - began });
    const next = judged.next ?? this.#settle(drafted[accepted], distribution, judged.position);
    this.#drafter.rewind(judged.position);
    this.#ids = [...text, ...drafted.slice(0, accepted).map(({ id }) => id)];
    return { position: text.length, drafted: window.slice(ids.length), accepted, next };
  }

  async #draft(text: readonly number[], room: number, timer: StepTimer): Promise<readonly Drafted[]> {
    const drafted: Drafted[] = [];
    const confidences: number[] = [];
    while (drafted.length < room && drafted.length < this.#policy.draftLength({ rounds: this.#rounds, confidences, room })) {
      const guess = await this.#drafter.draft([...text, ...drafted.map(({ id }) => id)], timer);
      drafted.push(guess.drafted);
      confidences.push(guess.confidence);
    }
    return drafted;
  }

  #settle(rejected: Drafted | undefined, distribution: Uint8Array, position: number): number {
    if (this.#rule.settle === null || rejected === undefined) throw new Error("a verdict without a next token");
    return unwrap(this.#rule.settle(rejected, distribution, this.#sampling, position));
  }
}
