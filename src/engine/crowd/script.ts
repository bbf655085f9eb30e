/**
 * What a device said to the edge in one answer, and when: each message, how many replies had come
 * before it, and how long after the last of those it was sent. That delay is the device's own
 * computing, measured; replayed, it makes a simulated device that sends real data over the real
 * protocol at a real device's pace and computes nothing.
 * It is recorded around a session, so it knows no strategy.
 */
import { takenFrom } from "#core/frames/message-table.ts";
import type { Hello, UpMessage } from "#wire/messages.ts";
import type { Clock, EdgeSession, Reply, Unnumbered } from "../ports.ts";
import type { EdgeTier } from "../strategies/tiers/edge-tier.ts";

export interface ScriptStep {
  readonly message: Unnumbered<UpMessage>;
  /** Replies, of all steps, that had come when it was sent. */
  readonly behind: number;
  /** Since the last of these, or since the answer began. */
  readonly afterMs: number;
  readonly replies: number;
}

export interface Script {
  readonly hello: Hello;
  readonly steps: readonly ScriptStep[];
  /** What the edge said, in the order in which it came. */
  readonly said: readonly string[];
  /** The reply that held the first token. */
  readonly firstToken: number;
  /** Tokens of the answer. */
  readonly tokens: number;
  /** Those of them behind that first reply. */
  readonly laterTokens: number;
  readonly elapsedMs: number;
}

interface Recorded {
  readonly message: Unnumbered<UpMessage>;
  readonly behind: number;
  readonly afterMs: number;
  replies: number;
}

/** Listens in on a tier's session until `end`. */
export class ScriptRecorder {
  readonly #tier: EdgeTier;
  readonly #clock: Clock;
  readonly #inner: EdgeSession;
  readonly #wrapped: EdgeSession;
  readonly #beganMs: number;
  #lastMs: number;
  readonly #steps: Recorded[] = [];
  readonly #said: string[] = [];
  /** The first reply with a token, and how many it had. */
  #first: { readonly reply: number; readonly tokens: number } | null = null;

  constructor(tier: EdgeTier, clock: Clock) {
    this.#tier = tier;
    this.#clock = clock;
    this.#inner = tier.session;
    this.#beganMs = clock.now();
    this.#lastMs = this.#beganMs;
    const { welcome } = this.#inner;
    this.#wrapped = {
      welcome,
      ask: async (message, signal) => {
        const step = this.#asked(message);
        const reply = await this.#inner.ask(message, signal);
        this.#answered(step, reply);
        return reply;
      },
      stream: (message, signal) => this.#stream(message, signal),
      close: () => this.#inner.close(),
    };
    tier.session = this.#wrapped;
  }

  /** Null where the session was lost on the way: then it is not one answer that was heard. */
  end(hello: Hello, tokens: number): Script | null {
    if (this.#tier.session !== this.#wrapped) return null;
    this.#tier.session = this.#inner;
    if (this.#first === null) return null;
    return {
      hello,
      steps: this.#steps,
      said: this.#said,
      firstToken: this.#first.reply,
      tokens,
      laterTokens: Math.max(0, tokens - this.#first.tokens),
      elapsedMs: this.#lastMs - this.#beganMs,
    };
  }

  async *#stream(
    message: Unnumbered<UpMessage>,
    signal: Parameters<EdgeSession["stream"]>[1],
  ): AsyncGenerator<Reply, void> {
    const step = this.#asked(message);
    for await (const reply of this.#inner.stream(message, signal)) {
      this.#answered(step, reply);
      yield reply;
    }
  }

  #asked(message: Unnumbered<UpMessage>): Recorded {
    const step: Recorded = {
      message,
      behind: this.#said.length,
      afterMs: this.#clock.now() - this.#lastMs,
      replies: 0,
    };
    this.#steps.push(step);
    return step;
  }

  #answered(step: Recorded, reply: Reply): void {
    step.replies++;
    const taken = takenFrom(reply.message);
    const tokens = taken.tokens(reply.message);
    this.#first ??= tokens > 0 ? { reply: this.#said.length, tokens } : null;
    this.#said.push(taken.says(reply.message));
    this.#lastMs = this.#clock.now();
  }
}
