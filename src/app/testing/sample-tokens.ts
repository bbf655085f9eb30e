/**
 * Token events for tests, from their parts alone: `atMs` and `linkMs` follow. The page itself
 * shows measured runs only and never imports this.
 */
import type { TokenEvent } from "#core/run/record.ts";
import { spansOf } from "#core/run/record/spans.ts";
import { partsMs } from "../derive/timeline.ts";

const NOTHING = {
  deviceMs: 0,
  encodeMs: 0,
  uplinkMs: 0,
  queueMs: 0,
  edgeMs: 0,
  downlinkMs: 0,
  decodeMs: 0,
  sampleMs: 0,
  outageMs: 0,
  otherMs: 0,
};

export function tokensOf(parts: readonly Partial<TokenEvent>[]): readonly TokenEvent[] {
  let atMs = 0;
  return parts.map((given, index) => {
    const token = { ...NOTHING, ...given };
    atMs += partsMs(token);
    return {
      spans: spansOf(token),
      index,
      id: 100 + index,
      text: ` t${index}`,
      addedMs: 0,
      upBytes: 0,
      downBytes: 0,
      positions: 1,
      ...token,
      linkMs: token.uplinkMs + token.downlinkMs,
      atMs,
    };
  });
}
