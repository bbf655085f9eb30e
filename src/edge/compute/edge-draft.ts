/**
 * The drafting half of speculation with both models at the edge: a seat of the draft, in the compute
 * that holds the draft's weights anyway, proposes windows for a seat of the target, in the compute
 * that holds the target's. The same drafter, rule and policy as on a device, and no link between
 * them. It is the baseline that a draft on the device has to be compared with.
 * Source: Leviathan et al., ICML 2023, algorithm 1.
 */
import { unwrap } from "#core/run/failure.ts";
import { joined } from "#core/frames/joined.ts";
import type { Policy, RoundSeen } from "#core/speculation/policies/policy.ts";
import type { Drafted } from "#core/speculation/rules/rule.ts";
import type { SegmentSession } from "#engine/ports.ts";
import { DraftModel, type DraftSetting } from "#engine/strategies/drafting/drafter.ts";
import { StepTimer } from "#engine/strategies/strategy.ts";

/** What became of the window before. */
export interface WindowSeen {
  readonly accepted: number;
  readonly edgeMs: number;
}

export interface EdgeDraftSetting extends DraftSetting {
  readonly policy: Policy;
  /** What ends the target's text. */
  readonly stopIds: readonly number[];
}

export class EdgeDraft {
  readonly #drafter: DraftModel;
  readonly #setting: EdgeDraftSetting;
  /** The text so far and the window proposed last. */
  #ids: readonly number[] = [];
  #drafted: readonly Drafted[] = [];
  #draftMs = 0;
  readonly #rounds: RoundSeen[] = [];

  constructor(session: SegmentSession, setting: EdgeDraftSetting) {
    this.#drafter = new DraftModel(session, setting);
    this.#setting = setting;
  }

  /** A window is due behind `ids` [n], the first of which is at `position`. */
  begin(position: number, ids: Uint32Array, seen: WindowSeen | null): void {
    if (seen !== null && this.#drafted.length > 0)
      this.#rounds.push({ drafted: this.#drafted.length, draftMs: this.#draftMs, linkMs: 0, ...seen });
    this.#ids = [...this.#ids.slice(0, position), ...ids];
    this.#drafter.rewind(position);
    this.#draftMs = 0;
  }

  /** Computes the text's first `positions` ahead of the window: a long prompt is read in parts. */
  async read(positions: number): Promise<void> {
    const timer = newTimer();
    await this.#drafter.prefill(this.#ids.slice(0, positions + 1), timer);
    this.#draftMs += timer.deviceMs;
  }

  /** The window; at most `room` tokens are worth drafting. */
  async propose(room: number): Promise<{ readonly drafted: Uint32Array; readonly evidence: Uint8Array }> {
    const timer = newTimer();
    this.#drafted = await this.#draft(this.#ids, room, timer);
    this.#draftMs += timer.deviceMs + timer.sampleMs;
    const drafted = this.#drafted.map(({ id }) => id);
    this.#ids = [...this.#ids, ...drafted];
    return { drafted: Uint32Array.from(drafted), evidence: joined(this.#drafted.map((each) => each.evidence)) };
  }

  /** The token in place of the one that fell, at `position`, where the rule leaves it to the draft's side. */
  settle(accepted: number, distribution: Uint8Array, position: number): number {
    const { rule, sampling } = this.#setting;
    const rejected = this.#drafted[accepted];
    if (rule.settle === null || rejected === undefined) throw new Error("a verdict without a next token");
    return unwrap(rule.settle(rejected, distribution, sampling, position));
  }

  async #draft(text: readonly number[], room: number, timer: StepTimer): Promise<readonly Drafted[]> {
    const { policy, stopIds } = this.#setting;
    const drafted: Drafted[] = [];
    const confidences: number[] = [];
    while (
      drafted.length < room &&
      !stopIds.includes(drafted.at(-1)?.id ?? -1) &&
      drafted.length < policy.draftLength({ rounds: this.#rounds, confidences, room })
    ) {
      const guess = await this.#drafter.draft([...text, ...drafted.map(({ id }) => id)], timer);
      drafted.push(guess.drafted);
      confidences.push(guess.confidence);
    }
    return drafted;
  }
}

const newTimer = (): StepTimer => new StepTimer({ now: () => performance.now() });
