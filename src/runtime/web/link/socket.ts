/**
 * The browser's WebSocket as the engine's socket. Browsers do not say why a connection failed, on
 * purpose; what can be told apart is said. Twin: runtime/node/link/socket.ts.
 */
import { fail } from "#core/run/failure.ts";
import { COMING_BACK, type ConnectSocket } from "#engine/link/link-ports.ts";

export const connectWebSocket: ConnectSocket = (url, subprotocol, listener) => {
  const socket = open(url, subprotocol);
  socket.binaryType = "arraybuffer";
  let opened = false;
  socket.onopen = () => {
    opened = true;
    listener.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
    listener.message(typeof data === "string" ? data : new Uint8Array(data));
  socket.onclose = (event) => listener.closed(whyClosed(event, opened), event.wasClean);
  return {
    // A Uint8Array handed over here is never over shared memory: frames are built in plain buffers.
    send: (data) => socket.send(data as string | Uint8Array<ArrayBuffer>),
    close: (comingBack) => socket.close(comingBack ? COMING_BACK : 1000),
  };
};

function open(url: string, subprotocol: string): WebSocket {
  try {
    return new WebSocket(url, subprotocol);
  } catch (thrown) {
    // An https page may not open ws: to another machine, and says so by throwing.
    if (thrown instanceof DOMException && thrown.name === "SecurityError") return fail({ code: "mixed-content", url });
    throw thrown;
  }
}

function whyClosed(event: CloseEvent, opened: boolean): string {
  if (event.reason !== "") return event.reason;
  if (!opened) return "the connection could not be opened";
  return event.wasClean ? `the edge server closed the connection (${String(event.code)})` : "the connection broke";
}
