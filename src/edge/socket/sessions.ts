/**
 * All sessions of the edge: who may begin one, who may go on with one, and whose time is up.
 * A session is reached by its id alone, 128 random bits that only its client knows.
 */
import { availableParallelism } from "node:os";
import { pluginsBehind } from "#core/plugin/plugins.ts";
import { BUILD } from "#core/run/build.ts";
import { ok, refuse, type Failure, type Result } from "#core/run/failure.ts";
import type { EdgeDescription } from "#core/run/tier-description.ts";
import type { Segment } from "#core/model/architecture.ts";
import type { Channel } from "#engine/ports.ts";
import { WIRE_VERSION, type Hello, type Welcome } from "#wire/messages.ts";
import type { SeatSpec } from "../compute/compute.ts";
import { Buckets } from "../class/rates.ts";
import { accessDenied } from "../http/access.ts";
import type { Seat } from "../seat/seat.ts";
import type { Seats } from "../seat/seats.ts";
import type { Log } from "../status/log.ts";
import type { Meters } from "../status/meters.ts";
import { NextHop } from "./next-hop.ts";
import { ClientSession } from "./client-session.ts";
import { Turnover } from "./turnover.ts";

/** A client whose socket dropped has its place for so long, however many want it. */
const COMES_BACK_WITHIN_MS = 5_000;

/** Addresses whose wrong resumes are counted at a time. */
const ADDRESSES_MOST = 10_000;
/** How fast an address may be wrong again. */
const WRONG_RESUMES_A_SECOND = 1;

export interface SessionRules {
  readonly idleTimeoutMs: number;
  readonly maxMessageBytes: number;
  /** Of what one session may have asked for at a time. */
  readonly pendingBytes: number;
  readonly retryAfterMs: number;
  /** Sessions that are not here, which one address may ask for in a burst: a class behind one address comes back at once when the edge was restarted. */
  readonly wrongResumes: number;
  /** How long a step may take at the hop behind. */
  readonly nextHopMs: number;
  /** Null lets everybody in. */
  readonly accessToken: string | null;
}

/** Channels to the edge servers that the owner allowed, by their URL without a slash at its end. */
export type NextServers = ReadonlyMap<string, Channel>;

/** The address of the server that has the session. */
export interface Elsewhere {
  readonly elsewhere: string;
}

export type Admitted =
  | { readonly session: ClientSession; readonly welcome: Welcome; readonly elsewhere?: never }
  | Elsewhere;

export class Sessions {
  readonly rules: SessionRules;
  readonly #seats: Seats;
  readonly #meters: Meters;
  readonly #log: Log;
  readonly #next: NextServers;
  readonly #sessions = new Map<string, ClientSession>();
  readonly #sweep: NodeJS.Timeout;
  readonly #wrongResumes: Buckets;
  readonly #turnover = new Turnover(performance.now());

