/**
 * Moves the cut of a run between two of its tokens. What is to come is opened on both tiers while
 * tokens still come; then the caches of the blocks that change tiers are carried over the link or
 * rebuilt from the text so far, the edge commits, and the device's segment is replaced. No token
 * changes: what is carried is float32, and positions stay as they are.
 * An edge that lost its session meanwhile commits to an empty one, which the strategy then refills.
 */
import type { Codec } from "#core/codec/codec.ts";
import { kvOf } from "#core/model/families/registry.ts";
import { FRAME_HEADER_BYTES } from "#core/frames/frame-header.ts";
import type { MoveWay } from "#core/run/config.ts";
import { fail } from "#core/run/failure.ts";
import type { DownMessage, UpMessage } from "#wire/messages.ts";
import { KvAssembly, packParcel, parcelsOf } from "./kv-parcels.ts";
import type { MovableSegment } from "./movable-segment.ts";
import type { CancelSignal, EdgeSession, KvSlice, ModelHost, SegmentSession, Unnumbered } from "../ports.ts";
import { positionsPerMessage } from "../strategies/tiers/crossing.ts";
import type { EdgeTier } from "../strategies/tiers/edge-tier.ts";
import { activationsOf } from "../strategies/tiers/segment-output.ts";

export interface MoverParts {
  readonly host: ModelHost;
  readonly front: MovableSegment;
  readonly edge: EdgeTier;
  readonly codec: Codec;
  /** Where the edge's segment ends. */
  readonly end: number;
  /** The edge's segment begins here from now on. */
  readonly onMoved: (cut: number) => void;
}

export interface Moved {
  readonly upBytes: number;
  readonly downBytes: number;
}

export class CutMover {
  readonly #parts: MoverParts;

  constructor(parts: MoverParts) {
    this.#parts = parts;
  }

  get cut(): number {
    return this.#parts.front.segment.to;
  }

  /** Opens both tiers' segments to come beside those that are. Throws what opening a segment does, and what the edge refuses with. */
  async prepare(to: number, signal: CancelSignal): Promise<PreparedMove> {
    const { host, front } = this.#parts;
    const next = await host.open({ ...front.segment, to }, { capacity: front.capacity, kvCache: true }, signal);
    const prepared = new PreparedMove(this.#parts, next);
    try {
      await prepared.prepareEdge(signal);
      return prepared;
    } catch (thrown) {
      await next.close();
      throw thrown;
    }
  }
}

export class PreparedMove {
  readonly to: number;
  readonly #parts: MoverParts;
  readonly #next: SegmentSession;
  /** The session that was asked to prepare: another one knows nothing of it. */
  #preparedOn: EdgeSession | null = null;
  #sent = { upBytes: 0, downBytes: 0 };

  constructor(parts: MoverParts, next: SegmentSession) {
    this.#parts = parts;
    this.#next = next;
    this.to = next.segment.to;
  }

