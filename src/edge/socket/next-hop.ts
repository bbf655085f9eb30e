/**
 * The hop behind this edge server, as one of its sessions uses it: activations of every position go
 * on in order, and what comes back is passed down. The edge is here what a tab is to it: it opens
 * the session with the engine's own channel, and keeps the log of what it sent, so that a next
 * server that was restarted is filled again without the tab hearing of it.
 */
import { codecNamed } from "#core/codec/registry.ts";
import type { Codec } from "#core/codec/codec.ts";
import { messageBytes } from "#core/codec/lengths.ts";
import { joined } from "#core/frames/joined.ts";
import { pluginsBehind } from "#core/plugin/plugins.ts";
import { failureOf, ok, refuse, unwrap, type Failure, type Result } from "#core/run/failure.ts";
import { Cancellation, whenAborted } from "#engine/cancellation.ts";
import type { CancelSignal, Channel } from "#engine/ports.ts";
import { positionsPerMessage } from "#engine/strategies/tiers/crossing.ts";
import { EdgeTier, type EdgeReply } from "#engine/strategies/tiers/edge-tier.ts";
import { ReplayLog } from "#engine/strategies/tiers/replay-log.ts";
import type { DownMessage, FurtherTiming, Hello, NextStop, UpMessage, Want, Welcome } from "#wire/messages.ts";

type Passed = Pick<Extract<UpMessage, { kind: "activations" }>, "position" | "count" | "want" | "payload">;
type Returned = Extract<DownMessage, { kind: "token" | "activations" | "done" }>;

export interface Forwarded {
  /** In the codec of the way to this hop, where it carries activations. */
  readonly message: Returned;
  /** Of this hop and those behind it, in order. */
  readonly further: readonly FurtherTiming[];
}

const ANSWERS = { none: "done", last: "token", all: "activations" } as const satisfies Record<Want, Returned["kind"]>;

export class NextHop {
  readonly codec: Codec;
  readonly #stops: readonly NextStop[];
  readonly #tier: EdgeTier;
  readonly #hidden: number;
  readonly #log: ReplayLog<Uint8Array>;
  readonly #over = new Cancellation();
  readonly #patienceMs: number;
  /** Steps go on in the order they came. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    stops: readonly NextStop[],
    tier: EdgeTier,
    codec: Codec,
    hidden: number,
    keeps: boolean,
    patienceMs: number,
  ) {
    this.#patienceMs = patienceMs;
    this.#stops = stops;
    this.#tier = tier;
    this.codec = codec;
    this.#hidden = hidden;
    this.#log = new ReplayLog({ keeps });
  }

  /** `hello` is what this edge was told; what it says to the next follows from it. A step that is not back after `patienceMs` is given up. */
  static async open(hello: Hello, hidden: number, channel: Channel, patienceMs: number): Promise<Result<NextHop>> {
    const onward = onwardHello(hello);
    const codec = codecNamed(onward.codec);
    if (!codec.ok) return codec;
    const unfit = sharedBytes(codec.value, hidden);
    if (unfit !== null) return refuse(unfit);
    try {
      const open = () => channel.open(onward);
      const tier = new EdgeTier(await open(), open);
      return ok(new NextHop(hello.onward ?? [], tier, codec.value, hidden, hello.kvCache, patienceMs));
    } catch (thrown) {
      return refuse(failureOf(thrown, "the next hop"));
    }
  }

  get welcome(): Welcome {
    return this.#tier.session.welcome;
  }

