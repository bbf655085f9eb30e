/**
 * An edge server without a network, for tests: it answers frames as `src/edge` does, over a model
 * host of its own, and can be dropped, restarted and overheard. One message at a time a session.
 */
import { codecNamed } from "#core/codec/registry.ts";
import { kvOf } from "#core/model/families/registry.ts";
import { Failed, failureOf, unwrap, type Failure } from "#core/run/failure.ts";
import type { SamplingSettings } from "#core/sampling/settings.ts";
import { ruleNamed } from "#core/speculation/rules/registry.ts";
import { pick } from "#core/sampling/sample.ts";
import { decodeUp, encodeDown } from "#wire/frames.ts";
import { parseHello, writeHandshake } from "#wire/hello.ts";
import {
  WIRE_VERSION,
  type DownMessage,
  type EdgeTiming,
  type Hello,
  type UpMessage,
  type Welcome,
} from "#wire/messages.ts";
import type { ConnectSocket, SocketListener } from "../link/link-ports.ts";
import type { Clock, ModelHost, SegmentSession } from "../ports.ts";
import { packParcel } from "../migration/kv-parcels.ts";
import { SegmentMove } from "../migration/segment-move.ts";
import { logProbability, referenceAnswer } from "./loopback-reference.ts";
import { WindowJudge } from "../strategies/drafting/window-judge.ts";
import { logitsOf } from "../strategies/tiers/segment-output.ts";

interface HeldSession {
  readonly id: string;
  readonly hello: Hello;
  session: SegmentSession;
  move: SegmentMove | null;
  readonly windows: WindowJudge;
  /** Of the stream under way: raised by `stop`. */
  stopped: boolean;
  last: Promise<void>;
  upBytes: number;
  downBytes: number;
}

interface OpenSocket {
  readonly listener: SocketListener;
  seat: HeldSession | null;
  open: boolean;
}

const NO_SAMPLING: SamplingSettings = { temperature: 0, topK: 0, topP: 1, seed: 0 };

export class LoopbackEdge {
  /** Every message that came up, in order. */
  readonly heard: (string | Uint8Array)[] = [];
  /** Set, it refuses every hello with this. */
  refusing: Failure | null = null;
  /** Set, it cannot be reached. */
  unreachable = false;
  maxMessageBytes = 64 << 20;
  readonly #host: ModelHost;
  readonly #clock: Clock;
  readonly #breathe: () => Promise<void>;
  readonly #seats = new Map<string, HeldSession>();
  readonly #sockets = new Set<OpenSocket>();
  #ids = 0;

  /** `breathe` lets a real network have its turn between two tokens. */
  constructor(host: ModelHost, clock: Clock, breathe: () => Promise<void> = () => Promise.resolve()) {
    this.#host = host;
    this.#clock = clock;
    this.#breathe = breathe;
  }

  get openSessions(): number {
    return this.#seats.size;
  }

