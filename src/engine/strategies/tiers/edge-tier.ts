/**
 * The edge as a strategy sees it: questions and typed answers, where losing what it had cached is
 * an answer too. By the time `lost` is returned there is a session to go on with, so the strategy
 * only has to start again from the first position.
 * A cache lost again and again with no answer in between is a failure, not a loop.
 */
import { Failed, fail, type Failure, type FailureCode } from "#core/run/failure.ts";
import type { DownMessage, UpMessage } from "#wire/messages.ts";
import type { CancelSignal, EdgeSession, Exchange, Reply, Unnumbered } from "../../ports.ts";

const REOPENINGS = 3;
/** The session is gone, or it is there and holds less than it should. */
const LOSSES: readonly FailureCode[] = ["session-lost", "position-gap"];

export type EdgeReply<K extends DownMessage["kind"]> =
  | { readonly kind: "answer"; readonly message: Extract<DownMessage, { kind: K }>; readonly exchange: Exchange }
  | { readonly kind: "lost"; readonly failure: Failure };

export class EdgeTier {
  session: EdgeSession;
  readonly #reopen: (signal: CancelSignal) => Promise<EdgeSession>;
  #lostInARow = 0;
  /** The session lost last. */
  #lost: EdgeSession | null = null;
  /** Several questions may be lost with one session: they wait for the same new one. */
  #reopening: Promise<void> = Promise.resolve();

  constructor(session: EdgeSession, reopen: (signal: CancelSignal) => Promise<EdgeSession>) {
    this.session = session;
    this.#reopen = reopen;
  }

  async ask<K extends DownMessage["kind"]>(
    message: Unnumbered<UpMessage>,
    kind: K,
    signal: CancelSignal,
  ): Promise<EdgeReply<K>> {
    const { session } = this;
    try {
      return this.#answer(await session.ask(message, signal), kind);
    } catch (thrown) {
      return await this.#recover(thrown, session, signal);
    }
  }

  async *stream<K extends DownMessage["kind"]>(
    message: Unnumbered<UpMessage>,
    kind: K,
    signal: CancelSignal,
  ): AsyncGenerator<EdgeReply<K>, void> {
    const { session } = this;
    try {
      for await (const reply of session.stream(message, signal)) yield this.#answer(reply, kind);
    } catch (thrown) {
      yield await this.#recover(thrown, session, signal);
    }
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  #answer<K extends DownMessage["kind"]>({ message, exchange }: Reply, kind: K): EdgeReply<K> {
    if (!isKind(message, kind))
      fail({ code: "bad-frame", what: `${message.kind} where ${kind} was due`, offset: null });
    this.#lostInARow = 0;
    return { kind: "answer", message, exchange };
  }

  async #recover(
    thrown: unknown,
    asked: EdgeSession,
    signal: CancelSignal,
  ): Promise<{ readonly kind: "lost"; readonly failure: Failure }> {
    const failure = thrown instanceof Failed ? thrown.failure : null;
    if (failure === null || !LOSSES.includes(failure.code)) throw thrown;
    if (failure.code === "position-gap" || asked !== this.#lost) {
      if (++this.#lostInARow > REOPENINGS) throw thrown;
      if (failure.code === "session-lost") this.#reopening = this.#replace(asked, signal);
    }
    await this.#reopening;
    return { kind: "lost", failure };
  }

  async #replace(lost: EdgeSession, signal: CancelSignal): Promise<void> {
    this.#lost = lost;
    await lost.close();
    try {
      this.session = await this.#reopen(signal);
    } catch (thrown) {
      this.#lost = null; // whoever asks next tries again
      throw thrown;
    }
  }
}

const isKind = <K extends DownMessage["kind"]>(
  message: DownMessage,
  kind: K,
): message is Extract<DownMessage, { kind: K }> => message.kind === kind;
