/**
 * Shards in the Cache API: for browsers and private windows without OPFS. Entries there cannot
 * grow, so a shard is a row of pieces whose addresses say where they lie: `<sha256>/<from>-<to>`.
 * Only pieces that join without a gap from 0 count; a tab that dies loses its last piece.
 */
import { storageRefusal, type ShardStorage, type ShardWriter } from "./shard-storage.ts";

const CACHE_NAME = "cutlayer-shards";
/** An address that no request ever goes to. */
const ADDRESS = "https://shards.invalid/";
const PIECE_BYTES = 4 << 20;

interface Piece {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly address: string;
}

function pieceAt(address: string): Piece | null {
  const match = /^https:\/\/shards\.invalid\/([0-9a-f]+)\/(\d+)-(\d+)$/.exec(address);
  return match ? { name: match[1] ?? "", from: Number(match[2]), to: Number(match[3]), address } : null;
}

/** The pieces of one name that join from 0, in order. */
function joined(pieces: readonly Piece[], name: string): readonly Piece[] {
  const row: Piece[] = [];
  let end = 0;
  for (;;) {
    const next = pieces.find((piece) => piece.name === name && piece.from === end && piece.to > end);
    if (next === undefined) return row;
    row.push(next);
    end = next.to;
  }
}

const endOf = (row: readonly Piece[]): number => row.at(-1)?.to ?? 0;

export async function cacheStorage(caches: CacheStorage): Promise<ShardStorage> {
  const cache = await caches.open(CACHE_NAME);
  const pieces = async (): Promise<readonly Piece[]> =>
    (await cache.keys()).map((request) => pieceAt(request.url)).filter((piece) => piece !== null);
  const rowOf = async (name: string): Promise<readonly Piece[]> => joined(await pieces(), name);

  const append = async (name: string): Promise<ShardWriter> => {
    let at = endOf(await rowOf(name));
    let buffered: Uint8Array<ArrayBuffer>[] = [];
    let bufferedBytes = 0;
    const flush = async (): Promise<void> => {
      if (bufferedBytes === 0) return;
      const address = `${ADDRESS}${name}/${String(at)}-${String(at + bufferedBytes)}`;
      try {
        await cache.put(address, new Response(new Blob(buffered)));
      } catch (thrown) {
        throw storageRefusal(thrown);
      }
      at += bufferedBytes;
      buffered = [];
      bufferedBytes = 0;
    };
    return {
      write: async (chunk) => {
        buffered.push(chunk.slice());
        bufferedBytes += chunk.length;
        if (bufferedBytes >= PIECE_BYTES) await flush();
      },
      close: flush,
    };
  };

  const read = async (name: string, into: Uint8Array<ArrayBuffer>, bytes: number): Promise<boolean> => {
    const row = await rowOf(name);
    if (endOf(row) < bytes) return false;
    for (const piece of row) {
      const response = await cache.match(piece.address);
      const body = response === undefined ? null : new Uint8Array(await response.arrayBuffer());
      if (body?.length !== piece.to - piece.from) return false;
      into.set(body.subarray(0, bytes - piece.from), piece.from);
    }
    return true;
  };

  return {
    kind: "cache",
    size: async (name) => endOf(await rowOf(name)),
    read,
    append,
    remove: async (name) => {
      for (const piece of await pieces()) if (piece.name === name) await cache.delete(piece.address);
    },
    list: async () => {
      const all = await pieces();
      return [...new Set(all.map((piece) => piece.name))].map((name) => ({ name, bytes: endOf(joined(all, name)) }));
    },
  };
}
