/**
 * One client's session: a seat, the byte counts, and the socket that has it at the moment (none
 * for a while after a drop). Messages are answered as their steps come back; what they must
 * satisfy is checked before anything is queued.
 *
 * A malformed frame ends this session. A failure of one message answers that message only.
 */
import { unwrap, type Failure, type Result } from "#core/run/failure.ts";
import { offsetOf } from "#core/frames/frame-header.ts";
import { decodeUp, encodeDown } from "#wire/frames.ts";
import { codecNamed } from "#core/codec/registry.ts";
import type { DownMessage, EdgeTiming, Hello, UpMessage, Welcome } from "#wire/messages.ts";
import type { Outcome } from "../compute/compute.ts";
import type { Seat } from "../seat/seat.ts";
import type { Meters } from "../status/meters.ts";
import { CLOSE, type SocketLink } from "./link.ts";
import { askedBytes, wrongWith } from "./message-check.ts";
import { recoded, type Forwarded, type NextHop } from "./next-hop.ts";

type Ask<K extends UpMessage["kind"]> = K extends unknown ? Extract<UpMessage, { kind: K }> : never;

export interface SessionServices {
  /** From where it was opened; null where that does not tell clients apart. */
  readonly peer: string | null;
  readonly meters: Meters;
  /** Of what one client has asked for and not yet taken, questions and answers: they are kept until it reads. */
  readonly pendingBytes: number;
  /** What a refusal suggests. */
  readonly retryAfterMs: number;
  /** Called once, when the session is over and its seat given back. */
  readonly onEnd: (session: ClientSession, failure: Failure | null) => void;
}

export class ClientSession {
  readonly seat: Seat;
  /** Null where this server is the last hop. */
  readonly next: NextHop | null;
  readonly #services: SessionServices;
  #link: SocketLink | null = null;
  #upBytes = 0;
  #downBytes = 0;
  #lastUsedMs = performance.now();
  /** Messages whose answers are not complete, and the bytes that they and their answers take. */
  #pending = 0;
  #pendingBytes = 0;
  #stream: { readonly sequence: number; readonly abort: AbortController } | null = null;
  #ending: Failure | null = null;
  #ended: Promise<void> | null = null;

  constructor(seat: Seat, next: NextHop | null, services: SessionServices) {
    this.seat = seat;
    this.next = next;
    this.#services = services;
  }

  /** It has ended, for whatever reason: nothing is answered any more. */
  get over(): boolean {
    return this.#ended !== null;
  }

  get peer(): string | null {
    return this.#services.peer;
  }

  holds(link: SocketLink): boolean {
    return this.#link === link;
  }

  /** How long nothing was asked of it; 0 while it works. Link probes do not count as use. */
  idleMs(nowMs: number): number {
    return this.#pending > 0 ? 0 : nowMs - this.#lastUsedMs;
  }

  /** Its client has a socket. */
  get here(): boolean {
    return this.#link !== null;
  }

  /** How long its client has been away; 0 while it is here. */
  awayMs(nowMs: number): number {
    return this.#link === null ? this.idleMs(nowMs) : 0;
  }

  /** The handshake's texts count like every other message. */
  attach(link: SocketLink, helloBytes: number, welcome: Welcome): void {
    this.vacate();
    this.#link = link;
    this.#lastUsedMs = performance.now();
    this.#count("up", helloBytes);
    this.#count("down", link.welcome(welcome));
  }

  /** Makes room for a newer socket; the older one is told so. */
  vacate(): void {
    const former = this.#link;
    this.#link = null;
    this.#abandon();
    former?.refuse({ code: "session-lost", session: this.seat.id, why: "another socket has taken this session over" });
  }