  constructor(seats: Seats, rules: SessionRules, next: NextServers, meters: Meters, log: Log) {
    this.#next = next;
    this.rules = rules;
    this.#seats = seats;
    this.#meters = meters;
    this.#log = log;
    this.#wrongResumes = new Buckets({ burst: rules.wrongResumes, perSecond: WRONG_RESUMES_A_SECOND }, ADDRESSES_MOST);
    seats.askFirst({ giveWay: (of) => this.#giveWay(of), roomInMs: () => this.#roomInMs() });
    this.#sweep = setInterval(() => this.#evict(), Math.min(5_000, Math.max(20, rules.idleTimeoutMs / 4)));
    this.#sweep.unref();
  }

  /** Seats whose client has no socket at the moment. */
  get away(): ReadonlySet<string> {
    return new Set([...this.#sessions.values()].filter(({ here }) => !here).map(({ seat }) => seat.id));
  }

  get count(): number {
    return this.#sessions.size;
  }

  async admit(hello: Hello, peer: string | null): Promise<Result<Admitted>> {
    if (this.#seats.draining) return refuse(this.#seats.drainingFailure);
    const denied = accessDenied(this.rules.accessToken, hello.access);
    if (denied !== null) return refuse(denied);
    const model = this.#seats.model(hello.model);
    if (!model.ok) return model;
    const { revision } = model.value.manifest;
    if (hello.revision !== revision)
      return refuse({
        code: "manifest-mismatch",
        model: hello.model,
        page: hello.revision.slice(0, 64),
        edge: revision,
      });
    const plugins = pluginsBehind({
      codec: hello.codec,
      verify: hello.verify,
      draftLength: hello.draft?.length ?? null,
    });
    if (plugins.join() !== (hello.plugins ?? []).join())
      return refuse({ code: "plugin-mismatch", page: hello.plugins ?? [], edge: plugins });
    const session = await (hello.resume === null
      ? this.#begin(hello, peer)
      : this.#resume(hello, hello.resume.session, peer));
    if (!session.ok) return session;
    const admitted = session.value;
    return ok("elsewhere" in admitted ? admitted : { session: admitted, welcome: this.#welcome(admitted) });
  }

  /** The seats of a compute that died are lost; their clients may start over. */
  dropLost(): void {
    for (const session of this.#sessions.values()) {
      if (session.seat.lost)
        void session.end({
          code: "session-lost",
          session: session.seat.id,
          why: "the edge's compute worker was restarted",
        });
    }
  }

  /** Tells every client; each goes when what it has under way is answered. */
  drain(): void {
    for (const session of this.#sessions.values()) session.endSoon(this.#seats.drainingFailure);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#sessions.values()].map((session) => session.end(this.#seats.drainingFailure)));
  }

  async #begin(hello: Hello, peer: string | null): Promise<Result<ClientSession>> {
    const channel = this.#channelBehind(hello); // before a seat is taken for it
    if (!channel.ok) return channel;
    const taken = await this.#seats.take(specOf(hello), peer);
    if (!taken.ok) return taken;
    const next = await this.#openNext(hello, taken.value, channel.value);
    if (!next.ok) {
      await taken.value.release();
      return next;
    }
    const { pendingBytes, retryAfterMs } = this.rules;
    const session = new ClientSession(taken.value, next.value, {
      peer,
      meters: this.#meters,
      pendingBytes,
      retryAfterMs,
      onEnd: (ended, failure) => this.#forget(ended, failure),
    });
    this.#sessions.set(session.seat.id, session);
    const { model, segment, capacity, codec, kvCache } = session.seat.spec;
    this.#log.info({ session: nickname(session.seat.id), model, segment, capacity, codec, kvCache }, "session begun");
    return ok(session);
  }

  /** Null where this server is the last hop. Whatever a client names, it connects to what its owner has allowed. */
  #channelBehind({ onward }: Hello): Result<Channel | null> {
    const endpoint = onward?.[0]?.endpoint;
    if (endpoint === undefined) return ok(null);
    const channel = this.#next.get(withoutSlashes(endpoint));
    return channel === undefined
      ? refuse({ code: "next-refused", endpoint: endpoint.slice(0, 200), flag: "--next" })
      : ok(channel);
  }

  async #openNext(hello: Hello, seat: Seat, channel: Channel | null): Promise<Result<NextHop | null>> {
    const stop = hello.onward?.[0];
    if (stop === undefined || channel === null) return ok(null);
    const unfit = unfitBefore(hello.segment, stop.segment);
    return unfit === null
      ? NextHop.open(hello, seat.manifest.architecture.hidden, channel, this.rules.nextHopMs)
      : refuse(unfit);
  }

  async #resume(hello: Hello, id: string, peer: string | null): Promise<Result<ClientSession | Elsewhere>> {
    const nowMs = performance.now();
    const limit = this.rules.wrongResumes;
    if (peer !== null && this.#wrongResumes.isSpent(peer, nowMs))
      return refuse({ code: "edge-full", what: "sessions", limit, retryAfterMs: 1000 / WRONG_RESUMES_A_SECOND });
    const lost = (why: string): { readonly ok: false; readonly failure: Failure } => {
      if (peer !== null) this.#wrongResumes.take(peer, nowMs);
      return refuse({ code: "session-lost", session: id, why });
    };
    const session = this.#sessions.get(id);
    const elsewhere = session === undefined ? await this.#seats.elsewhere(id) : null;
    if (elsewhere !== null) return ok({ elsewhere });
    if (session === undefined)
      return lost("the edge does not hold it: it was closed, idle for too long, or the edge was restarted");
    if (!sameSeat(session.seat, hello) || !session.goesOnTo(hello.onward))
      return lost("it was opened for another segment, capacity, cache, draft or path");
    session.vacate();
    const configured = await session.seat.configure(specOf(hello));
    if (!configured.ok) return configured;
    if (session.over) return refuse({ code: "session-lost", session: id, why: "it ended while it was being resumed" });
    this.#log.info({ session: nickname(id), held: configured.value.held }, "session resumed");
    return ok(session);
  }

  /** Whose client has been away for longest, once it has had the time to come back. */
  async #giveWay(peer: string | null): Promise<boolean> {
    const nowMs = performance.now();
    const away = [...this.#sessions.values()]
      .filter((session) => peer === null || session.peer === peer)
      .map((session) => ({ session, awayMs: session.awayMs(nowMs) }))
      .filter(({ awayMs }) => awayMs >= COMES_BACK_WITHIN_MS)
      .sort((one, other) => other.awayMs - one.awayMs);
    const [first] = away;
    if (first === undefined) return false;
    const { session } = first;
    await session.end({
      code: "session-lost",
      session: session.seat.id,
      why: "its place was needed while its client was away",
    });
    return true;
  }

  /** Until a client that is away may lose its place to another, or one that is silent its own; sooner where places were given back lately. */
  #roomInMs(): number | null {
    const nowMs = performance.now();
    const turnoverMs = this.#turnover.everyMs(nowMs);
    const waits = [...this.#sessions.values()].map((session) => {
      const awayMs = session.awayMs(nowMs);
      return awayMs > 0 ? COMES_BACK_WITHIN_MS - awayMs : this.rules.idleTimeoutMs - session.idleMs(nowMs);
    });
    return waits.length === 0 ? null : Math.ceil(Math.max(this.rules.retryAfterMs, Math.min(turnoverMs, ...waits)));
  }

  #forget(session: ClientSession, failure: Failure | null): void {
    this.#sessions.delete(session.seat.id);
    this.#turnover.note(performance.now());
    if (failure !== null) this.#meters.refusals.inc({ code: failure.code });
    this.#log.info({ session: nickname(session.seat.id), code: failure?.code ?? "closed" }, "session ended");
  }

  #evict(): void {
    const now = performance.now();
    for (const session of this.#sessions.values()) {
      if (session.idleMs(now) < this.rules.idleTimeoutMs) continue;
      void session.end({
        code: "session-lost",
        session: session.seat.id,
        why: `it was idle for ${Math.round(this.rules.idleTimeoutMs / 1000)} s`,
      });
    }
  }

  /** The memory is that of all hops from here on. */
  #welcome({ seat, next }: ClientSession): Welcome {
    const { runtime, weightBytes, kvBytes } = seat.opened;
    const behind = next?.welcome.memory ?? { weightBytes: 0, kvBytes: 0 };
    const { idleTimeoutMs, maxMessageBytes } = this.rules;
    return {
      kind: "welcome",
      wire: WIRE_VERSION,
      build: BUILD.id,
      session: seat.id,
      position: seat.held,
      edge: describeEdge(runtime),
      memory: { weightBytes: weightBytes + behind.weightBytes, kvBytes: kvBytes + behind.kvBytes },
      maxMessageBytes,
      idleTimeoutMs,
    };
  }
}

const describeEdge = ({ runtime, backend, threads }: Seat["opened"]["runtime"]): EdgeDescription => ({
  version: BUILD.version,
  runtime,
  provider: backend,
  threads,
  cores: availableParallelism(),
});

/** By index: an expression would take time in the square of a client's slashes. */
function withoutSlashes(endpoint: string): string {
  let end = endpoint.length;
  while (endpoint[end - 1] === "/") end--;
  return endpoint.slice(0, end);
}

const specOf = ({
  model,
  segment,
  codec,
  onward,
  capacity,
  kvCache,
  sampling,
  verify,
  draft,
  edgeLoad,
}: Hello): SeatSpec => ({
  model,
  segment,
  codec,
  ...(onward?.[0] === undefined ? {} : { onward: onward[0].codec }),
  capacity,
  kvCache,
  sampling,
  verify,
  draft,
  edgeLoad,
});

/** A server that passes on ends where the next begins, and leaves the head to a later one. */
function unfitBefore(own: Segment, next: Segment): Failure | null {
  return own.head || next.embedding || own.to !== next.from
    ? {
        code: "bad-value",
        key: "onward",
        value: `blocks ${next.from} to ${next.to} behind blocks ${own.from} to ${own.to}`,
        expected: "segments that follow one another, the head at the last",
      }
    : null;
}

/** A client that did not hear that its move is done comes back with where the cut stood before. */
function sameSeat({ spec, movedFrom }: Seat, { model, segment, capacity, kvCache, draft }: Hello): boolean {
  const { embedding, from, to, head } = spec.segment;
  const sameSegment =
    embedding === segment.embedding &&
    (from === segment.from || movedFrom === segment.from) &&
    to === segment.to &&
    head === segment.head;
  const sameDraft = spec.draft?.revision === draft?.revision && spec.draft?.length === draft?.length;
  return sameSegment && sameDraft && model === spec.model && capacity === spec.capacity && kvCache === spec.kvCache;
}

/** The id is what lets a client back in, so logs get only the start of it. */
const nickname = (session: string): string => session.slice(0, 8);
