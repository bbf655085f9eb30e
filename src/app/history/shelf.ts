/**
 * Where runs are kept between visits: a port with two adapters, the browser's database and this tab's
 * memory. A run is the text of its record under a key that says when it was put there and how much it
 * holds, so that limits are kept to without reading a run.
 */
import { fail } from "#core/run/failure.ts";

export interface KeptKey {
  /** When it was put there, ms since 1970. */
  readonly atMs: number;
  /** Tells apart what two tabs put there at once. */
  readonly id: string;
  /** Of the text as UTF-8. */
  readonly bytes: number;
}

/** Everything rejects with Failed: history-unavailable. */
export interface RunShelf {
  /** The oldest first. */
  keys(): Promise<readonly KeptKey[]>;
  /** Null where it is gone: another tab may have taken it away. */
  read(key: KeptKey): Promise<string | null>;
  /** Puts it there and takes the oldest away until what is there is within the limits; false where nothing is to be kept. */
  add(key: KeptKey, text: string): Promise<boolean>;
  remove(keys: readonly KeptKey[]): Promise<void>;
  /** Whether runs are to be kept, as somebody chose; they are where nobody did. */
  keeping(): Promise<boolean>;
  setKeeping(on: boolean): Promise<void>;
}

export interface ShelfLimits {
  readonly runs: number;
  readonly bytes: number;
}

/** The page says so, in these figures. */
export const LIMITS: ShelfLimits = { runs: 200, bytes: 20e6 };

/** One run that is larger than all may be together has no place. Throws Failed: history-unavailable. */
export function mustFit({ bytes }: KeptKey, limits: ShelfLimits): void {
  if (bytes > limits.bytes)
    fail({ code: "history-unavailable", reason: "too-large", what: `${bytes} bytes, where ${limits.bytes} are kept` });
}

/** Of the keys, the oldest first, those that must go. */
export function tooMany(keys: readonly KeptKey[], limits: ShelfLimits): readonly KeptKey[] {
  let runs = keys.length;
  let bytes = keys.reduce((sum, key) => sum + key.bytes, 0);
  return keys.filter((key) => {
    if (runs <= limits.runs && bytes <= limits.bytes) return false;
    runs -= 1;
    bytes -= key.bytes;
    return true;
  });
}

export const byAge = (a: KeptKey, b: KeptKey): number => a.atMs - b.atMs || (a.id < b.id ? -1 : 1);