  /** The socket is gone: nobody reads what is under way, but what the cache holds stays. */
  detach(link: SocketLink): void {
    if (this.#link !== link) return;
    this.#link = null;
    this.#lastUsedMs = performance.now();
    this.#abandon();
    if (this.#ending !== null) void this.end(this.#ending);
  }

  /** Over once what is under way is answered. */
  endSoon(failure: Failure): void {
    this.#ending = failure;
    if (this.#pending === 0 || this.#link === null) void this.end(failure);
  }

  /** Resolves once its place is free, also where it is ending already: whoever waits for the place has to wait for that. */
  end(
    failure: Failure | null,
    code: number = failure?.code === "edge-draining" ? CLOSE.restarting : CLOSE.refused,
  ): Promise<void> {
    return (this.#ended ??= this.#leave(failure, code));
  }

  async #leave(failure: Failure | null, code: number): Promise<void> {
    const link = this.#link;
    this.#link = null;
    this.#abandon();
    if (failure !== null) link?.refuse(failure, code);
    await Promise.all([this.seat.release(), this.next?.close()]);
    this.#services.onEnd(this, failure);
  }

  /** A frame of a socket that no longer has the session is nobody's. */
  async receive(link: SocketLink, frame: Uint8Array): Promise<void> {
    if (this.#link !== link || this.over) return;
    this.#count("up", frame.byteLength);
    const decoded = decodeUp(frame);
    if (!decoded.ok) return this.end(decoded.failure);
    const message = decoded.value;
    if (message.session !== undefined) return this.end(strayed(message.session));
    if (message.kind === "ping") return this.#pong(link, message.sequence);
    const bytes = frame.byteLength + askedBytes(message, this.seat);
    const wrong = this.#ending ?? wrongWith(message, this.seat) ?? this.#tooMuch(bytes);
    if (wrong?.code === "bad-frame") return this.end(wrong);
    this.#pending++;
    this.#pendingBytes += bytes;
    this.#lastUsedMs = performance.now();
    await (wrong === null ? this.#answer(link, message) : this.#fail(link, message.sequence, wrong));
    this.#lastUsedMs = performance.now();
    this.#pending--;
    this.#pendingBytes -= bytes;
    if (this.#ending !== null && this.#pending === 0) await this.end(this.#ending);
  }

  /** One message always fits; more at a time have to fit together. */
  #tooMuch(bytes: number): Failure | null {
    const { pendingBytes, retryAfterMs } = this.#services;
    return this.#pending > 0 && this.#pendingBytes + bytes > pendingBytes
      ? { code: "edge-full", what: "queue", limit: pendingBytes, retryAfterMs }
      : null;
  }

  #answer(link: SocketLink, message: Exclude<UpMessage, { kind: "ping" }>): Promise<void> {
    switch (message.kind) {
      case "move":
        return this.#answerStep(link, message.sequence, this.seat.move(message));
      case "fetch":
      case "candidates":
        return this.#step(link, message.sequence, message);
      case "activations":
        return this.next === null
          ? this.#step(link, message.sequence, { ...message, payload: message.payload.slice() })
          : this.#passOn(link, message, this.next);
      case "kv":
      case "rebuild":
      case "verify":
      case "score":
        return this.#step(link, message.sequence, { ...message, payload: message.payload.slice() });
      case "generate":
        return message.generate === 0 ? this.#fill(link, message) : this.#generate(link, message);
      case "check":
        return this.#check(link, message);
      case "stop":
        return this.#stop(link, message);
    }
  }

  async #step(
    link: SocketLink,
    sequence: number,
    step: Ask<"activations" | "score" | "verify" | "kv" | "rebuild" | "fetch" | "candidates">,
  ): Promise<void> {
    return this.#answerStep(link, sequence, this.seat.step(step));
  }

  /** Every position goes on, also those that nobody wants an answer for: the hops behind have caches of their own. */
  async #passOn(link: SocketLink, message: Ask<"activations">, next: NextHop): Promise<void> {
    const { sequence, position, want } = message;
    const stepped = await this.seat.step({ ...message, payload: message.payload.slice(), want: "all" });
    if (!stepped.ok) return this.#fail(link, sequence, stepped.failure);
    const { outcome, timing } = stepped.value;
    if (outcome.kind !== "activations")
      return this.#fail(link, sequence, { code: "internal", where: "session", what: "no activations to pass on" });
    const { count, payload } = outcome;
    const forwarded = await next.forward({ position, count, want, payload });
    if (!forwarded.ok) return this.#fail(link, sequence, forwarded.failure);
    await this.#send(link, this.#passedDown(sequence, forwarded.value, timing, next));
  }

  /** Activations come back in the codec of the way that they leave by, and with the times of all hops in one. */
  #passedDown(sequence: number, { message, further }: Forwarded, timing: EdgeTiming, next: NextHop): DownMessage {
    if (message.kind !== "activations") return { ...message, sequence, timing, further };
    const { count, payload } = message;
    const { hidden } = this.seat.manifest.architecture;
    const own = unwrap(codecNamed(this.seat.settings.codec));
    return {
      ...message,
      sequence,
      payload: recoded(payload, count, hidden, next.codec, own),
      timing: togetherOf(timing, further),
    };
  }

  /** Whether these are the hops behind it. */
  goesOnTo(onward: Hello["onward"]): boolean {
    return this.next === null ? onward === undefined || onward.length === 0 : this.next.isFor(onward ?? []);
  }

  async #answerStep(link: SocketLink, sequence: number, under: ReturnType<Seat["step"]>): Promise<void> {
    const stepped = await under;
    if (!stepped.ok) return this.#fail(link, sequence, stepped.failure);
    const { outcome } = stepped.value;
    const reply = replyOf(outcome);
    if (reply === null)
      return this.#fail(link, sequence, { code: "internal", where: "session", what: `${outcome.kind} unasked` });
    await this.#send(link, { ...reply, sequence, timing: stepped.value.timing });
  }

