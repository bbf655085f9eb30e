/**
 * The link worker: sockets, shaper and their timers, away from compute, so that a delay of 2 ms is
 * one of 2 ms while the device worker runs a step. Wiring only; made by the device worker.
 */
import { socketChannel } from "#engine/link/socket-channel.ts";
import { webTimer } from "#web/host/clock.ts";
import { serveLinks, type Port } from "#web/link/link-port.ts";
import { onOnline } from "#web/link/online.ts";
import { connectWebSocket } from "#web/link/socket.ts";

// A worker's global is a port to whoever made it; TypeScript's DOM library describes windows only.
const page = globalThis as unknown as Port;

serveLinks(
  page,
  (url, clock, onNotice) =>
    socketChannel(url, { connect: connectWebSocket, clock, timer: webTimer, onNotice, onOnline }),
  webTimer,
);
