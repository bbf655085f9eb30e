/**
 * One socket from connecting to its close: handshake, frames through the shaper, traces, heartbeat.
 * It knows nothing of questions and answers; `socket-session.ts` outlives it and makes the next one.
 * Invariant: once it is closed or dropped nothing is delivered any more, also what the shaper still
 * held back, so that asking again over the next socket cannot be answered twice.
 */
import { Failed, fail, failureOf, type Failure } from "#core/run/failure.ts";
import { downCode } from "#core/frames/message-table.ts";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import type { FrameTrace } from "#core/run/worker-api.ts";
import { decodeDown, encodeUp } from "#wire/frames.ts";
import { parseAnswer, writeHandshake } from "#wire/hello.ts";
import { SUBPROTOCOL, type DownMessage, type Hello, type UpMessage, type Welcome } from "#wire/messages.ts";
import { whenAborted } from "../cancellation.ts";
import type { ConnectSocket, Socket, Timer } from "./link-ports.ts";
import type { CancelSignal, Clock } from "../ports.ts";
import type { Shaper } from "./shaper.ts";
import type { LinkNotice } from "./edge-link.ts";

/** What all sockets of a channel share. */
export interface SocketSetting {
  /** Of the session socket: ws(s)://host/session. */
  readonly url: string;
  readonly connect: ConnectSocket;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly shaper: Shaper;
  readonly onNotice: (notice: LinkNotice) => void;
  readonly patience: Patience;
}

/** How long to wait for what. Times in ms. */
export interface Patience {
  readonly welcomeMs: number;
  /** As `welcomeMs`, when coming back to a session: somebody is waiting for an answer. */
  readonly returnMs: number;
  /** Between two signs of life; after two such times without one the socket counts as dead. */
  readonly heartbeatMs: number;
  /** Before each attempt to come back; after the last the edge is gone. */
  readonly retryDelaysMs: readonly number[];
}

export const PATIENCE: Patience = {
  welcomeMs: 20_000,
  returnMs: 4_000,
  heartbeatMs: 5_000,
  retryDelaysMs: [0, 100, 250, 500, 1_000, 2_000, 4_000],
};

/** A message that came down, and what its way took. */
export interface Delivery {
  readonly message: DownMessage;
  readonly bytes: number;
  readonly addedMs: number;
}

export interface Sent {
  readonly bytes: number;
  readonly addedMs: number;
}

export interface ConnectionEvents {
  delivered(delivery: Delivery): void;
  /** The socket is gone without our doing; `parting` is what the edge said before it closed. */
  dropped(why: string, parting: Failure | null): void;
  /** We ended it for good, and it broke before the edge had heard so. */
  unheard(): void;
}

/** Pings of the connection's own carry sequences that no question has. */
const PING_SEQUENCES = 2 ** 31;
const PINGS = 3;
const NO_PAYLOAD = new Uint8Array(0);

export class Connection {
  /** The smallest of a few unshaped pings; null until the first is back. */
  realRttMs: number | null = null;
  readonly #setting: SocketSetting;
  readonly #events: ConnectionEvents;
  #socket: Socket | null = null;
  #parting: Failure | null = null;
  #heardAtMs: number;
  #pings = 0;
  readonly #pongs = new Map<number, () => void>();
  #stopHeartbeat: () => void = () => undefined;
  #welcome: ((text: string) => void) | null = null;
  #welcomed = false;
  #over = false;
  /** Closed for good, after a welcome. */
  #ended = false;

  private constructor(setting: SocketSetting, events: ConnectionEvents) {
    this.#setting = setting;
    this.#events = events;
    this.#heardAtMs = setting.clock.now();
  }

