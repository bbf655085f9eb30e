/**
 * What a channel over a socket needs from its host, as little as fits a browser's WebSocket and
 * the ws package alike. Twins: runtime/web/link/socket.ts, runtime/node/link/socket.ts.
 */

/** An open or opening connection. After `close` its listener hears nothing more that matters but how it closed. */
export interface Socket {
  send(data: string | Uint8Array): void;
  /** With code 1000, or with `COMING_BACK` when the session goes on over another socket. */
  close(comingBack: boolean): void;
}

/** The close code of a client that means to resume: any but a normal closure keeps the session. */
export const COMING_BACK = 4000;

export interface SocketListener {
  opened(): void;
  /** Text as string, binary as bytes that belong to the listener. */
  message(data: string | Uint8Array): void;
  /** Exactly once, also when it never opened; `heard` where both sides had said that they end it. */
  closed(why: string, heard: boolean): void;
}

/** May throw Failed `mixed-content`; every other trouble is told by `closed`. */
export type ConnectSocket = (url: string, subprotocol: string, listener: SocketListener) => Socket;

/** Calls back whenever the host says that a network is there again; the result ends that. */
export type HearOnline = (back: () => void) => () => void;

/** Runs something later; the result calls it off. */
export interface Timer {
  after(delayMs: number, run: () => void): () => void;
}
