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
  const rowOf = async (name: string): Promise<readonly Piece[]> => joined(await piecesIn(cache), name);
  return {
    kind: "cache",
    size: async (name) => endOf(await rowOf(name)),
    read: async (name, into, bytes) => readRow(cache, await rowOf(name), into, bytes),
    append: async (name) => new PieceWriter(cache, name, endOf(await rowOf(name))),
    remove: async (name) => {
      for (const piece of await piecesIn(cache)) if (piece.name === name) await cache.delete(piece.address);
    },
    list: async () => {
      const all = await piecesIn(cache);
      return [...new Set(all.map((piece) => piece.name))].map((name) => ({ name, bytes: endOf(joined(all, name)) }));
    },
  };
}

const piecesIn = async (cache: Cache): Promise<readonly Piece[]> =>
  (await cache.keys()).map((request) => pieceAt(request.url)).filter((piece) => piece !== null);

/** False where the pieces are too short, or not what their addresses say. */
async function readRow(
  cache: Cache,
  row: readonly Piece[],
  into: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<boolean> {
  if (endOf(row) < bytes) return false;
  for (const piece of row) {
    const response = await cache.match(piece.address);
    const body = response === undefined ? null : new Uint8Array(await response.arrayBuffer());
    if (body?.length !== piece.to - piece.from) return false;
    into.set(body.subarray(0, bytes - piece.from), piece.from);
  }
  return true;
}

/** Gathers what is written until it makes a piece. */
class PieceWriter implements ShardWriter {
  readonly #cache: Cache;
  readonly #name: string;
  #at: number;
  #buffered: Uint8Array<ArrayBuffer>[] = [];
  #bufferedBytes = 0;

  constructor(cache: Cache, name: string, at: number) {
    this.#cache = cache;
    this.#name = name;
    this.#at = at;
  }

  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#buffered.push(chunk.slice());
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes >= PIECE_BYTES) await this.close();
  }

  /** What is left becomes the last piece. */
  async close(): Promise<void> {
    if (this.#bufferedBytes === 0) return;
    const to = this.#at + this.#bufferedBytes;
    try {
      const body = new Response(new Blob(this.#buffered));
      await this.#cache.put(`${ADDRESS}${this.#name}/${String(this.#at)}-${String(to)}`, body);
    } catch (thrown) {
      throw storageRefusal(thrown);
    }
    this.#at = to;
    this.#buffered = [];
    this.#bufferedBytes = 0;
  }
}
