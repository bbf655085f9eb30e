/**
 * Measures a link from a worker, as the product's link worker would see it: one-way delays and
 * throughput of real WebSocket messages to a far side that stamps arrivals and departures with its
 * own clock. With `figures` the product's shaper holds the messages, without it nothing does.
 * The clocks are set against each other over `syncUrl`, a way that nothing holds up: half of its
 * fastest round trip is what the delays may be off by.
 */
import type { LinkFigures } from "#core/run/config.ts";
import type { Direction } from "#core/link/link-model.ts";
import { LinkShaper } from "#engine/link/shaper.ts";
import { webClock, webTimer } from "#web/host/clock.ts";

/** Messages of one size: each alone, `gapMs` after the one before, or all at once where it is null. */
export interface Load {
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly gapMs: number | null;
}

export interface LinkRequest {
  readonly url: string;
  /** For messages all at once: throughput is about the rate alone, so the way there may leave out what only delays. */
  readonly bulkUrl: string;
  readonly syncUrl: string;
  readonly figures: LinkFigures | null;
  readonly loads: readonly Load[];
}

/** One-way delays in ms, in the order of sending. `mbps` counts what came after the first message, from its arrival to the last. */
export interface Crossing {
  readonly load: string;
  readonly direction: Direction;
  readonly delaysMs: readonly number[];
  readonly mbps: number | null;
}

export interface LinkResult {
  /** What a one-way delay may be off by. */
  readonly clocksMs: number;
  readonly crossings: readonly Crossing[];
}

const MOST_BUFFERED = 2 ** 20;

interface Stamped {
  readonly sentMs: number;
  readonly arrivedMs: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function connected(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no far side at ${url}`));
  });
  return socket;
}

const next = (socket: WebSocket): Promise<MessageEvent<unknown>> =>
  new Promise((resolve) => (socket.onmessage = resolve));

interface Clocks {
  /** The far side's clock less ours. */
  readonly offsetMs: number;
  readonly rttMs: number;
}

async function compareClocks(url: string): Promise<Clocks> {
  const socket = await connected(url);
  let best: Clocks = { offsetMs: 0, rttMs: Infinity };
  for (let i = 0; i < 100; i++) {
    const sentMs = webClock.now();
    const answered = next(socket);
    socket.send("clock");
    const farMs = Number((await answered).data);
    const backMs = webClock.now();
    if (backMs - sentMs < best.rttMs) best = { offsetMs: farMs - (sentMs + backMs) / 2, rttMs: backMs - sentMs };
  }
  socket.close();
  return best;
}

class Probe {
  readonly #socket: WebSocket;
  readonly #shaper: LinkShaper;
  readonly #offsetMs: number;

  constructor(socket: WebSocket, shaper: LinkShaper, offsetMs: number) {
    this.#socket = socket;
    this.#shaper = shaper;
    this.#offsetMs = offsetMs;
  }

  /** The far side answers each message with the moment that it came. */
  async up({ bytes, count, gapMs }: Load): Promise<readonly Stamped[]> {
    const sent: number[] = [];
    const stamps: Stamped[] = [];
    let arrived = (): void => undefined;
    this.#socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      stamps.push({ sentMs: sent[stamps.length] ?? Number.NaN, arrivedMs: Number(data) - this.#offsetMs });
      arrived();
    };
    for (let i = 0; i < count; i++) {
      const message = new Uint8Array(bytes);
      while (this.#socket.bufferedAmount > MOST_BUFFERED) await pause(1); // the link is to be full, not the page's memory
      const all = gapMs === null ? null : new Promise<void>((resolve) => (arrived = resolve));
      sent.push(webClock.now());
      this.#shaper.pass("up", bytes, () => this.#socket.send(message));
      await all;
      if (gapMs !== null) await pause(gapMs);
    }
    while (stamps.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    return stamps;
  }

  /** Each message says when the far side sent it. */
  async down({ bytes, count, gapMs }: Load): Promise<readonly Stamped[]> {
    const stamps: Stamped[] = [];
    let arrived = (): void => undefined;
    this.#socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer)) return;
      const sentMs = new DataView(data).getFloat64(0, true) - this.#offsetMs;
      this.#shaper.pass("down", data.byteLength, () => {
        stamps.push({ sentMs, arrivedMs: webClock.now() });
        arrived();
      });
    };
    const alone = gapMs !== null;
    for (let i = 0; i < (alone ? count : 1); i++) {
      const before = stamps.length;
      this.#socket.send(JSON.stringify({ bytes, count: alone ? 1 : count }));
      while (stamps.length < before + (alone ? 1 : count)) await new Promise<void>((resolve) => (arrived = resolve));
      if (gapMs !== null) await pause(gapMs);
    }
    return stamps;
  }
}

function crossingOf(load: Load, direction: Direction, stamps: readonly Stamped[]): Crossing {
  const arrivals = stamps.map(({ arrivedMs }) => arrivedMs);
  const first = arrivals[0] ?? Number.NaN;
  const tookMs = Math.max(...arrivals) - first;
  return {
    load: load.name,
    direction,
    delaysMs: stamps.map(({ sentMs, arrivedMs }) => arrivedMs - sentMs),
    mbps: load.gapMs === null ? ((stamps.length - 1) * load.bytes * 8) / (tookMs * 1000) : null,
  };
}

async function measure({ url, bulkUrl, syncUrl, figures, loads }: LinkRequest): Promise<LinkResult> {
  const clocks = await compareClocks(syncUrl);
  const shaper = new LinkShaper(webClock, webTimer);
  shaper.shape({ name: "custom", figures, trace: null, seed: 1 });
  if (figures !== null) shaper.knowRealRtt(clocks.rttMs);
  const sockets = [await connected(url), await connected(bulkUrl)] as const;
  const [alone, inARow] = [
    new Probe(sockets[0], shaper, clocks.offsetMs),
    new Probe(sockets[1], shaper, clocks.offsetMs),
  ];
  const crossings: Crossing[] = [];
  for (const load of loads) {
    const probe = load.gapMs === null ? inARow : alone;
    crossings.push(crossingOf(load, "up", await probe.up(load)), crossingOf(load, "down", await probe.down(load)));
  }
  for (const socket of sockets) socket.close();
  return { clocksMs: clocks.rttMs / 2, crossings };
}

self.onmessage = ({ data }: MessageEvent<LinkRequest>) => {
  measure(data).then(
    (result) => self.postMessage({ result }),
    (thrown: unknown) => self.postMessage({ error: String(thrown) }),
  );
};