  /** Throws Failed: edge-unreachable, stopped, protocol-mismatch, and what the edge refuses with. */
  static async open(
    setting: SocketSetting,
    hello: Hello,
    events: ConnectionEvents,
    signal?: CancelSignal,
  ): Promise<{ readonly connection: Connection; readonly welcome: Welcome }> {
    if (signal?.aborted === true) fail({ code: "stopped" });
    const connection = new Connection(setting, events);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        stopWaiting();
        unsubscribe();
        connection.#welcome = null;
      };
      const giveUp = (failure: Failure): void => {
        settle();
        connection.close();
        reject(new Failed(failure));
      };
      const stopWaiting = setting.timer.after(
        hello.resume === null ? setting.patience.welcomeMs : setting.patience.returnMs,
        () => giveUp({ code: "edge-unreachable", url: setting.url, why: "it did not answer" }),
      );
      const unsubscribe = whenAborted(signal, () => giveUp({ code: "stopped" }));
      connection.#welcome = (text) => {
        const answer = parseAnswer(text);
        if (!answer.ok) return giveUp(answer.failure);
        if (answer.value.kind === "refusal") return giveUp(answer.value.failure);
        settle();
        connection.#welcomed = true;
        connection.#startHeartbeat();
        resolve({ connection, welcome: answer.value });
      };
      try {
        connection.#connect(hello, giveUp);
      } catch (thrown) {
        giveUp(failureOf(thrown, "connect"));
      }
    });
  }

  /** Pings go past the shaper: they are there to measure the real link. */
  send(message: UpMessage, onSent: (sent: Sent) => void): void {
    const frame = encodeUp(message);
    if (message.kind === "ping") {
      this.#transmit(frame);
      onSent({ bytes: frame.byteLength, addedMs: 0 });
      return;
    }
    this.#setting.shaper.pass("up", frame.byteLength, (addedMs) => {
      if (this.#over) return;
      this.#transmit(frame);
      onSent({ bytes: frame.byteLength, addedMs });
    });
  }

  /** Round trips of the bare link, taken one after the other. */
  async measure(): Promise<void> {
    for (let count = 0; count < PINGS && !this.#over; count++) {
      const from = this.#setting.clock.now();
      await this.#ping();
      const tookMs = this.#setting.clock.now() - from;
      if (!this.#over) this.realRttMs = Math.min(this.realRttMs ?? tookMs, tookMs);
    }
  }

  /** `comingBack` says that the session goes on over another socket. */
  close(comingBack = false): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended = this.#welcomed && !comingBack;
    this.#stopHeartbeat();
    for (const answered of this.#pongs.values()) answered();
    this.#pongs.clear();
    this.#socket?.close(comingBack);
  }

  #connect(hello: Hello, giveUp: (failure: Failure) => void): void {
    const { connect, url, shaper } = this.#setting;
    const text = writeHandshake(hello);
    this.#socket = connect(url, SUBPROTOCOL, {
      opened: () => shaper.pass("up", utf8Length(text), () => this.#over || this.#transmit(text)),
      message: (data) => this.#arrived(data),
      closed: (why, heard) => {
        if (this.#ended && !heard) return this.#events.unheard();
        // The shaper may still hold the edge's answer: the end of the socket must not overtake it.
        if (this.#welcome !== null)
          shaper.pass(
            "down",
            0,
            () => this.#welcome !== null && giveUp(this.#parting ?? { code: "edge-unreachable", url, why }),
          );
        else this.#drop(why);
      },
    });
  }

  #transmit(data: string | Uint8Array): void {
    this.#socket?.send(data);
    this.#trace("up", data, null);
  }

  #arrived(data: string | Uint8Array): void {
    if (this.#over) return;
    this.#heardAtMs = this.#setting.clock.now();
    if (typeof data === "string") this.#textArrived(data);
    else this.#frameArrived(data);
  }

  #textArrived(text: string): void {
    this.#trace("down", text, null);
    if (this.#welcome !== null) {
      this.#setting.shaper.pass("down", utf8Length(text), () => this.#welcome?.(text));
      return;
    }
    const answer = parseAnswer(text);
    if (answer.ok && answer.value.kind === "refusal") this.#parting = answer.value.failure;
  }

  #frameArrived(frame: Uint8Array): void {
    const decoded = decodeDown(frame);
    const message = decoded.ok ? decoded.value : null;
    this.#trace(
      "down",
      frame,
      message?.kind === "pong" ? { upBytes: message.upBytes, downBytes: message.downBytes } : null,
    );
    if (!decoded.ok) {
      this.#parting = decoded.failure;
      this.#drop("the edge sent a frame that cannot be read");
      return;
    }
    const deliver = (addedMs: number): void => {
      if (!this.#over) this.#deliver({ message: decoded.value, bytes: frame.byteLength, addedMs });
    };
    if (frame[0] === downCode("pong")) deliver(0);
    else this.#setting.shaper.pass("down", frame.byteLength, deliver);
  }

  #deliver(delivery: Delivery): void {
    const answered = this.#pongs.get(delivery.message.sequence);
    if (answered === undefined) {
      this.#events.delivered(delivery);
      return;
    }
    this.#pongs.delete(delivery.message.sequence);
    answered();
  }

  #ping(): Promise<void> {
    return new Promise((resolve) => {
      const sequence = PING_SEQUENCES + this.#pings++;
      this.#pongs.set(sequence, resolve);
      this.send({ kind: "ping", sequence, payload: NO_PAYLOAD }, () => undefined);
    });
  }

  #startHeartbeat(): void {
    const { timer, clock, patience } = this.#setting;
    const beat = (): void => {
      const silentMs = clock.now() - this.#heardAtMs;
      if (silentMs > 2 * patience.heartbeatMs) return this.#drop("it stopped answering");
      if (silentMs >= patience.heartbeatMs * 0.9) void this.#ping();
      this.#stopHeartbeat = timer.after(patience.heartbeatMs, beat);
    };
    this.#stopHeartbeat = timer.after(patience.heartbeatMs, beat);
  }

  #drop(why: string): void {
    if (this.#over) return;
    this.close(true);
    this.#events.dropped(why, this.#parting);
  }

  #trace(direction: "up" | "down", data: string | Uint8Array, edgeCount: FrameTrace["edgeCount"]): void {
    const bytes = typeof data === "string" ? utf8Length(data) : data.byteLength;
    const header = typeof data === "string" ? NO_PAYLOAD : data.slice(0, FRAME_HEADER_BYTES);
    const frame = {
      atMs: this.#setting.clock.now(),
      direction,
      bytes,
      header,
      payloadBytes: bytes - header.byteLength,
      edgeCount,
    };
    this.#setting.onNotice({ kind: "frame", frame });
  }
}

/** Bytes of a text as a WebSocket message carries it. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
