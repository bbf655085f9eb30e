/**
 * Shards in the origin private file system, one file a shard, through the synchronous handles that
 * only workers get: the fastest storage a browser has, and the only one that appends.
 * Source: File System Standard, https://fs.spec.whatwg.org/
 */
import { StorageFull, storageRefusal, type ShardStorage, type ShardWriter } from "./shard-storage.ts";

const FOLDER = "shards";

/** Missing from TypeScript's DOM library, which describes windows: these exist in workers only. */
interface SyncAccessHandle {
  getSize(): number;
  read(into: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  write(chunk: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
}
type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

const isMissing = (thrown: unknown): boolean => thrown instanceof DOMException && thrown.name === "NotFoundError";

async function existing(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemFileHandle | null> {
  try {
    return await folder.getFileHandle(name);
  } catch (thrown) {
    if (isMissing(thrown)) return null;
    throw thrown;
  }
}

async function openHandle(file: FileSystemFileHandle): Promise<SyncAccessHandle> {
  try {
    // Checked once by `opfsStorage`: every file handle of a worker has it or none has.
    return await (file as SyncFileHandle).createSyncAccessHandle();
  } catch (thrown) {
    throw storageRefusal(thrown);
  }
}

function writer(handle: SyncAccessHandle): ShardWriter {
  let at = handle.getSize();
  return {
    write: async (chunk) => {
      let written = 0;
      try {
        written = handle.write(chunk, { at });
      } catch (thrown) {
        throw storageRefusal(thrown);
      }
      at += written;
      if (written < chunk.length) throw new StorageFull("short write");
    },
    close: async () => {
      try {
        handle.flush();
      } finally {
        handle.close();
      }
    },
  };
}

/** Throws where there is no OPFS, or none with synchronous handles: the caller takes the next kind. */
export async function opfsStorage(storage: StorageManager): Promise<ShardStorage> {
  const root = await storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  await probe(root);

  return {
    kind: "opfs",
    size: async (name) => {
      const file = await existing(folder, name);
      return file === null ? 0 : (await file.getFile()).size;
    },
    read: async (name, into, bytes) => {
      const file = await existing(folder, name);
      if (file === null) return false;
      const handle = await openHandle(file);
      try {
        return handle.read(into.subarray(0, bytes), { at: 0 }) === bytes;
      } finally {
        handle.close();
      }
    },
    append: async (name) => writer(await openHandle(await folder.getFileHandle(name, { create: true }))),
    remove: async (name) => {
      try {
        await folder.removeEntry(name);
      } catch (thrown) {
        if (!isMissing(thrown)) throw storageRefusal(thrown);
      }
    },
    list: async () => {
      const entries: { name: string; bytes: number }[] = [];
      for await (const [name, entry] of folder.entries()) {
        if (entry.kind === "file") entries.push({ name, bytes: (await entry.getFile()).size });
      }
      return entries;
    },
  };
}

/** One empty file opened and removed: private windows have the API and refuse its use. */
async function probe(root: FileSystemDirectoryHandle): Promise<void> {
  const name = `probe-${String(Math.random()).slice(2)}`;
  try {
    (await openHandle(await root.getFileHandle(name, { create: true }))).close();
  } finally {
    await root.removeEntry(name).catch(() => undefined);
  }
}
