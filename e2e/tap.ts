/**
 * A server between the page and an edge server that passes everything on and keeps what it saw:
 * every HTTP request and every WebSocket message, unmasked. It can also break the link on purpose.
 */
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from "node:http";
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
  const tap = new ListeningTap(port, target);
  await tap.listen();
  return tap;
}

class ListeningTap implements Tap {
  readonly url: string;
  readonly up: TappedMessage[] = [];
  readonly down: TappedMessage[] = [];
  readonly requests: string[] = [];
  sockets = 0;
  readonly #port: number;
  readonly #target: string;
  readonly #server: Server;
  readonly #acceptor: WebSocketServer;
  readonly #open = new Set<WebSocket>();
  #limit: number | null = null;
  #cutAsked: { left: number; readonly done: (socketsBefore: number) => void } | null = null;

  constructor(port: number, target: string) {
    this.#port = port;
    this.#target = target;
    this.url = `http://127.0.0.1:${port}/`;
    this.#server = createServer(forwarding(target, (seen) => this.requests.push(seen)));
    this.#acceptor = new WebSocketServer({
      server: this.#server,
      perMessageDeflate: false,
      handleProtocols: (offered) => [...offered][0] ?? false,
    });
    this.#acceptor.on("connection", (near, incoming) => this.#accept(near, incoming));
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#server.once("error", reject).listen(this.#port, "127.0.0.1", resolve),
    );
  }

  forget(): void {
    for (const list of [this.up, this.down, this.requests]) list.length = 0;
  }

  cutLinkAfter(messages: number): Promise<number> {
    return new Promise((done) => (this.#cutAsked = { left: messages, done }));
  }

  cutAfter(messages: number | null): void {
    this.#limit = messages;
  }

  close(): Promise<void> {
    for (const socket of this.#open) socket.terminate();
    this.#acceptor.close();
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  #accept(near: WebSocket, incoming: IncomingMessage): void {
    this.sockets += 1;
    this.#open.add(near);
    near.on("close", () => this.#open.delete(near));
    const far = farSocket(near, incoming, this.#target);
    let received = 0;
    join(near, far, {
      up: (message) => this.up.push(message),
      down: (message) => {
        this.down.push(message);
        received += 1;
        if (this.#limit !== null && received >= this.#limit) {
          near.terminate();
          far.terminate();
        }
        if (this.#cutAsked !== null && --this.#cutAsked.left === 0) this.#cutAll(this.#cutAsked.done);
      },
    });
  }

  #cutAll(done: (socketsBefore: number) => void): void {
    this.#cutAsked = null;
    for (const socket of this.#open) socket.terminate();
    done(this.sockets);
  }
}

/** Every request goes to the target as it came; `onRequest` is told it whole. */
const forwarding =
  (target: string, onRequest: (request: string) => void): RequestListener =>
  (incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const chunks: Buffer[] = [];
    const onward = request(
      new URL(incoming.url ?? "/", target),
      { method: incoming.method, headers: { ...headers, host: new URL(target).host } },
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
      onRequest(`${method} ${url}\n${JSON.stringify(headers)}\n${Buffer.concat(chunks).toString("latin1")}`);
      onward.end();
    });
  };

/** Under the target's own origin, where the page says one. */
function farSocket(near: WebSocket, { url, headers }: IncomingMessage, target: string): WebSocket {
  return new WebSocket(
    new URL(url ?? "/", target.replace(/^http/, "ws")),
    near.protocol === "" ? [] : [near.protocol],
    { perMessageDeflate: false, headers: headers.origin === undefined ? {} : { origin: new URL(target).origin } },
  );
}

type Heard = (message: TappedMessage) => void;

/** What comes from either end goes to the other, and the end of one is the end of both. */
function join(near: WebSocket, far: WebSocket, heard: { readonly up: Heard; readonly down: Heard }): void {
  const waiting: TappedMessage[] = [];
  near.on("message", (bytes: Buffer, binary) => {
    const message = { binary, bytes: Buffer.from(bytes) };
    heard.up(message);
    if (far.readyState === WebSocket.OPEN) far.send(bytes, { binary });
    else waiting.push(message);
  });
  far.on("open", () => waiting.splice(0).forEach(({ bytes, binary }) => far.send(bytes, { binary })));
  far.on("message", (bytes: Buffer, binary) => {
    near.send(bytes, { binary });
    heard.down({ binary, bytes: Buffer.from(bytes) });
  });
  near.on("close", () => far.terminate());
  far.on("close", (code, reason) => {
    if (near.readyState === WebSocket.OPEN) near.close(code >= 1000 && code <= 1003 ? code : 1011, reason);
  });
  far.on("error", () => near.terminate());
  near.on("error", () => far.terminate());
}
