/** Both halves over a real message channel: what the far link does, the near one does. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failed, type Failure } from "#core/run/failure.ts";
import type { CancelSignal, EdgeSession, Reply } from "#engine/ports.ts";
import type { EdgeLink, LinkNotice, LinkSetting } from "#engine/link/edge-link.ts";
import type { Hello, Welcome } from "#wire/messages.ts";
import { LinkPort, serveLinks } from "./link-port.ts";

const welcome = { kind: "welcome", session: "s1", position: 0 } as unknown as Welcome;
const hello = { kind: "hello", model: "m" } as unknown as Hello;
const reply = (id: number): Reply => ({
  message: { kind: "token", sequence: 1, position: id, id, finish: "none", timing: { queueUs: 0, computeUs: 5 } },
  exchange: {
    roundTripMs: 2,
    queueMs: 0,
    computeMs: 1,
    addedUpMs: 0,
    addedDownMs: 0,
    upBytes: 24,
    downBytes: 24,
    pipelined: false,
  },
});
const setting: LinkSetting = { name: "5g", figures: null, trace: null, seed: 1 };
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const pingOf = (length: number) => ({ kind: "ping" as const, payload: new Uint8Array(length) });

/** A link that remembers what was asked of it and answers from a script. */
class FakeLink implements EdgeLink {
  readonly url = "http://edge/";
  readonly log: string[] = [];
  refusal: Failure | null = null;
  notice: (notice: LinkNotice) => void = () => undefined;
  async shape({ name }: LinkSetting): Promise<void> {
    this.log.push(`shape ${name}`);
  }
  async report(): Promise<{ met: boolean; realRttMs: number }> {
    return { met: true, realRttMs: 3 };
  }
  async close(): Promise<void> {
    this.log.push("close");
  }
  async open(): Promise<EdgeSession> {
    if (this.refusal !== null) throw new Failed(this.refusal);
    return {
      welcome,
      ask: async (message, signal) => {
        if (message.kind === "stop") return this.#never(signal);
        return reply(message.kind === "ping" ? message.payload.length : 0);
      },
      stream: (_message, signal) => this.#tokens(signal),
      close: async () => void this.log.push("close session"),
    };
  }
  #never(signal: CancelSignal | undefined): Promise<Reply> {
    return new Promise((_resolve, reject) =>
      signal?.addEventListener("abort", () => reject(new Failed({ code: "stopped" }))),
    );
  }
  async *#tokens(signal: CancelSignal | undefined): AsyncGenerator<Reply, void> {
    try {
      for (let id = 0; id < 100; id += 1) {
        if (signal?.aborted === true) throw new Failed({ code: "stopped" });
        yield reply(id);
        await wait(1);
      }
    } finally {
      this.log.push("stream over");
    }
  }
}

describe("a link across a port", () => {
  let far: FakeLink;
  let near: EdgeLink;
  let port: LinkPort;
  let channel: MessageChannel;
  const notices: LinkNotice[] = [];

  beforeEach(() => {
    far = new FakeLink();
    channel = new MessageChannel();
    serveLinks(channel.port2, (_url, _clock, onNotice) => {
      far.notice = onNotice;
      return far;
    });
    channel.port1.start();
    channel.port2.start();
    notices.length = 0;
    port = new LinkPort(channel.port1);
    near = port.open("http://edge/", (notice) => notices.push(notice));
  });
  afterEach(() => channel.port1.close());

  it("opens, asks, shapes, reports and closes", async () => {
    await near.shape(setting);
    const session = await near.open(hello);
    expect(session.welcome).toEqual(welcome);
    const replies = await Promise.all([session.ask(pingOf(3)), session.ask(pingOf(7))]);
    expect(replies).toEqual([reply(3), reply(7)]);
    expect(await near.report()).toEqual({ met: true, realRttMs: 3 });
    await session.close();
    await near.close();
    expect(far.log).toEqual(["shape 5g", "close session", "close"]);
  });

  it("streams in order", async () => {
    const session = await near.open(hello);
    const ids: number[] = [];
    for await (const { message } of session.stream(pingOf(0))) if (message.kind === "token") ids.push(message.id);
    expect(ids).toEqual(Array.from({ length: 100 }, (_, id) => id));
  });

  it("tells the far half when a reader leaves early", async () => {
    const session = await near.open(hello);
    for await (const { message } of session.stream(pingOf(0))) if (message.kind === "token" && message.id === 3) break;
    await wait(20);
    expect(far.log).toEqual(["stream over"]);
  });

  it("stops what a raised signal belongs to, and nothing else", async () => {
    const session = await near.open(hello);
    const stop = new AbortController();
    const asked = session.ask({ kind: "stop" }, stop.signal);
    setTimeout(() => stop.abort(), 5);
    await expect(asked).rejects.toMatchObject({ failure: { code: "stopped" } });
    expect(await session.ask(pingOf(1))).toEqual(reply(1));
  });

  it("carries failures across, and bugs as failures", async () => {
    far.refusal = { code: "edge-full", what: "sessions", limit: 2, retryAfterMs: 10 };
    await expect(near.open(hello)).rejects.toMatchObject({ failure: far.refusal });
    far.shape = async () => {
      throw new TypeError("oh");
    };
    await expect(near.shape(setting)).rejects.toMatchObject({ failure: { code: "internal", where: "link" } });
  });

  it("keeps nobody waiting for a far half that crashed", async () => {
    const session = await near.open(hello);
    const asked = session.ask({ kind: "stop" });
    port.crashed("oh");
    const crash = { failure: { code: "internal", where: "link worker", what: "oh" } };
    await expect(asked).rejects.toMatchObject(crash);
    await expect(near.open(hello)).rejects.toMatchObject(crash);
  });

  it("passes notices on, with no more of a frame than its header", async () => {
    await near.report();
    const frame = new Uint8Array(100_000);
    far.notice({
      kind: "frame",
      frame: {
        atMs: 1,
        direction: "up",
        bytes: frame.length,
        header: frame.subarray(0, 24),
        payloadBytes: frame.length - 24,
        edgeCount: null,
      },
    });
    far.notice({ kind: "link", state: "connected", why: "here", atMs: 2 });
    await wait(5);
    expect(notices.map(({ kind }) => kind)).toEqual(["frame", "link"]);
    const [first] = notices;
    expect(first?.kind === "frame" && first.frame.header.buffer.byteLength).toBe(24);
  });
});
