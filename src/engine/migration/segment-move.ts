/**
 * The edge's half of moving a cut: the segment that is to come is opened beside the one that is,
 * blocks that join get their keys and values from the device or compute them anew from its
 * activations, and on commit those of the blocks that stay are copied over. Until then nothing
 * has changed, so a move that fails or is given up costs nothing but itself.
 */
import type { Segment } from "#core/model/architecture.ts";
import { kvOf } from "#core/model/families/registry.ts";
import { fail } from "#core/run/failure.ts";
import { KvAssembly, type Parcel } from "./kv-parcels.ts";
import type { ModelHost, SegmentSession } from "../ports.ts";

export class SegmentMove {
  readonly segment: Segment;
  readonly #host: ModelHost;
  readonly #present: SegmentSession;
  readonly #next: SegmentSession;
  /** What came of the blocks that join; opened by the first message that brings some. */
  #carried: KvAssembly | null = null;
  #rebuilt: SegmentSession | null = null;

  private constructor(host: ModelHost, present: SegmentSession, next: SegmentSession) {
    this.#host = host;
    this.#present = present;
    this.#next = next;
    this.segment = next.segment;
  }

  /** `from` is the first block of the segment to come; its end stays where it is. */
  static async prepare(host: ModelHost, present: SegmentSession, from: number): Promise<SegmentMove> {
    return new SegmentMove(
      host,
      present,
      await host.open({ ...present.segment, from }, { capacity: present.capacity, kvCache: true }),
    );
  }

  /** Throws as `KvAssembly.put`. */
  carry(parcel: Parcel, payload: Uint8Array): void {
    this.#carried ??= new KvAssembly(this.#joining, this.#present.capacity, kvOf(this.#host.manifest.architecture));
    this.#carried.put(parcel, payload);
  }

  /** `hidden` [n, hidden] enters the first block that joins. */
  async rebuild(hidden: Float32Array, position: number): Promise<void> {
    const { from, to } = this.#joining;
    if (from === to)
      fail({
        code: "bad-value",
        key: "move",
        value: `from ${this.#present.segment.from} to ${from}`,
        expected: "a move that brings blocks to the edge, to rebuild their caches",
      });
    this.#rebuilt ??= await this.#host.open(
      { embedding: false, from, to, head: false },
      { capacity: this.#present.capacity, kvCache: true },
    );
    await this.#rebuilt.step({ kind: "hidden", hidden }, position, "last");
  }

  /** The session that goes on, holding `positions`; the one before is closed. Throws Failed `position-gap`. */
  async commit(positions: number): Promise<SegmentSession> {
    const { segment } = this;
    const stays = { from: Math.max(segment.from, this.#present.segment.from), to: segment.to };
    const kept = await this.#present.exportKv(stays.from, stays.to, positions);
    const { from, to } = this.#joining;
    if (from < to && positions > 0)
      await this.#next.importKv(
        this.#rebuilt === null ? this.#arrived().slice(positions) : await this.#rebuilt.exportKv(from, to, positions),
      );
    await this.#next.importKv(kept);
    await this.#rebuilt?.close();
    await this.#present.close();
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#rebuilt?.close();
    await this.#next.close();
  }

  /** Blocks of the segment to come that the present one has not. */
  get #joining(): Pick<Parcel, "from" | "to"> {
    return { from: Math.min(this.segment.from, this.#present.segment.from), to: this.#present.segment.from };
  }

  #arrived(): KvAssembly {
    return this.#carried ?? fail({ code: "position-gap", position: 1, held: 0 });
  }
}