  async prepareEdge(signal: CancelSignal): Promise<void> {
    const { edge, end } = this.#parts;
    const asked = edge.session;
    if (await this.#ask({ kind: "move", phase: "prepare", position: 0, from: this.to, to: end }, "done", signal))
      this.#preparedOn = asked;
  }

  /** `ids` are the text whose positions every cache holds. */
  async carryOut(way: MoveWay, ids: readonly number[], signal: CancelSignal): Promise<Moved> {
    const { edge, front, host, onMoved } = this.#parts;
    this.#sent = { upBytes: 0, downBytes: 0 };
    for (let tries = 0; edge.session !== this.#preparedOn && tries < 2; tries++) await this.prepareEdge(signal);
    const whole =
      this.to < front.segment.to ? await this.#outward(way, ids, signal) : await this.#inward(way, ids, signal);
    await this.#commit(whole ? ids.length : 0, signal);
    onMoved(this.to);
    await front.replace(this.#next);
    await host.trim();
    return this.#sent;
  }

  /** Of a move that is not to be. */
  discard(): Promise<void> {
    return this.#next.close();
  }

  /** Blocks go to the edge. False where the edge lost its session. */
  async #outward(way: MoveWay, ids: readonly number[], signal: CancelSignal): Promise<boolean> {
    const { front } = this.#parts;
    const leaving = { from: this.to, to: front.segment.to };
    const smashed = way === "rebuild" ? await activationsOf(this.#next.step({ kind: "ids", ids }, 0, "all")) : null; // [n, hidden]
    await this.#next.importKv(await front.exportKv(0, this.to, ids.length));
    if (smashed !== null) return this.#sendActivations(smashed, signal);
    const slice = await front.exportKv(leaving.from, leaving.to, ids.length);
    const row = kvOf(this.#parts.host.manifest.architecture);
    for (const parcel of parcelsOf(leaving, ids.length, row, this.#room)) {
      if (!(await this.#ask({ kind: "kv", ...parcel, payload: packParcel(slice, parcel, row) }, "done", signal)))
        return false;
    }
    return true;
  }

  async #sendActivations(smashed: Float32Array, signal: CancelSignal): Promise<boolean> {
    const { edge, codec, host } = this.#parts;
    const { hidden } = host.manifest.architecture;
    const most = positionsPerMessage({ edge, codec, hidden });
    for (let position = 0; position * hidden < smashed.length; position += most) {
      const rows = smashed.subarray(position * hidden, (position + most) * hidden);
      const count = rows.length / hidden;
      if (
        !(await this.#ask(
          { kind: "rebuild", position, count, payload: codec.encode(rows, count, hidden) },
          "done",
          signal,
        ))
      )
        return false;
    }
    return true;
  }

  /** Blocks come to the device. What an edge that lost its session can no longer give is computed here. */
  async #inward(way: MoveWay, ids: readonly number[], signal: CancelSignal): Promise<boolean> {
    const { front } = this.#parts;
    const present = front.segment.to;
    const arrived = way === "carry" ? await this.#fetched(present, ids.length, signal) : null;
    if (arrived === null) await this.#next.step({ kind: "ids", ids }, 0, "last");
    await this.#next.importKv(await front.exportKv(0, present, ids.length));
    if (arrived !== null) await this.#next.importKv(arrived);
    return way === "rebuild" || arrived !== null;
  }

  async #fetched(from: number, positions: number, signal: CancelSignal): Promise<KvSlice | null> {
    const row = kvOf(this.#parts.host.manifest.architecture);
    const range = { from, to: this.to };
    const assembly = new KvAssembly(range, positions, row);
    for (const parcel of parcelsOf(range, positions, row, this.#room)) {
      const answer = await this.#ask({ kind: "fetch", ...parcel }, "kv", signal);
      if (answer === null) return null;
      assembly.put(parcel, answer.payload);
    }
    return assembly.slice(positions);
  }

  /** With an empty cache where the session was lost: a strategy that finds it so fills it again. */
  async #commit(positions: number, signal: CancelSignal): Promise<void> {
    const { edge, end } = this.#parts;
    const commit = async (position: number): Promise<unknown> => {
      if (edge.session !== this.#preparedOn) await this.prepareEdge(signal);
      return this.#ask({ kind: "move", phase: "commit", position, from: this.to, to: end }, "done", signal);
    };
    if ((await commit(positions)) !== null) return;
    if ((await commit(0)) === null)
      fail({
        code: "session-lost",
        session: edge.session.welcome.session,
        why: "the edge lost it again while the cut was moving",
      });
  }

  /** Null where the edge lost the session: by then there is another, as new. */
  async #ask<K extends DownMessage["kind"]>(
    message: Unnumbered<UpMessage>,
    kind: K,
    signal: CancelSignal,
  ): Promise<Extract<DownMessage, { kind: K }> | null> {
    const answer = await this.#parts.edge.ask(message, kind, signal);
    if (answer.kind === "lost") return null;
    this.#sent = {
      upBytes: this.#sent.upBytes + answer.exchange.upBytes,
      downBytes: this.#sent.downBytes + answer.exchange.downBytes,
    };
    return answer.message;
  }

  get #room(): number {
    return this.#parts.edge.session.welcome.maxMessageBytes - FRAME_HEADER_BYTES;
  }
}
