/**
 * A session at the edge that outlives its sockets: messages are numbered, replies are matched to
 * them, and when a socket drops while something is unanswered the session comes back with its id
 * and asks again. Positions are explicit, so asking again is harmless; a stream of tokens is asked
 * for from the last token that arrived.
 * An edge that does not know the session any more makes it `session-lost`: the strategy replays.
 */
import { fail, failureOf, type Failure } from "#core/run/failure.ts";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import { takenFrom } from "#core/frames/message-table.ts";
import { bytesOfUp } from "#wire/frames.ts";
import type { DownMessage, Hello, UpMessage, Welcome } from "#wire/messages.ts";
import { whenAborted } from "../cancellation.ts";
import type { CancelSignal, EdgeSession, Reply, Unnumbered } from "../ports.ts";
import { seededRandom } from "#core/link/random.ts";
import { attemptsExpected, waitBefore } from "./back-off.ts";
import { PASSING } from "./open-again.ts";
import { ReplyQueue } from "./reply-queue.ts";
import { Connection, type ConnectionEvents, type Delivery, type SocketSetting } from "./socket-connection.ts";

/** A question until its last reply. */
interface Pending {
  /** What to ask if it has to be asked again. */
  question: Unnumbered<UpMessage>;
  readonly replies: ReplyQueue<Reply>;
  /** Of the question, then of each reply. */
  sinceMs: number;
  upBytes: number;
  addedUpMs: number;
  /** While the edge was away. */
  outageMs: number;
  replied: boolean;
}

export class SocketSession implements EdgeSession {
  readonly welcome: Welcome;
  readonly #setting: SocketSetting;
  /** What it comes back with: the segment is where the cut is now. */
  #hello: Hello;
  readonly #onClosed: (why: Failure) => void;
  #connection: Connection | null = null;
  #returning = false;
  /** Ends the wait before the next attempt. */
  #hurry: () => void = () => undefined;
  /** Once it is set, every question fails with it. */
  #end: Failure | null = null;
  #sequence = 0;
  /** Positions the edge is known to hold. */
  #held: number;
  readonly #pending = new Map<number, Pending>();

  private constructor(setting: SocketSetting, hello: Hello, welcome: Welcome, onClosed: (why: Failure) => void) {
    this.#setting = setting;
    this.#hello = hello;
    this.welcome = welcome;
    this.#held = welcome.position;
    this.#onClosed = onClosed;
  }

  static async open(
    setting: SocketSetting,
    hello: Hello,
    onClosed: (why: Failure) => void,
    signal?: CancelSignal,
  ): Promise<SocketSession> {
    let session: SocketSession | null = null;
    const events: ConnectionEvents = {
      delivered: (delivery) => session?.delivered(delivery),
      dropped: (why, parting, sinceMs) => session?.dropped(why, parting, sinceMs),
      unheard: () => session?.unheard(),
    };
    const { connection, welcome } = await Connection.open(setting, hello, events, signal);
    session = new SocketSession(setting, hello, welcome, onClosed);
    session.#connection = connection;
    setting.onNotice({ kind: "link", state: "connected", why: setting.url, atMs: setting.clock.now() });
    return session;
  }

  get realRttMs(): number | null {
    return this.#connection?.realRttMs ?? null;
  }

  async measure(): Promise<void> {
    await this.#connection?.measure();
  }

  async ask(message: Unnumbered<UpMessage>, signal?: CancelSignal): Promise<Reply> {
    for await (const reply of this.stream(message, signal)) return reply;
    return fail({ code: "internal", where: "SocketSession.ask", what: "the stream of replies ended before the first" });
  }

