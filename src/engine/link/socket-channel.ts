/**
 * The way to an edge server over WebSockets, shaped: one socket a session, one link for all of
 * them. It runs where timers never wait for compute: in the tab's link worker, or directly in Node.
 */
import type { Failure } from "#core/run/failure.ts";
import type { Hello } from "#wire/messages.ts";
import type { ConnectSocket, HearOnline, Timer } from "./link-ports.ts";
import type { CancelSignal, Clock, EdgeSession } from "../ports.ts";
import { Losses } from "./open-again.ts";
import { LinkShaper } from "./shaper.ts";
import { PATIENCE, type Patience, type SocketSetting } from "./socket-connection.ts";
import { SocketSession } from "./socket-session.ts";
import type { EdgeLink, LinkNotice, LinkReport, LinkSetting } from "./edge-link.ts";

export interface SocketChannelPorts {
  readonly connect: ConnectSocket;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly onNotice: (notice: LinkNotice) => void;
  readonly patience?: Patience;
  readonly onOnline?: HearOnline;
}

/** `url` is the edge server's, http(s) or ws(s). */
export function socketChannel(
  url: string,
  { connect, clock, timer, onNotice, patience = PATIENCE, onOnline = () => () => undefined }: SocketChannelPorts,
): EdgeLink {
  const shaper = new LinkShaper(clock, timer);
  let { backOff } = patience;
  const ports = { connect, clock, timer, onNotice, patience, onOnline };
  const setting: SocketSetting = { url: sessionUrl(url), ...ports, shaper, backOff: () => backOff };
  const sessions = new Set<SocketSession>();
  let realRttMs: number | null = null;

  const losses = new Losses();

  async function open(hello: Hello, signal?: CancelSignal): Promise<EdgeSession> {
    const closed = (why: Failure): void => {
      sessions.delete(session);
      losses.note(why);
    };
    const once = (): Promise<SocketSession> => SocketSession.open(setting, hello, closed, signal);
    const session: SocketSession = await losses.replace(once, setting, signal);
    sessions.add(session);
    const measured = measure(session);
    if (shaper.shaping) await measured; // what is added is what the real link lacks
    return session;
  }

  async function measure(session: SocketSession): Promise<void> {
    await session.measure();
    realRttMs = leastOf(session.realRttMs, realRttMs);
    shaper.knowRealRtt(realRttMs);
  }

  return {
    url,
    open,
    shape: async (link: LinkSetting) => {
      backOff = { ...patience.backOff, forMs: link.reconnectMs ?? patience.backOff.forMs };
      shaper.shape(link);
    },
    report: async (): Promise<LinkReport> => ({ realRttMs, met: shaper.met(realRttMs) }),
    close: async () => {
      await Promise.all([...sessions].map((session) => session.close()));
      shaper.close();
    },
  };
}

const leastOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** http(s)://host/ or ws(s)://host/ as the address of the session socket. */
function sessionUrl(url: string): string {
  const base = url.replace(/^http/, "ws").replace(/\/+$/, "");
  return base.endsWith("/session") ? base : `${base}/session`;
}
