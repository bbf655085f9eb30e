/**
 * A server between the page and an edge server that passes everything on and keeps what it saw:
 * every HTTP request and every WebSocket message, unmasked. It can also break the link on purpose.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

export interface TappedMessage {
  readonly binary: boolean;
  readonly bytes: Buffer;
}

export interface Tap {
  readonly url: string;
  /** What the page sent over WebSockets. */
  readonly up: readonly TappedMessage[];
  readonly down: readonly TappedMessage[];
  /** Method, path and query, headers and body of each HTTP request. */
  readonly requests: readonly string[];
  /** How many session sockets were opened. */
  readonly sockets: number;
  forget(): void;
  /** Destroys every session socket, as a lost network does, once so many more messages have come down: in the middle of an answer, however fast. Resolves to the sockets opened till then. */
  cutLinkAfter(messages: number): Promise<number>;
  /** Cuts the link by itself once so many messages came down on one socket; null never. */
  cutAfter(messages: number | null): void;
  close(): Promise<void>;
}

export async function openTap(port: number, target: string): Promise<Tap> {
  const up: TappedMessage[] = [];
  const down: TappedMessage[] = [];
  const requests: string[] = [];
  const open = new Set<WebSocket>();
  let sockets = 0;
  let limit: number | null = null;
  let cutAsked: { left: number; readonly done: (socketsBefore: number) => void } | null = null;

  const cutAll = (done: (socketsBefore: number) => void): void => {
    cutAsked = null;
    for (const socket of open) socket.terminate();
    done(sockets);
  };

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const chunks: Buffer[] = [];
    const onward = request(
      new URL(incoming.url ?? "/", target),
      { method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.writeHead(502).end());
    incoming.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      onward.write(chunk);
    });
    incoming.on("end", () => {
      requests.push(
        `${incoming.method ?? ""} ${incoming.url ?? ""}\n${JSON.stringify(incoming.headers)}\n${Buffer.concat(chunks).toString("latin1")}`,
      );
      onward.end();
    });
  };

  const server = createServer(forward);
  const acceptor = new WebSocketServer({
    server,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  acceptor.on("connection", (near, incoming) => {
    sockets += 1;
    const far = new WebSocket(
      new URL(incoming.url ?? "/", target.replace(/^http/, "ws")),
      near.protocol === "" ? [] : [near.protocol],
      {
        perMessageDeflate: false,
        headers: incoming.headers.origin === undefined ? {} : { origin: new URL(target).origin },
      },
    );
    let received = 0;
    const waiting: TappedMessage[] = [];
    open.add(near);
    near.on("message", (bytes: Buffer, binary) => {
      const message = { binary, bytes: Buffer.from(bytes) };
      up.push(message);
      if (far.readyState === WebSocket.OPEN) far.send(bytes, { binary });
      else waiting.push(message);
    });
    far.on("open", () => waiting.splice(0).forEach(({ bytes, binary }) => far.send(bytes, { binary })));
    far.on("message", (bytes: Buffer, binary) => {
      down.push({ binary, bytes: Buffer.from(bytes) });
      near.send(bytes, { binary });
      received += 1;
      if (limit !== null && received >= limit) drop();
      if (cutAsked !== null && --cutAsked.left === 0) cutAll(cutAsked.done);
    });
    const drop = (): void => {
      near.terminate();
      far.terminate();
    };
    near.on("close", () => {
      open.delete(near);
      far.terminate();
    });
    far.on("close", (code, reason) => {
      if (near.readyState === WebSocket.OPEN) near.close(code >= 1000 && code <= 1003 ? code : 1011, reason);
    });
    far.on("error", () => near.terminate());
    near.on("error", () => far.terminate());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${port}/`,
    up,
    down,
    requests,
    get sockets() {
      return sockets;
    },
    forget() {
      for (const list of [up, down, requests]) list.length = 0;
    },
    cutLinkAfter: (messages) => new Promise((done) => (cutAsked = { left: messages, done })),
    cutAfter(messages) {
      limit = messages;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.terminate();
        acceptor.close();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
