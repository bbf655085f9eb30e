/**
 * The far side of the link benchmark, in a network namespace of its own: a WebSocket server that
 * stamps what comes, and what it is asked to send, with its clock.
 *   node link-far.js PORT
 */
import { WebSocketServer, type RawData } from "ws";

const asText = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString() : "");

const server = new WebSocketServer(
  { port: Number(process.argv[2]), host: "0.0.0.0", perMessageDeflate: false, maxPayload: 1 << 26 },
  () => console.log("ready"),
);
server.on("connection", (socket) =>
  socket.on("message", (data: RawData, isBinary) => {
    if (isBinary || asText(data) === "clock") return socket.send(String(performance.now()));
    const asked = JSON.parse(asText(data)) as { readonly bytes: number; readonly count: number };
    for (let i = 0; i < asked.count; i++) {
      const message = Buffer.alloc(asked.bytes);
      message.writeDoubleLE(performance.now());
      socket.send(message);
    }
  }),
);
