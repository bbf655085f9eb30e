/** The channel's contract across a message port: what a link does, it does in another worker too. */
import { expect, test } from "vitest";
import { channelContract, type ChannelFixture } from "#engine/contracts/channel-contract.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { channelFixture, PATIENCE } from "#engine/testing/channel-fixture.ts";
import { LoopbackEdge } from "#engine/testing/loopback-edge.ts";
import { OracleHost } from "#engine/testing/oracle-host.ts";
import { tinyModel } from "#engine/testing/tiny-model.ts";
import { webClock, webTimer } from "../host/clock.ts";
import { LinkPort, serveLinks } from "./link-port.ts";

async function serveAcrossPort(): Promise<ChannelFixture> {
  const edge = new LoopbackEdge(
    new OracleHost(tinyModel()),
    webClock,
    () => new Promise((resolve) => setTimeout(resolve)),
  );
  const { port1, port2 } = new MessageChannel();
  serveLinks(port2, (url, clock, onNotice) =>
    socketChannel(url, { connect: edge.connect, clock, timer: webTimer, onNotice, patience: PATIENCE }),
  );
  port2.start();
  const links = new LinkPort(port1);
  port1.start();
  return channelFixture({
    edge,
    open: (onNotice) => links.open("http://edge.test", onNotice),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => {
      await edge.restart();
      port1.close();
    },
  });
}

test.each(channelContract(serveAcrossPort))("$name", (each) => expect(each.run()).resolves.toBeUndefined());
