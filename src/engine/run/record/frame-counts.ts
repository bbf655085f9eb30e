/** Counts the messages of a run as they pass, by kind. */
import { readHeader } from "#core/frames/frame-header.ts";
import { HANDSHAKE, kindOf } from "#core/frames/message-table.ts";
import type { FrameCount } from "#core/run/record/frame-count.ts";
import type { FrameTrace } from "#core/run/worker-api.ts";

export class FrameCounts {
  readonly #counts = new Map<string, FrameCount>();

  hear({ direction, header, bytes }: Pick<FrameTrace, "direction" | "header" | "bytes">): void {
    const code = readHeader(header)?.kind ?? null;
    const kind = code === null ? HANDSHAKE : (kindOf(code)?.kind ?? `0x${code.toString(16)}`);
    const key = `${direction} ${kind}`;
    const before = this.#counts.get(key);
    this.#counts.set(key, { direction, kind, count: (before?.count ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes });
  }

  get counts(): readonly FrameCount[] {
    return [...this.#counts.values()];
  }
}