  readonly connect: ConnectSocket = (_url, _subprotocol, listener) => {
    const socket: OpenSocket = { listener, seat: null, open: true };
    if (this.unreachable) {
      later(() => listener.closed("connection refused", false));
      return { send: () => undefined, close: () => undefined };
    }
    this.#sockets.add(socket);
    later(() => socket.open && listener.opened());
    return {
      send: (data) => this.#receive(socket, typeof data === "string" ? data : data.slice()),
      close: (comingBack) => (comingBack ? this.#cut(socket, "closed", true) : void this.#left(socket)),
    };
  };

  /** Cuts every connection; sessions stay, to be resumed. */
  drop(): void {
    for (const socket of this.#sockets) this.#cut(socket, "the connection broke");
  }

  /** Forgets every session, as after a crash. */
  async restart(): Promise<void> {
    this.drop();
    await Promise.all([...this.#seats.values()].map((seat) => this.#end(seat)));
  }

  #cut(socket: OpenSocket, why: string, heard = false): void {
    if (!socket.open) return;
    socket.open = false;
    this.#sockets.delete(socket);
    later(() => socket.listener.closed(why, heard));
  }

  async #left(socket: OpenSocket): Promise<void> {
    if (!socket.open) return;
    this.#cut(socket, "closed", true);
    if (socket.seat !== null) await this.#end(socket.seat);
  }

  async #end(seat: HeldSession): Promise<void> {
    this.#seats.delete(seat.id);
    seat.stopped = true;
    await seat.last;
    await seat.session.close();
  }

  #receive(socket: OpenSocket, data: string | Uint8Array): void {
    if (!socket.open) return;
    this.heard.push(data);
    const { seat } = socket;
    if (typeof data === "string") void this.#greet(socket, data);
    else if (seat !== null) {
      seat.upBytes += data.byteLength;
      const message = unwrap(decodeUp(data));
      if (message.kind === "stop") seat.stopped = true;
      if (message.kind === "ping")
        this.#send(seat, socket, {
          kind: "pong",
          sequence: message.sequence,
          upBytes: seat.upBytes,
          downBytes: seat.downBytes,
        });
      else seat.last = seat.last.then(() => this.#answer(seat, socket, message));
    }
  }

  async #greet(socket: OpenSocket, text: string): Promise<void> {
    try {
      if (this.refusing !== null) throw new Failed(this.refusing);
      const hello = unwrap(parseHello(text));
      const seat = hello.resume === null ? await this.#begin(hello) : this.#resume(hello.resume.session);
      socket.seat = seat;
      const { runtime, backend, threads } = this.#host.runtime;
      const welcome: Welcome = {
        kind: "welcome",
        wire: WIRE_VERSION,
        build: "test",
        session: seat.id,
        position: seat.session.position,
        edge: { version: "test", runtime, provider: backend, threads, cores: 1 },
        memory: this.#host.memory(),
        maxMessageBytes: this.maxMessageBytes,
        idleTimeoutMs: 60_000,
      };
      socket.listener.message(writeHandshake(welcome));
    } catch (thrown) {
      socket.listener.message(writeHandshake({ kind: "refusal", failure: failureOf(thrown, "loopback edge") }));
      this.#cut(socket, "refused");
    }
  }

  async #begin(hello: Hello): Promise<HeldSession> {
    const session = await this.#host.open(hello.segment, { capacity: hello.capacity, kvCache: hello.kvCache });
    const id = (++this.#ids).toString(16).padStart(32, "0");
    const seat: HeldSession = {
      id,
      hello,
      session,
      move: null,
      windows: new WindowJudge(),
      stopped: false,
      last: Promise.resolve(),
      upBytes: 0,
      downBytes: 0,
    };
    this.#seats.set(id, seat);
    return seat;
  }

  #resume(id: string): HeldSession {
    const seat = this.#seats.get(id);
    if (seat === undefined) throw new Failed({ code: "session-lost", session: id, why: "not held" });
    return seat;
  }

  async #answer(seat: HeldSession, socket: OpenSocket, message: Exclude<UpMessage, { kind: "ping" }>): Promise<void> {
    try {
      if (message.kind === "generate") await this.#generate(seat, socket, message);
      else if (message.kind !== "stop") this.#send(seat, socket, await this.#reply(seat, message));
    } catch (thrown) {
      this.#send(seat, socket, {
        kind: "failure",
        sequence: message.sequence,
        failure: failureOf(thrown, "loopback edge"),
      });
    }
  }

  async #reply(
    seat: HeldSession,
    message: Exclude<UpMessage, { kind: "ping" | "stop" | "generate" }>,
  ): Promise<DownMessage> {
    const { session, hello } = seat;
    const { sequence } = message;
    const from = this.#clock.now();
    const timing = () => ({ queueUs: 0, computeUs: Math.round((this.#clock.now() - from) * 1000) });
    if (message.kind === "verify") return this.#verify(seat, message, timing);
    if (message.kind === "check" || message.kind === "candidates")
      return referenceAnswer(this.#host, message, hello.sampling ?? NO_SAMPLING);
    if (message.kind === "move" || message.kind === "kv" || message.kind === "rebuild" || message.kind === "fetch")
      return this.#move(seat, message, timing);
    if (message.kind !== "activations" && message.kind !== "score")
      throw new Failed({ code: "internal", where: "loopback edge", what: "a kind that it does not answer" });
    const codec = unwrap(codecNamed(hello.codec));
    const { hidden: width, vocabulary } = this.#host.manifest.architecture;
    const count = message.kind === "score" ? message.targets.length : message.count;
    const hidden = unwrap(codec.decode(message.payload, count, width));
    const output = await session.step(
      { kind: "hidden", hidden },
      message.position,
      message.kind === "score" ? "all" : message.want,
    );
    if (message.kind === "activations" && message.want === "none")
      return { kind: "done", sequence, position: message.position + count, timing: timing() };
    if (output.kind === "hidden") {
      const payload = codec.encode(output.hidden, output.positions, width);
      return {
        kind: "activations",
        sequence,
        position: message.position,
        count: output.positions,
        payload,
        timing: timing(),
      };
    }
    if (message.kind === "score") {
      const rows = Array.from(message.targets, (_, row) =>
        output.logits.subarray(row * vocabulary, (row + 1) * vocabulary),
      );
      const values = Float32Array.from(rows, (row, at) => logProbability(row, message.targets[at] ?? 0));
      const favourites = Uint32Array.from(rows, (row) => pick(row, NO_SAMPLING, 0).id);
      return { kind: "log-probs", sequence, position: message.position, values, favourites, timing: timing() };
    }
    const position = message.position + count;
    const { id } = pick(output.logits.subarray(-vocabulary), hello.sampling ?? NO_SAMPLING, position);
    return { kind: "token", sequence, position, id, finish: "none", timing: timing() };
  }

  async #generate(
    seat: HeldSession,
    socket: OpenSocket,
    { sequence, position, ids, generate }: Extract<UpMessage, { kind: "generate" }>,
  ): Promise<void> {
    const { session, hello } = seat;
    let input: readonly number[] = [...ids];
    let at = position;
    seat.stopped = false;
    if (generate === 0) {
      await session.step({ kind: "ids", ids }, position, "none");
      return this.#send(seat, socket, {
        kind: "done",
        sequence,
        position: position + ids.length,
        timing: { queueUs: 0, computeUs: 0 },
      });
    }
    for (let made = 1; made <= generate && !seat.stopped && socket.open; made++) {
      const from = this.#clock.now();
      await this.#breathe();
      const logits = await logitsOf(session.step({ kind: "ids", ids: input }, at, "last"));
      at += input.length;
      const { id } = pick(logits, hello.sampling ?? NO_SAMPLING, at);
      const eos = this.#host.manifest.stopIds.includes(id);
      const finish = eos ? "eos" : made === generate ? "length" : at >= hello.capacity ? "context" : "none";
      this.#send(seat, socket, {
        kind: "token",
        sequence,
        position: at,
        id,
        finish,
        timing: { queueUs: 0, computeUs: Math.round((this.#clock.now() - from) * 1000) },
      });
      if (finish !== "none") return;
      input = [id];
    }
  }

  async #move(
    seat: HeldSession,
    message: Extract<UpMessage, { kind: "move" | "kv" | "rebuild" | "fetch" }>,
    timing: () => EdgeTiming,
  ): Promise<DownMessage> {
    const { sequence, position } = message;
    const { architecture } = this.#host.manifest;
    if (message.kind === "fetch") {
      const { from, to, count } = message;
      return {
        kind: "kv",
        sequence,
        position,
        count,
        payload: packParcel(await seat.session.exportKv(from, to, position + count), message, kvOf(architecture)),
        timing: timing(),
      };
    }
    if (message.kind === "kv") seat.move?.carry(message, message.payload);
    else if (message.kind === "rebuild")
      await seat.move?.rebuild(
        unwrap(unwrap(codecNamed(seat.hello.codec)).decode(message.payload, message.count, architecture.hidden)),
        position,
      );
    else if (message.phase === "prepare") seat.move = await SegmentMove.prepare(this.#host, seat.session, message.from);
    else if (seat.move !== null) {
      seat.session = await seat.move.commit(position);
      seat.move = null;
    }
    return { kind: "done", sequence, position: seat.session.position, timing: timing() };
  }

  async #verify(
    { session, hello, windows }: HeldSession,
    message: Extract<UpMessage, { kind: "verify" }>,
    timing: () => EdgeTiming,
  ): Promise<DownMessage> {
    const { sequence, ids, drafted, payload } = message;
    const rule = unwrap(ruleNamed(hello.verify ?? "none"));
    const { hidden: width, vocabulary } = this.#host.manifest.architecture;
    const evidenceFrom = payload.byteLength - drafted * rule.bytesPerToken(vocabulary);
    const hidden = hello.segment.embedding
      ? null
      : unwrap(unwrap(codecNamed(hello.codec)).decode(payload.subarray(0, evidenceFrom), ids.length, width));
    const judged = await windows.judge(
      session,
      { ...message, hidden, evidence: payload.subarray(evidenceFrom) },
      rule,
      hello.sampling ?? NO_SAMPLING,
    );
    if (judged.kind === "dropped")
      return {
        kind: "verified",
        sequence,
        position: session.position,
        accepted: 0,
        next: null,
        dropped: true,
        distribution: new Uint8Array(0),
        timing: timing(),
      };
    const { position, accepted, next, distribution } = judged;
    return { kind: "verified", sequence, position, accepted, next, dropped: false, distribution, timing: timing() };
  }

  /** Only to the socket that asked: one that took over has asked nothing yet. */
  #send(seat: HeldSession, socket: OpenSocket, message: DownMessage): void {
    if (!socket.open) return;
    const frame = encodeDown(message);
    seat.downBytes += frame.byteLength;
    later(() => socket.open && socket.listener.message(frame));
  }
}

const later = (run: () => unknown): void => void Promise.resolve().then(run);
