/** The ws package's client as the engine's socket. Twin: runtime/web/link/socket.ts. */
import { WebSocket, type RawData } from "ws";
import { COMING_BACK, type ConnectSocket } from "#engine/link/link-ports.ts";

/** The code of a close of which the peer has said nothing (RFC 6455, 7.1.5). */
const NO_HANDSHAKE = 1006;

/** As large as any edge server takes; what is larger ends the socket. */
const MESSAGE_BYTES_MOST = 64 * 1024 * 1024;

export const connectNodeSocket: ConnectSocket = (url, subprotocol, listener) => {
  const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MOST });
  let why: string | null = null;
  socket.on("open", () => listener.opened());
  socket.on("message", (data: RawData, isBinary: boolean) =>
    listener.message(isBinary ? plain(bytesOf(data)) : bytesOf(data).toString()),
  );
  socket.on("error", (error) => (why = error.message));
  socket.on("close", (code, reason) =>
    listener.closed(
      why ?? (reason.length > 0 ? reason.toString() : `the edge server closed the connection (${code})`),
      code !== NO_HANDSHAKE,
    ),
  );
  return { send: (data) => socket.send(data), close: (comingBack) => socket.close(comingBack ? COMING_BACK : 1000) };
};

/** One message's bytes; ws hands over a Buffer, an ArrayBuffer or fragments. */
const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;

/** Not as a Buffer: its `slice` does not copy, on which readers of payloads rely. */
const plain = ({ buffer, byteOffset, byteLength }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
