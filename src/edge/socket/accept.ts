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

export function acceptSocket(
  { socket, connection, peer, objection }: NewSocket,
  { sessions, meters, log, heartbeatMs, helloTimeoutMs }: SocketServices,
): void {
  const link = new SocketLink(socket);
  const known = boundUnknown(connection);
  let session: ClientSession | null = null;
  let greeted = false;
  const stopBeating = link.keepAlive(heartbeatMs);
  const turnAway = (failure: Failure): void => {
    if (!link.open) return; // it has been told
    meters.refusals.inc({ code: failure.code });
    log.info({ code: failure.code }, "session refused");
    link.refuse(failure);
  };
  const contain = (thrown: unknown): void => {
    meters.faults.inc({ where: "socket" });
    log.error(errorFields(thrown), "a fault in a session");
    const failure = failureOf(thrown, "a session");
    if (session?.holds(link)) void session.end(failure, CLOSE.internal);
    else link.refuse(failure, CLOSE.internal);
  };
  const late = setTimeout(
    () => turnAway({ code: "bad-frame", what: `no hello within ${helloTimeoutMs} ms`, offset: null }),
    helloTimeoutMs,
  );

  const greet = async (data: RawData, isBinary: boolean): Promise<void> => {
    clearTimeout(late);
    const hello = parseHello(isBinary ? "" : textOf(data));
    if (!hello.ok) return turnAway(hello.failure);
    socket.pause(); // nothing is read before there is a session to read it
    const admitted = await sessions.admit(hello.value, peer);
    socket.resume();
    if (!admitted.ok) return turnAway(admitted.failure);
    known();
    session = admitted.value.session;
    if (link.open) session.attach(link, bytesOf(data).byteLength, admitted.value.welcome);
    else if (hello.value.resume === null) await session.end(null); // nobody ever learnt its id
  };

  socket.on("error", () => socket.terminate()); // a broken frame at the WebSocket layer, a reset, too large a message
  socket.on("close", (code) => {
    clearTimeout(late);
    stopBeating();
    if (session !== null) leave(session, link, code);
  });
  if (objection !== null) return turnAway(objection);
  socket.on("message", (data, isBinary) => {
    const first = !greeted;
    greeted = true;
    if (first) greet(data, isBinary).catch(contain);
    else if (session === null) turnAway({ code: "bad-frame", what: "a message before the welcome", offset: null });
    else if (!isBinary && session.holds(link))
      void session.end({ code: "bad-frame", what: "a text message after the hello", offset: null });
    else if (isBinary) session.receive(link, bytesOf(data)).catch(contain);
  });
}

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