  isFor(stops: readonly NextStop[]): boolean {
    return JSON.stringify(stops) === JSON.stringify(this.#stops); // plain data, read by one reader
  }

  forward(step: Passed): Promise<Result<Forwarded>> {
    const forwarded = this.#turn.then(() => this.#forward(step));
    this.#turn = forwarded;
    return forwarded;
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#tier.close();
  }

  async #forward(step: Passed): Promise<Result<Forwarded>> {
    const late = new Cancellation();
    const stopWaiting = whenAborted(this.#over, () => late.abort());
    const waiting = setTimeout(() => late.abort(), this.#patienceMs);
    try {
      this.#log.put(step.position, rowsOf(step));
      let answer = await this.#send(step, late);
      for (let losses = 1; answer.kind === "lost"; losses++) {
        if (losses > LOSSES_MOST) return refuse(answer.failure);
        this.#log.lost();
        answer = await this.#send(step, late);
      }
      this.#log.took(step.position + step.count);
      const { message, exchange } = answer;
      const linkMs = exchange.roundTripMs - exchange.queueMs - exchange.computeMs - sumOf(message);
      const { queueUs, computeUs } = message.timing;
      const own = { linkUs: Math.max(0, linkMs * 1000), queueUs, computeUs };
      return ok({ message, further: [own, ...("further" in message ? (message.further ?? []) : [])] });
    } catch (thrown) {
      const failure = failureOf(thrown, "the next hop");
      return refuse(failure.code === "stopped" && !this.#over.aborted ? this.#tooLate() : failure);
    } finally {
      clearTimeout(waiting);
      stopWaiting();
    }
  }

  #tooLate(): Failure {
    const url = this.#stops[0]?.endpoint ?? "";
    return { code: "edge-unreachable", url, why: `it did not answer a step within ${this.#patienceMs / 1000} s` };
  }

  /** What the hop lacks before this step goes ahead of it; only the step itself is answered. */
  async #send({ position, want, count, payload }: Passed, signal: CancelSignal): Promise<EdgeReply<Returned["kind"]>> {
    const most = positionsPerMessage({ edge: this.#tier, codec: this.codec, hidden: this.#hidden });
    const { rows, position: from } = this.#log.missing();
    for (let at = from; at < position; at += most) {
      const stretch = rows.slice(at - from, Math.min(at + most, position) - from);
      const filled = await this.#tier.ask(
        { kind: "activations", position: at, count: stretch.length, want: "none", payload: joined(stretch) },
        "done",
        signal,
      );
      if (filled.kind === "lost") return filled;
    }
    return this.#tier.ask({ kind: "activations", position, count, want, payload }, ANSWERS[want], signal);
  }
}

/** Times that one step may lose the hop behind: a step that ends it each time would go on for ever. */
const LOSSES_MOST = 3;

/** Throws Failed: what cannot be read. The same numbers as they travel in another codec. */
export const recoded = (payload: Uint8Array, count: number, hidden: number, from: Codec, to: Codec): Uint8Array =>
  from.name === to.name ? payload : to.encode(unwrap(from.decode(payload, count, hidden)), count, hidden);

/** What this edge says to the first of the hops behind it. The token that let the client in here lets nobody in there. */
function onwardHello({ onward = [], plugins: _here, ...hello }: Hello): Hello {
  const [stop, ...others] = onward;
  if (stop === undefined) throw new Error("no hop behind this one");
  const { segment, codec } = stop;
  const plugins = pluginsBehind({ codec, verify: hello.verify, draftLength: null });
  return {
    ...hello,
    segment,
    codec,
    access: null,
    resume: null,
    ...(plugins.length === 0 ? {} : { plugins }),
    ...(others.length === 0 ? {} : { onward: others }),
  };
}

/** Rows are sent again in other stretches than before: each must stand by itself. */
const sharedBytes = (codec: Codec, hidden: number): Failure | null =>
  messageBytes(codec, 2, hidden) === 2 * codec.bytesPerPosition(hidden)
    ? null
    : {
        code: "bad-value",
        key: "onward.codec",
        value: codec.name,
        expected: "between edge servers a codec in which each position stands by itself",
      };

function rowsOf({ count, payload }: Passed): readonly Uint8Array[] {
  const bytes = payload.byteLength / count;
  return Array.from({ length: count }, (_, row) => payload.slice(row * bytes, (row + 1) * bytes)); // a view would keep the whole message
}

/** What the hops behind that one took, in ms. */
const sumOf = (message: Returned): number =>
  ("further" in message ? (message.further ?? []) : []).reduce(
    (sum, { linkUs, queueUs, computeUs }) => sum + (linkUs + queueUs + computeUs) / 1000,
    0,
  );
