/**
 * The edge as a strategy sees it: questions and typed answers, where losing the session is an
 * answer too. By the time `lost` is returned a new, empty session is open, so the strategy only
 * has to start again from the first position.
 * A session lost again and again with no answer in between is a failure, not a loop.
 */
import { Failed, fail, type Failure } from "#core/run/failure.ts";
import type { DownMessage, UpMessage } from "#wire/messages.ts";
import type { CancelSignal, EdgeSession, Exchange, Reply, Unnumbered } from "../ports.ts";

const REOPENINGS = 3;

export type Answer<K extends DownMessage["kind"]> =
  | { readonly kind: "answer"; readonly message: Extract<DownMessage, { kind: K }>; readonly exchange: Exchange }
  | { readonly kind: "lost"; readonly failure: Failure };

export class EdgeTier {
  session: EdgeSession;
  readonly #reopen: () => Promise<EdgeSession>;
  #lostInARow = 0;

  constructor(session: EdgeSession, reopen: () => Promise<EdgeSession>) {
    this.session = session;
    this.#reopen = reopen;
  }

  async ask<K extends DownMessage["kind"]>(message: Unnumbered<UpMessage>, kind: K, signal: CancelSignal): Promise<Answer<K>> {
    try {
      return this.#answer(await this.session.ask(message, signal), kind);
    } catch (thrown) {
      return await this.#recover(thrown);
    }
  }

  async *stream<K extends DownMessage["kind"]>(message: Unnumbered<UpMessage>, kind: K, signal: CancelSignal): AsyncGenerator<Answer<K>, void> {
    try {
      for await (const reply of this.session.stream(message, signal)) yield this.#answer(reply, kind);
    } catch (thrown) {
      yield await this.#recover(thrown);
    }
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  #answer<K extends DownMessage["kind"]>({ message, exchange }: Reply, kind: K): Answer<K> {
    if (!isKind(message, kind)) fail({ code: "bad-frame", what: `${message.kind} where ${kind} was due`, offset: null });
    this.#lostInARow = 0;
    return { kind: "answer", message, exchange };
  }

  async #recover(thrown: unknown): Promise<{ readonly kind: "lost"; readonly failure: Failure }> {
    if (!(thrown instanceof Failed) || thrown.failure.code !== "session-lost" || ++this.#lostInARow > REOPENINGS) throw thrown;
    await this.session.close();
    this.session = await this.#reopen();
    return { kind: "lost", failure: thrown.failure };
  }
}

const isKind = <K extends DownMessage["kind"]>(message: DownMessage, kind: K): message is Extract<DownMessage, { kind: K }> => message.kind === kind;