  async *stream(question: Unnumbered<UpMessage>, signal?: CancelSignal): AsyncGenerator<Reply, void> {
    if (this.#end !== null) fail(this.#end);
    if (signal?.aborted === true) fail({ code: "stopped" });
    this.#mustFit(question);
    const sequence = ++this.#sequence;
    const pending: Pending = {
      question,
      replies: new ReplyQueue(),
      sinceMs: this.#setting.clock.now(),
      upBytes: 0,
      addedUpMs: 0,
      outageMs: 0,
      replied: false,
    };
    this.#pending.set(sequence, pending);
    const unsubscribe = whenAborted(signal, () => pending.replies.abandon({ code: "stopped" }));
    try {
      if (this.#connection !== null) this.#send(sequence, pending);
      else void this.#return("it was closed while nothing was asked", pending.sinceMs);
      yield* pending.replies.values();
    } finally {
      unsubscribe();
      if (this.#pending.delete(sequence) && streams(question))
        this.#connection?.send({ kind: "stop", sequence }, () => undefined);
      if (this.#pending.size === 0 && this.#end === null) this.#hurry();
    }
  }

  /** A session whose socket dropped while nothing was asked is told so too: it need not idle out at the edge. */
  async close(): Promise<void> {
    const gone = this.#connection === null && this.#end === null && !this.#returning;
    this.#finish({ code: "stopped" });
    if (gone) await this.#sayGoodbye();
  }

  /** The socket broke just as it was closed for good. */
  unheard(): void {
    if (this.#end?.code === "stopped") void this.#sayGoodbye();
  }

  /** Comes back once, only to say that it goes; an edge that is gone has nothing to give back. */
  async #sayGoodbye(): Promise<void> {
    const resume = { session: this.welcome.session, position: this.#held };
    await Connection.open(this.#setting, { ...this.#hello, resume }, NOBODY).then(
      ({ connection }) => connection.close(),
      () => undefined,
    );
  }

  delivered({ message, bytes, addedMs }: Delivery): void {
    const pending = this.#pending.get(message.sequence);
    if (pending === undefined || isStale(pending.question, message)) return; // answered already, or no longer wanted
    if (message.kind === "failure") {
      this.#pending.delete(message.sequence);
      pending.replies.fail(message.failure);
      if (message.failure.code === "session-lost") this.#finish(message.failure);
      return;
    }
    const now = this.#setting.clock.now();
    pending.replies.push({ message, exchange: exchangeOf(pending, { message, bytes, addedMs }, now) });
    this.#held = takenFrom(message).held(message) ?? this.#held;
    const { question } = pending;
    if (question.kind === "move" && question.phase === "commit")
      this.#hello = { ...this.#hello, segment: { ...this.#hello.segment, from: question.from } };
    measureAnew(pending, now);
    pending.replied = true;
    pending.question = unanswered(question, message);
    if (isLast(pending.question, message)) {
      this.#pending.delete(message.sequence);
      pending.replies.end();
    }
  }

  dropped(why: string, parting: Failure | null, sinceMs: number): void {
    this.#connection = null;
    if (parting !== null && !PASSING.includes(parting.code)) this.#finish(parting);
    else if (this.#pending.size > 0) void this.#return(parting === null ? why : parting.code, sinceMs);
  }

  #send(sequence: number, pending: Pending): void {
    this.#connection?.send({ ...pending.question, sequence }, ({ bytes, addedMs }) => {
      pending.upBytes += bytes;
      pending.addedUpMs += addedMs;
    });
  }

  /** Comes back to the same session and asks again what is unanswered, as long as anything is. */
  async #return(why: string, sinceMs: number): Promise<void> {
    if (this.#returning || this.#end !== null) return;
    this.#returning = true;
    const stopHearing = this.#setting.onOnline(() => this.#hurry());
    const failure = await this.#comeBack(why, sinceMs);
    stopHearing();
    this.#returning = false;
    if (this.#end !== null) return this.unheard(); // closed while it waited for its next attempt
    if (failure !== null) return this.#finish(failure);
    if (this.#connection === null && this.#pending.size > 0)
      void this.#return("it closed again at once", this.#setting.clock.now());
  }

  /** One attempt after the other; null where it is back, or nobody waits for it any more. */
  async #comeBack(why: string, sinceMs: number): Promise<Failure | null> {
    const { clock, url, onNotice, backOff } = this.#setting;
    const random = seededRandom(Number.parseInt(this.welcome.session.slice(0, 8), 16)); // each session its own
    const fromMs = clock.now();
    for (let attempt = 1; ; attempt++) {
      const waitMs = waitBefore(attempt, backOff(), random);
      if (attempt > 1 && clock.now() + waitMs - fromMs > backOff().forMs)
        return { code: "edge-gone", url, attempts: attempt - 1 };
      const of = attemptsExpected(attempt, backOff().forMs - (clock.now() + waitMs - fromMs), backOff());
      onNotice({ kind: "link", state: "reconnecting", why, attempt, of, waitMs, atMs: sinceMs });
      await this.#wait(waitMs);
      if (this.#end !== null || this.#pending.size === 0) return null;
      const failure = await this.#resume(sinceMs);
      if (failure === null || !PASSING.includes(failure.code)) return failure;
    }
  }

  async #resume(sinceMs: number): Promise<Failure | null> {
    try {
      const resume = { session: this.welcome.session, position: this.#held };
      const { connection, welcome } = await Connection.open(this.#setting, { ...this.#hello, resume }, this);
      if (this.#end !== null) {
        connection.close();
        return this.#end;
      }
      const missing =
        welcome.session !== this.welcome.session
          ? "the edge does not know it any more"
          : this.#missing(welcome.position);
      if (missing !== null) {
        connection.close();
        return { code: "session-lost", session: this.welcome.session, why: missing };
      }
      this.#connection = connection;
      const atMs = this.#setting.clock.now();
      this.#setting.onNotice({ kind: "link", state: "resumed", why: `at position ${welcome.position}`, atMs });
      for (const [sequence, pending] of this.#pending) {
        pending.outageMs += atMs - Math.max(sinceMs, pending.sinceMs);
        this.#send(sequence, pending);
      }
      return null;
    } catch (thrown) {
      return failureOf(thrown, "SocketSession.resume");
    }
  }

  /** What the edge lacks for the questions that wait, in words. */
  #missing(held: number): string | null {
    for (const { question } of this.#pending.values()) {
      if ("position" in question && question.position > held)
        return `the edge holds ${held} positions where ${question.position} are needed`;
    }
    return null;
  }

  #finish(failure: Failure): void {
    if (this.#end !== null) return;
    this.#end = failure;
    this.#connection?.close();
    this.#connection = null;
    for (const { replies } of this.#pending.values()) replies.fail(failure);
    this.#pending.clear();
    this.#onClosed(failure);
  }

  #mustFit(question: Unnumbered<UpMessage>): void {
    const positions = positionsOf(question);
    const payloadBytes = bytesOfUp({ ...question, sequence: 0 }) - FRAME_HEADER_BYTES;
    const room = this.welcome.maxMessageBytes - FRAME_HEADER_BYTES;
    if (positions > 0 && payloadBytes > room)
      fail({
        code: "prompt-too-long",
        tokens: positions,
        capacity: Math.max(0, Math.floor((room * positions) / payloadBytes)),
      });
  }

  #wait(delayMs: number): Promise<void> {
    if (delayMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const callOff = this.#setting.timer.after(delayMs, resolve);
      this.#hurry = () => {
        callOff();
        resolve();
      };
    });
  }
}

/** Of a connection whose session is over. */
const NOBODY: ConnectionEvents = { delivered: () => undefined, dropped: () => undefined, unheard: () => undefined };

/** From one reply to the next. */
function measureAnew(pending: Pending, sinceMs: number): void {
  pending.sinceMs = sinceMs;
  pending.upBytes = 0;
  pending.addedUpMs = 0;
  pending.outageMs = 0;
}

function exchangeOf(
  { sinceMs, outageMs, addedUpMs, upBytes, replied }: Pending,
  { message, bytes, addedMs }: Delivery,
  now: number,
): Reply["exchange"] {
  const { queueUs, computeUs } = "timing" in message ? message.timing : { queueUs: 0, computeUs: 0 };
  return {
    roundTripMs: now - sinceMs - outageMs,
    ...(outageMs > 0 ? { outageMs } : {}),
    queueMs: queueUs / 1000,
    computeMs: computeUs / 1000,
    addedUpMs,
    addedDownMs: addedMs,
    upBytes,
    downBytes: bytes,
    ...furtherOf(message),
    pipelined: replied,
  };
}

function furtherOf(message: DownMessage): Pick<Reply["exchange"], "further"> {
  if (!("further" in message) || message.further === undefined) return {};
  const further = message.further.map(({ linkUs, queueUs, computeUs }) => ({
    linkMs: linkUs / 1000,
    queueMs: queueUs / 1000,
    computeMs: computeUs / 1000,
  }));
  return { further };
}

/** Positions that a question carries something of. */
function positionsOf(question: Unnumbered<UpMessage>): number {
  if ("count" in question) return question.count;
  if ("ids" in question) return question.ids.length;
  return "targets" in question ? question.targets.length : 0;
}

const streams = (question: Unnumbered<UpMessage>): boolean => question.kind === "generate" && question.generate > 0;

/** Whether nothing more answers the question. */
const isLast = (question: Unnumbered<UpMessage>, reply: DownMessage): boolean =>
  !streams(question) || ((reply.kind === "token" || reply.kind === "round") && reply.finish !== "none");

/** Of a stream that was asked for again: a token that had come before, or comes ahead of its turn. */
const isStale = (question: Unnumbered<UpMessage>, reply: DownMessage): boolean =>
  question.kind === "generate" && reply.kind === "token" && reply.position !== question.position + question.ids.length;

/** What of a question is still open after a reply: a stream goes on from the token that came last. */
function unanswered(question: Unnumbered<UpMessage>, reply: DownMessage): Unnumbered<UpMessage> {
  if (question.kind !== "generate") return question;
  if (reply.kind === "round" && reply.next !== null)
    return {
      kind: "generate",
      position: reply.position + reply.accepted,
      ids: Uint32Array.of(reply.next),
      generate: Math.max(1, question.generate - reply.accepted - 1),
    };
  if (reply.kind !== "token") return question;
  return {
    kind: "generate",
    position: reply.position,
    ids: Uint32Array.of(reply.id),
    generate: Math.max(1, question.generate - 1),
  };
}
