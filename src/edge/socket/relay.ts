/**
 * A client that comes back to a server which does not have its session, and whose session another server
 * behind the same address has: every message goes on to that one, and every answer back, unread. Ends when
 * either side does, with the code that it gave.
 */
import { WebSocket, type RawData } from "ws";
import { SUBPROTOCOL } from "#wire/messages.ts";

/** As a link between a tab and this server: see link.ts. */
const HIGH_WATER_BYTES = 4 << 20;
const REACHED_WITHIN_MS = 5_000;

export interface Relay {
  /** From the client. */
  pass(data: RawData, isBinary: boolean): void;
  /** The client has closed. */
  close(code: number): void;
}

export interface RelayEvents {
  /** The other server takes messages from now on. */
  readonly open: () => void;
  /** It was never reached. */
  readonly unreached: () => void;
}

/** `url` is the other server's; `hello` is the first message, as it came. */
export function relayTo(client: WebSocket, url: string, hello: string, events: RelayEvents): Relay {
  const server = new WebSocket(`${url.replace(/^http/, "ws").replace(/\/+$/, "")}/session`, SUBPROTOCOL, {
    perMessageDeflate: false,
    handshakeTimeout: REACHED_WITHIN_MS,
  });
  let reached = false;
  server.on("error", () => server.terminate());
  server.on("open", () => {
    reached = true;
    server.send(hello);
    events.open();
  });
  server.on("message", (data, isBinary) => sendOn(server, client, data, isBinary));
  server.on("close", (code) => (reached ? closeAs(client, code) : events.unreached()));
  return {
    pass: (data, isBinary) => sendOn(client, server, data, isBinary),
    close: (code) => closeAs(server, code),
  };
}

/** Nothing more is read from one side than the other takes. */
function sendOn(from: WebSocket, to: WebSocket, data: RawData, binary: boolean): void {
  if (to.readyState !== WebSocket.OPEN) return;
  to.send(data, { binary }, () => {
    if (to.bufferedAmount <= HIGH_WATER_BYTES && from.isPaused) from.resume();
  });
  if (to.bufferedAmount > HIGH_WATER_BYTES) from.pause();
}

/** Codes that say that a connection broke cannot be sent: it breaks here too. */
function closeAs(socket: WebSocket, code: number): void {
  if (code === 1005) socket.close();
  else if (code === 1004 || code === 1006 || code === 1015) socket.terminate();
  else socket.close(code);
}
