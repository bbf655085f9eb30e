/**
 * One WebSocket as the session uses it: sends with backpressure, a heartbeat that notices a peer
 * which is silently gone, and an end that says why first.
 */
import type { WebSocket } from "ws";
import type { Failure } from "#core/run/failure.ts";
import { writeHandshake } from "#wire/hello.ts";
import type { Welcome } from "#wire/messages.ts";

/** Above this much unsent, nothing more is read from the peer until it has taken what it asked for. */
const HIGH_WATER_BYTES = 4 << 20;

/** A peer that takes less than this is taken for gone (256 kbit/s, slower than any preset), and however much it owes, after this long. */
const SLOWEST_BYTES_PER_MS = 32;
const GRACE_MOST_MS = 300_000;

/** Close codes that this server gives. */
export const CLOSE = { refused: 1008, internal: 1011, restarting: 1012 } as const;

/** Closed by the client: done, leaving the page, or without a code. Anything else was a drop, to be resumed. */
export const closedOnPurpose = (code: number): boolean => code === 1000 || code === 1001 || code === 1005;

export class SocketLink {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Resolves at once while the peer keeps up, else when it has caught up or is gone. */
  async send(frame: Uint8Array): Promise<void> {
    if (!this.open) return;
    const written = new Promise<void>((resolve) => this.#socket.send(frame, () => resolve()));
    if (this.#socket.bufferedAmount <= HIGH_WATER_BYTES) return;
    this.#socket.pause();
    await written;
    if (this.#socket.bufferedAmount <= HIGH_WATER_BYTES) this.#socket.resume();
  }

  /** Returns the bytes of the message. */
  welcome(welcome: Welcome): number {
    const text = Buffer.from(writeHandshake(welcome));
    if (this.open) this.#socket.send(text, { binary: false });
    return text.byteLength;
  }

  /** Says why, then closes. */
  refuse(failure: Failure, code: number = CLOSE.refused): void {
    if (this.open) this.#socket.send(writeHandshake({ kind: "refusal", failure }));
    this.#socket.close(code, failure.code);
  }

  /**
   * Ends the socket when a ping goes unanswered for a whole interval, or for as long as a slow peer
   * may take for what it has been sent. Nothing is held against it while nothing is read from it for
   * our own reasons. Returns what stops it.
   */
  keepAlive(everyMs: number): () => void {
    let answered = true;
    let pingedMs = 0;
    let owedMost = 0; // bytes
    this.#socket.on("pong", () => {
      answered = true;
    });
    const beat = setInterval(() => {
      const owed = this.#socket.bufferedAmount;
      const nowMs = performance.now();
      if (answered) {
        if (this.open) this.#socket.ping();
        answered = false;
        pingedMs = nowMs;
        owedMost = owed;
        return;
      }
      owedMost = Math.max(owedMost, owed);
      const graceMs = Math.min(GRACE_MOST_MS, owedMost / SLOWEST_BYTES_PER_MS);
      if (this.#socket.isPaused && owed === 0) pingedMs = nowMs + everyMs;
      else if (nowMs - pingedMs >= 0.9 * everyMs + graceMs) this.#socket.terminate();
    }, everyMs);
    beat.unref();
    return () => clearInterval(beat);
  }
}