  #fill(link: SocketLink, { sequence, position, ids }: Ask<"generate">): Promise<void> {
    return this.#answerStep(link, sequence, this.seat.step({ kind: "ids", position, ids, want: "none" }));
  }

  async #generate(link: SocketLink, { sequence, position, ids, generate }: Ask<"generate">): Promise<void> {
    if (this.#stream !== null) this.#abandon();
    const stream = { sequence, abort: new AbortController() };
    this.#stream = stream;
    const { signal } = stream.abort;
    if (this.seat.spec.draft !== null) {
      for await (const round of this.seat.generateDrafted(position, ids, generate, signal)) {
        if (!round.ok) await this.#fail(link, sequence, round.failure);
        else await this.#send(link, { kind: "round", sequence, ...round.value });
      }
    } else {
      for await (const token of this.seat.generate(position, ids, generate, signal)) {
        if (!token.ok) await this.#fail(link, sequence, token.failure);
        else await this.#send(link, { kind: "token", sequence, ...token.value });
      }
    }
    if (this.#stream === stream) this.#stream = null;
  }

  async #check(link: SocketLink, { sequence, ids, judged }: Ask<"check">): Promise<void> {
    const checked = await this.seat.check(ids, judged);
    if (!checked.ok) return this.#fail(link, sequence, checked.failure);
    const { leads, margins, logProbs, timing } = checked.value;
    await this.#send(link, { kind: "verdicts", sequence, ids: checked.value.ids, leads, margins, logProbs, timing });
  }

  /** Answered with `done` once nothing more of the stream will come. */
  async #stop(link: SocketLink, { sequence }: Ask<"stop">): Promise<void> {
    this.#abandon();
    const held: Result<{ readonly held: number }> = await this.seat.configure(this.seat.settings);
    if (!held.ok) return this.#fail(link, sequence, held.failure);
    await this.#send(link, { kind: "done", sequence, position: held.value.held, timing: { queueUs: 0, computeUs: 0 } });
  }

  /** Both counts include everything up to this exchange: the ping that asked, and the pong itself. */
  async #pong(link: SocketLink, sequence: number): Promise<void> {
    const pong = { kind: "pong", sequence, upBytes: this.#upBytes, downBytes: 0 } as const;
    const bytes = encodeDown(pong).byteLength;
    await this.#send(link, { ...pong, downBytes: this.#downBytes + bytes });
  }

  async #fail(link: SocketLink, sequence: number, failure: Failure): Promise<void> {
    if (failure.code === "bad-frame") return this.end(failure);
    if (failure.code === "stopped" && this.#link !== link) return;
    this.#services.meters.refusals.inc({ code: failure.code });
    await this.#send(link, { kind: "failure", sequence, failure });
  }

  /** Only to the socket that asked: one that took over has asked nothing yet. */
  async #send(link: SocketLink, message: DownMessage): Promise<void> {
    if (this.#link !== link || !link.open) return;
    const frame = encodeDown(message);
    this.#count("down", frame.byteLength);
    await link.send(frame);
  }

  #count(direction: "up" | "down", bytes: number): void {
    if (direction === "up") this.#upBytes += bytes;
    else this.#downBytes += bytes;
    this.#services.meters.bytes.inc({ direction }, bytes);
  }

  /** Ends the stream under way and drops what waits. */
  #abandon(): void {
    this.#stream?.abort.abort();
    this.#stream = null;
    this.seat.cancel();
  }
}

/** What is waited for at the hops behind is no computing of this one's. */
const togetherOf = (own: EdgeTiming, further: Forwarded["further"]): EdgeTiming => ({
  queueUs: further.reduce((sum, { linkUs, queueUs }) => sum + linkUs + queueUs, own.queueUs),
  computeUs: further.reduce((sum, { computeUs }) => sum + computeUs, own.computeUs),
});

const strayed = (session: number): Failure => ({
  code: "bad-frame",
  what: `session ${session} where this socket has opened one alone`,
  offset: offsetOf("session"),
});

/** Null for what the edge asks for itself. */
function replyOf(outcome: Outcome) {
  if (outcome.kind === "drafted" || outcome.kind === "decoded") return null;
  if (outcome.kind === "opened" || outcome.kind === "verdicts") return null;
  return outcome.kind === "token" ? { ...outcome, finish: "none" as const } : outcome;
}
