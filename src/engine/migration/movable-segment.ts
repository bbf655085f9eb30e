/**
 * A segment session that can be replaced by another between two steps, under the feet of a
 * strategy that goes on as if nothing had happened: the cut moves and positions stay.
 */
import type { Segment } from "#core/model/architecture.ts";
import type { Want } from "#wire/messages.ts";
import type { KvSlice, SegmentInput, SegmentOutput, SegmentSession } from "../ports.ts";

export class MovableSegment implements SegmentSession {
  #present: SegmentSession;

  constructor(present: SegmentSession) {
    this.#present = present;
  }

  /** Closes the one before. */
  async replace(next: SegmentSession): Promise<void> {
    const former = this.#present;
    this.#present = next;
    await former.close();
  }

  get segment(): Segment {
    return this.#present.segment;
  }

  get capacity(): number {
    return this.#present.capacity;
  }

  get position(): number {
    return this.#present.position;
  }

  step(input: SegmentInput, position: number, want: Want): Promise<SegmentOutput> {
    return this.#present.step(input, position, want);
  }

  rewind(position: number): void {
    this.#present.rewind(position);
  }

  exportKv(from: number, to: number, positions: number): Promise<KvSlice> {
    return this.#present.exportKv(from, to, positions);
  }

  importKv(slice: KvSlice): Promise<void> {
    return this.#present.importKv(slice);
  }

  memory(): ReturnType<SegmentSession["memory"]> {
    return this.#present.memory();
  }

  close(): Promise<void> {
    return this.#present.close();
  }
}
