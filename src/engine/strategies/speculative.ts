/**
 * Speculative decoding over the link: the device drafts tokens one by one, the edge judges a whole
 * window of them in one pass and says how many stand and what comes next; both caches go back to
 * the same position. So a round trip yields as many tokens as stand, and one.
 * With more than one window, drafting goes on behind those that are unanswered, in the hope that
 * all of them stand; the edge drops what rested on a token that fell.
 * Source: Leviathan, Kalman and Matias, Fast Inference from Transformers via Speculative Decoding,
 * ICML 2023, algorithm 1; its kin differ in the rule (core/speculation/rules).
 */
import { fail, unwrap } from "#core/run/failure.ts";
import { joined } from "#core/frames/joined.ts";
import type { TokenFate } from "#core/run/record.ts";
import type { Policy } from "#core/speculation/policies/policy.ts";
import { NOTHING, type Drafted, type Rule } from "#core/speculation/rules/rule.ts";
import type { Drafter } from "./drafting/drafter.ts";
import type { EdgeTier } from "./tiers/edge-tier.ts";
import { Flight, waitedFor, type Landed, type Stretch, type FlyingWindow } from "./drafting/flight.ts";
import { neverSent, roundMade, roundSeen } from "./drafting/round-made.ts";
import { mostDrafted, stretchesAhead, type WindowBytes } from "./drafting/window-size.ts";
import { Sequence, type RoundMade, type Strategy, type StrategyEvent, type Task } from "./strategy.ts";

export interface SpeculativeTiers {
  readonly drafter: Drafter;
  readonly edge: EdgeTier;
  readonly rule: Rule;
  readonly policy: Policy;
  /** Windows that may be unanswered at a time. */
  readonly windows: number;
  /** What bounds a window's length beside the policy. */
  readonly windowBytes: WindowBytes;
}

export async function* speculative(task: Task, tiers: SpeculativeTiers): Strategy {
  const play = new Play(task, tiers);
  while (play.sequence.finish === null) {
    await play.draftAndSend();
    yield* play.land();
  }
  yield* play.drain();
  return play.sequence.finish;
}

interface Said {
  readonly id: number;
  readonly fate: TokenFate;
}

class Play {
  readonly sequence: Sequence;
  readonly #task: Task;
  readonly #tiers: SpeculativeTiers;
  readonly #flight: Flight;
  /** Windows whose prefix fell while they were under way: answered before any newer one is. */
  #fallen: readonly Promise<Landed>[] = [];
  /** Windows whose prefix fell before they were sent. */
  #unsent: readonly RoundMade[] = [];

  constructor(task: Task, tiers: SpeculativeTiers) {
    this.#task = task;
    this.#tiers = tiers;
    this.sequence = new Sequence(task);
    this.#flight = new Flight(tiers.edge, task.clock, task.signal);
  }

  /** Drafts and sends until as many windows are unanswered as may be, or an answer is in. */
  async draftAndSend(): Promise<void> {
    const { drafter } = this.#tiers;
    while (this.#mayDraftOn()) {
      const isPrompt = this.sequence.generated === 0 && this.#flight.length === 0;
      const window = await this.#draftWindow(isPrompt ? 0 : this.#room());
      if (this.#flight.fell) {
        this.#unsent = [...this.#unsent, neverSent(window, this.#task.clock.now())];
        return;
      }
      if (window.follows && window.drafted.length === 0) return; // it would ask what the window before it answers
      await this.#send(window);
      // The draft computes the prompt for itself while the edge computes the first token.
      if (isPrompt) await drafter.prefill(this.sequence.ids, this.sequence.timer);
    }
  }

  #mayDraftOn(): boolean {
    const { length, answered, ids } = this.#flight;
    return length === 0 || (length < this.#tiers.windows && !answered && this.#room() > 0 && !this.#ends(ids.at(-1)));
  }

