/**
 * From an upgraded connection to a session: one hello as text, answered by a welcome or a coded
 * refusal, then binary frames. Whatever goes wrong here costs this one socket.
 */
import type { Duplex } from "node:stream";
import type { WebSocket, RawData } from "ws";
import { WIRE_VERSION } from "#wire/messages.ts";
import { parseHello } from "#wire/hello.ts";
import { failureOf, type Failure } from "#core/run/failure.ts";
import { errorFields, type Log } from "../status/log.ts";
import type { Meters } from "../status/meters.ts";
import { relayTo, type Relay } from "./relay.ts";
import { CLOSE, closedOnPurpose, SocketLink } from "./link.ts";
import type { ClientSession } from "./client-session.ts";
import type { Sessions } from "./sessions.ts";

export interface SocketServices {
  readonly sessions: Sessions;
  readonly meters: Meters;
  readonly log: Log;
  readonly heartbeatMs: number;
  readonly helloTimeoutMs: number;
}

/** What a socket may send before it has a session: a hello is a few hundred bytes. */
const UNKNOWN_MOST_BYTES = 64 << 10;

export interface NewSocket {
  readonly socket: WebSocket;
  /** What the socket runs on. */
  readonly connection: Duplex;
  /** From where: null where that does not tell clients apart. */
  readonly peer: string | null;
  /** What already speaks against it: the name it came under, its origin, its protocol. */
  readonly objection: Failure | null;
}

export function acceptSocket(arrived: NewSocket, services: SocketServices): void {
  new Reception(arrived, services).listen();
}

/** One socket from its first message on: a stranger until its hello is answered. */
class Reception {
  readonly #arrived: NewSocket;
  readonly #services: SocketServices;
  readonly #link: SocketLink;
  readonly #liftBound: () => void;
  readonly #stopBeating: () => void;
  readonly #late: NodeJS.Timeout;
  #session: ClientSession | null = null;
  /** The session is another server's. */
  #relay: Relay | null = null;
  #greeted = false;

  constructor(arrived: NewSocket, services: SocketServices) {
    this.#arrived = arrived;
    this.#services = services;
    this.#link = new SocketLink(arrived.socket);
    this.#liftBound = boundUnknown(arrived.connection);
    this.#stopBeating = this.#link.keepAlive(services.heartbeatMs);
    const { helloTimeoutMs } = services;
    this.#late = setTimeout(() => this.#turnAway(badFrame(`no hello within ${helloTimeoutMs} ms`)), helloTimeoutMs);
  }

  listen(): void {
    const { socket, objection } = this.#arrived;
    socket.on("error", () => socket.terminate()); // a broken frame at the WebSocket layer, a reset, too large a message
    socket.on("close", (code) => this.#closed(code));
    if (objection !== null) return this.#turnAway(objection);
    socket.on("message", (data, isBinary) => this.#hear(data, isBinary));
  }

  #hear(data: RawData, isBinary: boolean): void {
    const session = this.#session;
    if (!this.#greeted) {
      this.#greeted = true;
      this.#greet(data, isBinary).catch(this.#contain);
    } else if (this.#relay !== null) this.#relay.pass(data, isBinary);
    else if (session === null) this.#turnAway(badFrame("a message before the welcome"));
    else if (isBinary) session.receive(this.#link, bytesOf(data)).catch(this.#contain);
    else if (session.holds(this.#link)) void session.end(badFrame("a text message after the hello"));
  }

  async #greet(data: RawData, isBinary: boolean): Promise<void> {
    const { socket, peer } = this.#arrived;
    clearTimeout(this.#late);
    const hello = parseHello(isBinary ? "" : textOf(data));
    if (!hello.ok) return this.#turnAway(hello.failure);
    socket.pause(); // nothing is read before there is a session to read it
    const admitted = await this.#services.sessions.admit(hello.value, peer);
    const there = admitted.ok ? admitted.value : null;
    if (there?.elsewhere !== undefined) return this.#passOn(there.elsewhere, textOf(data));
    socket.resume();
    if (!admitted.ok) return this.#turnAway(admitted.failure);
    if (there === null) return;
    const { session, welcome } = there;
    this.#liftBound();
    this.#session = session;
    if (this.#link.open) session.attach(this.#link, bytesOf(data).byteLength, welcome);
    else if (hello.value.resume === null) await session.end(null); // nobody ever learnt its id
  }

  /** Nothing is read before the other server is there to take it. */
  #passOn(url: string, text: string): void {
    const { socket } = this.#arrived;
    this.#liftBound();
    this.#services.log.info({ to: url }, "a session is at another server");
    const lost = (): Failure => ({
      code: "session-lost",
      session: "",
      why: "the server behind this address that had it does not answer",
    });
    this.#relay = relayTo(socket, url, text, {
      open: () => socket.resume(),
      unreached: () => {
        this.#relay = null;
        this.#turnAway(lost());
      },
    });
  }

  #turnAway(failure: Failure): void {
    const { meters, log } = this.#services;
    if (!this.#link.open) return; // it has been told
    meters.refusals.inc({ code: failure.code });
    log.info({ code: failure.code }, "session refused");
    this.#link.refuse(failure);
  }

  readonly #contain = (thrown: unknown): void => {
    const { meters, log } = this.#services;
    meters.faults.inc({ where: "socket" });
    log.error(errorFields(thrown), "a fault in a session");
    const failure = failureOf(thrown, "a session");
    if (this.#session?.holds(this.#link)) void this.#session.end(failure, CLOSE.internal);
    else this.#link.refuse(failure, CLOSE.internal);
  };

  #closed(code: number): void {
    clearTimeout(this.#late);
    this.#stopBeating();
    this.#relay?.close(code);
    if (this.#session !== null) leave(this.#session, this.#link, code);
  }
}

const badFrame = (what: string): Failure => ({ code: "bad-frame", what, offset: null });

/** Ends a connection that says more than a stranger may; what is returned lifts the bound. */
function boundUnknown(connection: Duplex): () => void {
  let bytes = 0;
  const weigh = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
    if (bytes > UNKNOWN_MOST_BYTES) connection.destroy();
  };
  connection.on("data", weigh);
  return () => connection.off("data", weigh);
}

/** A clean end gives the seat back at once; a drop leaves it to be resumed. */
function leave(session: ClientSession, link: SocketLink, code: number): void {
  if (!session.holds(link)) return;
  if (closedOnPurpose(code)) void session.end(null);
  else session.detach(link);
}

/** As a plain view: a Buffer's own `slice` does not copy, and what is sent to the compute must be a copy. */
function bytesOf(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const { buffer, byteOffset, byteLength } = Array.isArray(data) ? Buffer.concat(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const textOf = (data: RawData): string => Buffer.from(bytesOf(data)).toString("utf8");

/** What speaks against a client that offers these subprotocols. */
export function protocolObjection(offered: readonly string[], ours: string): Failure | null {
  return offered.includes(ours)
    ? null
    : {
        code: "protocol-mismatch",
        page: offered.join(", ") || "no subprotocol",
        edge: `${ours} (wire ${WIRE_VERSION})`,
      };
}
