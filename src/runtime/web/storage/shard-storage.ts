/**
 * Where the tab keeps shards between visits, as little as the store needs: named byte strings that
 * grow at the end. There is no "complete" flag: a name is its content's SHA-256 and its length is
 * known, so a shorter entry is a download to go on with, and a full one is checked when it is read.
 */
import { Failed } from "#core/run/failure.ts";

export interface ShardStorage {
  readonly kind: "opfs" | "cache" | "memory";
  /** Bytes held under a name, 0 where there are none. */
  size(name: string): Promise<number>;
  /** The first `bytes` bytes of a name into `into`; false where there are fewer. */
  read(name: string, into: Uint8Array<ArrayBuffer>, bytes: number): Promise<boolean>;
  /** Appends behind what is held. One writer a name at a time: the caller holds its lock. */
  append(name: string): Promise<ShardWriter>;
  remove(name: string): Promise<void>;
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
}

export interface ShardWriter {
  /** Throws `StorageFull` when there is no room left, `StorageBusy` when another tab has the entry. */
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

/** No room: the download goes on in memory and the report says so. */
export class StorageFull extends Error {}
/** Another tab holds the entry and there are no Web Locks to queue with. */
export class StorageBusy extends Error {}

/** What a browser throws when storage refuses, told apart from bugs. */
export function storageRefusal(thrown: unknown): unknown {
  if (!(thrown instanceof DOMException)) return thrown;
  if (thrown.name === "QuotaExceededError") return new StorageFull(thrown.message);
  if (thrown.name === "NoModificationAllowedError" || thrown.name === "InvalidStateError")
    return new StorageBusy(thrown.message);
  return thrown;
}

/** Room for `bytes` bytes, or the failure that names them. */
export function allocate(bytes: number, what: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new Failed({ code: "out-of-memory", tier: "device", what, bytes });
  }
}
