import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { SocketLink } from "./link.ts";

let server: WebSocketServer | null = null;
afterEach(() => {
  for (const client of server?.clients ?? []) client.terminate();
  server?.close();
});

/** The two ends of one connection. */
async function pair(): Promise<{ readonly near: WebSocket; readonly far: WebSocket }> {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  const far = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[near]] = await Promise.all([once(server, "connection") as Promise<[WebSocket]>, once(far, "open")]);
  return { near, far };
}

test("a peer that does not read is not read from, and what sends to it waits until it has caught up", async () => {
  const { near, far } = await pair();
  const link = new SocketLink(near);
  const frame = new Uint8Array(1 << 20);
  far.pause();
  let waiting = 0;
  let caughtUp = 0;
  for (let sent = 0; sent < 24; sent++) {
    waiting++;
    void link.send(frame).then(() => {
      waiting--;
      caughtUp++;
    });
  }
  for (let before = -1; before !== waiting;) {
    before = waiting; // until the kernel's buffers are full
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(waiting).toBeGreaterThan(5);
  expect(near.isPaused).toBe(true);
  let received = 0;
  far.on("message", (data: Buffer) => (received += data.byteLength));
  far.resume();
  for (let tries = 0; (caughtUp < 24 || received < 24 << 20) && tries < 500; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect({ caughtUp, received }).toEqual({ caughtUp: 24, received: 24 << 20 });
  expect(near.isPaused).toBe(false);
});

test("waiting ends when the peer is gone", async () => {
  const { near, far } = await pair();
  const link = new SocketLink(near);
  far.pause();
  const sends = Array.from({ length: 24 }, () => link.send(new Uint8Array(1 << 20)));
  near.terminate();
  await Promise.all(sends);
  await link.send(new Uint8Array(1));
  expect(link.open).toBe(false);
});

describe("the heartbeat", () => {
  test("ends a connection whose peer no longer answers, and leaves a living one alone", async () => {
    const { near, far } = await pair();
    const stop = new SocketLink(near).keepAlive(50);
    for (let pings = 0; pings < 4; pings++) await once(far, "ping");
    expect(near.readyState).toBe(WebSocket.OPEN);
    far.pause();
    await once(near, "close");
    stop();
  });

  test("holds nothing against a peer that nobody listens to yet, as while its session is opened", async () => {
    const { near } = await pair();
    const stop = new SocketLink(near).keepAlive(30);
    near.pause();
    await new Promise((resolve) => setTimeout(resolve, 200)); // several intervals
    expect(near.readyState).toBe(WebSocket.OPEN);
    near.resume();
    const pong = once(near, "pong");
    near.ping();
    await pong;
    stop();
  });

  test("gives a slow peer the time it needs for what it was sent, and not for ever", async () => {
    const { near, far } = await pair();
    const link = new SocketLink(near);
    far.pause();
    const sent = Array.from({ length: 24 }, () => link.send(new Uint8Array(1 << 20)));
    const began = performance.now();
    const stop = link.keepAlive(30);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(near.readyState).toBe(WebSocket.OPEN); // 16 MiB are owed at least: they may take minutes
    far.resume();
    await Promise.all(sent);
    await once(near, "pong");
    far.pause();
    await once(near, "close");
    expect(performance.now() - began).toBeLessThan(5_000);
    stop();
  });
});
