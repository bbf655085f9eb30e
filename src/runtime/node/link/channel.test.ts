/** The channel's contract, over a socket without a network and over the ws package on loopback. */
import { describe, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { channelContract, type ChannelFixture } from "#engine/contracts/channel-contract.ts";
import type { ConnectSocket, Socket } from "#engine/link/link-ports.ts";
import { socketChannel } from "#engine/link/socket-channel.ts";
import { channelFixture, PATIENCE } from "#engine/testing/channel-fixture.ts";
import { LoopbackEdge } from "#engine/testing/loopback-edge.ts";
import { OracleHost } from "#engine/testing/oracle-host.ts";
import { tinyModel } from "#engine/testing/tiny-model.ts";
import { SUBPROTOCOL } from "#wire/messages.ts";
import { nodeClock, nodeTimer } from "../host/clock.ts";
import { connectNodeSocket } from "./socket.ts";

const fixtureOn = (
  edge: LoopbackEdge,
  url: string,
  connect: ConnectSocket,
  close: () => Promise<void>,
): ChannelFixture =>
  channelFixture({
    edge,
    open: (onNotice) =>
      socketChannel(url, { connect, clock: nodeClock, timer: nodeTimer, onNotice, patience: PATIENCE }),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close,
  });

const newEdge = (): LoopbackEdge =>
  new LoopbackEdge(new OracleHost(tinyModel()), nodeClock, () => new Promise((resolve) => setImmediate(resolve)));

describe("without a network", () => {
  test.each(channelContract(serveWithoutNetwork))("$name", (each) => expect(each.run()).resolves.toBeUndefined());
});

describe("over ws", () => {
  test.each(channelContract(serveOverWs))("$name", (each) => expect(each.run()).resolves.toBeUndefined());
});

async function serveWithoutNetwork(): Promise<ChannelFixture> {
  const edge = newEdge();
  return fixtureOn(edge, "http://edge.test", edge.connect, () => edge.restart());
}

async function serveOverWs(): Promise<ChannelFixture> {
  const edge = newEdge();
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    handleProtocols: () => SUBPROTOCOL,
    perMessageDeflate: false,
  });
  await new Promise((resolve) => server.once("listening", resolve));
  server.on("connection", (socket) => join(socket, edge));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return fixtureOn(edge, `http://127.0.0.1:${port}`, connectNodeSocket, async () => {
    await edge.restart();
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
}

/** What comes from the network goes to the loopback edge, and back. */
function join(socket: WebSocket, edge: LoopbackEdge): void {
  const seat: Socket = edge.connect("", SUBPROTOCOL, {
    opened: () => undefined,
    message: (data) => socket.send(data),
    closed: () => socket.terminate(),
  });
  socket.on("message", (data: Buffer, isBinary) => seat.send(isBinary ? new Uint8Array(data) : data.toString()));
  socket.on("close", (code) => seat.close(code !== 1000));
}