  /** The oldest verdict: what stands becomes text, and when a token fell, so did all that rested on it. */
  async *land(): AsyncGenerator<StrategyEvent, void> {
    const fromMs = this.#task.clock.now();
    yield* this.drain();
    const landed = await this.#flight.land();
    const { window, answer } = landed;
    if (answer.kind === "lost") {
      this.#fall(this.sequence.ids.length);
      yield this.sequence.replay(answer.failure);
      return;
    }
    const { accepted } = answer.message;
    this.sequence.timer.exchanges.push(waitedFor(answer.exchange, this.#task.clock.now() - fromMs));
    if (window.drafted.length > 0) this.#task.roundHistory.push(roundSeen(window, accepted, answer.exchange));
    const said = this.#said(landed, accepted);
    if (accepted < window.drafted.length || this.#flight.length === 0) this.#fall(this.sequence.ids.length + accepted);
    let gained = 0;
    for (; gained < said.length && this.sequence.finish === null; gained++) yield this.#say(said[gained]);
    yield { kind: "round", round: roundMade(landed, gained) };
  }

  /** What came of the windows that came to nothing. */
  async *drain(): AsyncGenerator<StrategyEvent, void> {
    if (this.sequence.finish !== null) this.#fall(this.sequence.ids.length);
    const landings = this.#fallen;
    this.#fallen = [];
    for (const landed of await Promise.all(landings)) {
      if (landed.answer.kind === "answer") this.sequence.timer.exchanges.push(waitedFor(landed.answer.exchange, 0));
      yield { kind: "round", round: roundMade(landed, 0) };
    }
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const round of unsent) yield { kind: "round", round };
  }

  /** Tokens that another window may have: one place is the edge's own, and one message has to hold them. */
  #room(): number {
    const ahead = this.#flight.ids.length;
    const left = Math.min(this.sequence.remaining - 1, this.#task.capacity - this.sequence.ids.length) - ahead;
    return Math.min(left, mostDrafted(this.#tiers.windowBytes, 1));
  }

  async #draftWindow(room: number): Promise<FlyingWindow> {
    const { sequence } = this;
    const { timer } = sequence;
    const follows = this.#flight.length > 0;
    const certain = [...sequence.ids, ...this.#flight.ids]; // hoped for, where it follows
    const position = follows ? certain.length - 1 : sequence.unseen().position;
    const draftFromMs = this.#task.clock.now();
    const spentMs = timer.deviceMs + timer.sampleMs;
    const drafted = await this.#draftTokens(certain, room);
    const text = [...certain, ...drafted.map(({ id }) => id)];
    return {
      position,
      text,
      ids: text.slice(position),
      drafted,
      follows,
      draftFromMs,
      draftMs: timer.deviceMs + timer.sampleMs - spentMs,
    };
  }

  /** As many as the policy wants, asked again after each; none once they would be in vain, and none behind the end of the text. */
  async #draftTokens(certain: readonly number[], room: number): Promise<readonly Drafted[]> {
    const { drafter, policy } = this.#tiers;
    const { timer } = this.sequence;
    const drafted: Drafted[] = [];
    const confidences: number[] = [];
    while (
      drafted.length < room &&
      !this.#flight.fell &&
      !this.#ends(drafted.at(-1)?.id) &&
      drafted.length < policy.draftLength({ rounds: this.#task.roundHistory, confidences, room })
    ) {
      const guess = await drafter.draft([...certain, ...drafted.map(({ id }) => id)], timer);
      if (guess === null) break;
      drafted.push(guess.drafted);
      confidences.push(guess.confidence);
      if (this.#task.signal.aborted) fail({ code: "stopped" });
    }
    return drafted;
  }

  /** What is certain and does not fit goes ahead of the window, and is asked no answer but that it came. */
  async #send(window: FlyingWindow): Promise<void> {
    const { drafter, windowBytes } = this.#tiers;
    const { text, position, ids, drafted } = window;
    const lengths = stretchesAhead(windowBytes, ids.length - drafted.length, drafted.length);
    const last = (lengths.at(-1) ?? 0) + drafted.length;
    const parts = await drafter.smashed(text, position, [...lengths.slice(0, -1), last], this.sequence.timer);
    let at = position;
    const ahead = lengths
      .slice(0, -1)
      .map((count, index): Stretch => ({ position: (at += count) - count, count, payload: parts[index] ?? NOTHING }));
    this.#flight.send(window, joined([parts.at(-1) ?? NOTHING, ...drafted.map(({ evidence }) => evidence)]), ahead);
  }

  /** Behind a whole window that another follows, the next token is for that one's verdict to say. */
  #said({ window, answer }: Landed, accepted: number): readonly Said[] {
    const whole = accepted === window.drafted.length;
    const stand = window.drafted.slice(0, accepted).map(({ id }): Said => ({ id, fate: "accepted" }));
    if (answer.kind === "lost" || (whole && this.#flight.length > 0)) return stand;
    const { next, position, distribution } = answer.message;
    return [
      ...stand,
      {
        id: next ?? this.#settle(window.drafted[accepted], distribution, position),
        fate: whole ? "bonus" : "corrected",
      },
    ];
  }

  /** If it stands, nothing comes after it; if it falls, neither does what was drafted behind it. */
  #ends(id: number | undefined): boolean {
    return id !== undefined && this.#task.stopIds.includes(id);
  }

  #settle(rejected: Drafted | undefined, distribution: Uint8Array, position: number): number {
    const { rule } = this.#tiers;
    if (rule.settle === null || rejected === undefined)
      return fail({ code: "bad-frame", what: "a verdict without a next token", offset: null });
    return unwrap(rule.settle(rejected, distribution, this.#task.sampling, position));
  }

  #say(said: Said | undefined): StrategyEvent {
    if (said === undefined) throw new Error("nothing left to say");
    return { ...this.sequence.accept(said.id), fate: said.fate };
  }

  /** Nothing from `positions` on holds any more, on either tier. */
  #fall(positions: number): void {
    this.#tiers.drafter.rewind(positions);
    this.#fallen = [...this.#fallen, ...this.#flight.abandon()];
  }
}
