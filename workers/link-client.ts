/** Until the link worker: the socket channel in this worker. */
import { socketChannel } from "#engine/socket-channel.ts";
import type { EdgeLink, LinkNotice } from "#engine/world.ts";
import { webClock, webTimer } from "#web/clock.ts";
import { connectWebSocket } from "#web/socket.ts";

export const openLink = async (url: string, onNotice: (notice: LinkNotice) => void): Promise<EdgeLink> =>
  socketChannel(url, { connect: connectWebSocket, clock: webClock, timer: webTimer, onNotice });
