/**
 * The way to an edge on this very machine. Elsewhere a link lives in a worker of its own, so that
 * what the shaper holds back is delivered in time while this worker computes; but each crossing
 * between the workers costs a token some tenths of a millisecond, which is more than the loopback
 * takes. So where nothing is shaped, and nobody computes here while an answer is on its way, the
 * session's socket is opened in this worker; every other session of the same link is opened there.
 * A link that is shaped only later is shaped here too.
 */
import { PATIENCE, type Patience } from "#engine/link/socket-connection.ts";
import type { Hello } from "#wire/messages.ts";
import type { CancelSignal, EdgeSession } from "#engine/ports.ts";
import type { EdgeLink, LinkReport, LinkSetting } from "#engine/link/edge-link.ts";

/** A step that takes long keeps this worker from hearing its socket: that is no sign that the edge is gone. */
export const NEAR_PATIENCE: Patience = { ...PATIENCE, heartbeatMs: 60_000 };

const isShaped = ({ figures, trace }: LinkSetting): boolean => figures !== null || trace !== null;
/** The device goes on drafting while a window is judged. */
const drafts = ({ verify, draft }: Hello): boolean => verify !== null && draft === null;

export function nearLink(near: EdgeLink, far: EdgeLink): EdgeLink {
  let shaped = false;
  let used = far;
  return {
    url: far.url,
    open(hello: Hello, signal?: CancelSignal): Promise<EdgeSession> {
      used = shaped || drafts(hello) ? far : near;
      return used.open(hello, signal);
    },
    async shape(setting: LinkSetting): Promise<void> {
      shaped = isShaped(setting);
      await Promise.all([near.shape(setting), far.shape(setting)]);
    },
    report: (): Promise<LinkReport> => used.report(),
    async close(): Promise<void> {
      await Promise.all([near.close(), far.close()]);
    },
  };
}
