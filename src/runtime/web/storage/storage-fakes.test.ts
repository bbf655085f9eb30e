/**
 * OPFS and the Cache API as the store sees them, in memory, with the refusals that browsers make:
 * an open handle locks its file, absent names throw NotFoundError. The real ones are met in e2e.
 */
import { describe, expect, it } from "vitest";

const missing = (): DOMException => new DOMException("missing", "NotFoundError");

class FakeFile {
  readonly kind = "file";
  bytes = new Uint8Array(0);
  open = false;
  async getFile(): Promise<{ readonly size: number }> {
    return { size: this.bytes.length };
  }
  async createSyncAccessHandle(): Promise<unknown> {
    if (this.open) throw new DOMException("locked", "NoModificationAllowedError");
    this.open = true;
    return {
      getSize: () => this.bytes.length,
      read: (into: Uint8Array, { at }: { at: number }) => {
        const part = this.bytes.subarray(at, at + into.length);
        into.set(part);
        return part.length;
      },
      write: (chunk: Uint8Array, { at }: { at: number }) => {
        const grown = new Uint8Array(Math.max(this.bytes.length, at + chunk.length));
        grown.set(this.bytes);
        grown.set(chunk, at);
        this.bytes = grown;
        return chunk.length;
      },
      flush: () => undefined,
      close: () => {
        this.open = false;
      },
    };
  }
}

class FakeFolder {
  readonly kind = "directory";
  readonly entriesOf = new Map<string, FakeFile | FakeFolder>();
  async getDirectoryHandle(name: string): Promise<FakeFolder> {
    const folder = this.entriesOf.get(name) ?? new FakeFolder();
    this.entriesOf.set(name, folder);
    if (folder instanceof FakeFile) throw new DOMException("a file", "TypeMismatchError");
    return folder;
  }
  async getFileHandle(name: string, options?: { create?: boolean }): Promise<FakeFile | FakeFolder> {
    const file = this.entriesOf.get(name) ?? (options?.create === true ? new FakeFile() : null);
    if (file === null) throw missing();
    this.entriesOf.set(name, file);
    return file;
  }
  async removeEntry(name: string): Promise<void> {
    const entry = this.entriesOf.get(name);
    if (entry === undefined) throw missing();
    if (entry instanceof FakeFile && entry.open) throw new DOMException("locked", "NoModificationAllowedError");
    this.entriesOf.delete(name);
  }
  async *entries(): AsyncGenerator<[string, FakeFile | FakeFolder]> {
    yield* this.entriesOf;
  }
}

/** A StorageManager of which only `getDirectory` is ever used. */
export function fakeOpfs(): StorageManager {
  const root = new FakeFolder();
  return { getDirectory: async () => root } as unknown as StorageManager;
}

/** A CacheStorage with one cache, keyed by address. */
export function fakeCaches(): CacheStorage {
  const bodies = new Map<string, Uint8Array<ArrayBuffer>>();
  const cache = {
    keys: async () => [...bodies.keys()].map((url) => ({ url })),
    match: async (address: string) => {
      const body = bodies.get(address);
      return body === undefined ? undefined : new Response(body);
    },
    put: async (address: string, response: Response) =>
      void bodies.set(address, new Uint8Array(await response.arrayBuffer())),
    delete: async (address: string) => bodies.delete(address),
  };
  return { open: async () => cache } as unknown as CacheStorage;
}

describe("the fakes", () => {
  it("refuse a second handle and an absent name, as browsers do", async () => {
    const root = await fakeOpfs().getDirectory();
    await expect(root.getFileHandle("absent")).rejects.toMatchObject({ name: "NotFoundError" });
    const file = new FakeFile();
    await file.createSyncAccessHandle();
    await expect(file.createSyncAccessHandle()).rejects.toMatchObject({ name: "NoModificationAllowedError" });
  });
});
