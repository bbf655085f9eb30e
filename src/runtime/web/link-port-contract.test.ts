/** The channel's contract across a message port: what a link does, it does in another worker too. */
import { expect, test } from "vitest";
import { channelContract, type ChannelStage } from "#engine/contracts/channel-contract.ts";
import { socketChannel } from "#engine/socket-channel.ts";
import { LoopbackEdge } from "#engine/testing/loopback-edge.ts";
import { ReferenceHost } from "#engine/testing/reference-host.ts";
import { tinyModel } from "#engine/testing/tiny-model.ts";
import type { LinkNotice } from "#engine/world.ts";
import { webClock, webTimer } from "./clock.ts";
import { LinkPort, serveLinks } from "./link-port.ts";

const patience = { welcomeMs: 2_000, returnMs: 1_000, heartbeatMs: 5_000, retryDelaysMs: [0, 20, 50, 100] };

async function serveAcrossPort(): Promise<ChannelStage> {
  const edge = new LoopbackEdge(new ReferenceHost(tinyModel()), webClock, () => new Promise((resolve) => setTimeout(resolve)));
  const { port1, port2 } = new MessageChannel();
  serveLinks(port2, (url, clock, onNotice) => socketChannel(url, { connect: edge.connect, clock, timer: webTimer, onNotice, patience }));
  port2.start();
  const notices: LinkNotice[] = [];
  const link = new LinkPort(port1).open("http://edge.test", (notice) => notices.push(notice));
  port1.start();
  return {
    link,
    notices,
    drop: () => edge.drop(),
    restart: () => edge.restart(),
    refuse: (failure) => (edge.refusing = failure),
    vanish: (gone) => (edge.unreachable = gone),
    openSessions: () => edge.openSessions,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => {
      await edge.restart();
      port1.close();
    },
  };
}

test.each(channelContract(serveAcrossPort))("$name", (each) => expect(each.run()).resolves.toBeUndefined());
