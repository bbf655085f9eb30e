/** A stretch of a file, whole or not at all: one that has become shorter must not pass for what it was. */
import { open, type FileHandle } from "node:fs/promises";

/** The bytes [from, to). Throws where the file cannot be read or ends before `to`. */
export async function readBytes(file: string, from: number, to: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const bytes = new Uint8Array(to - from);
    await fillFrom(handle, bytes, from);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Fills `into` from the file's byte `at` on. Throws where it ends before that. */
export async function fillFrom(handle: FileHandle, into: Uint8Array, at: number): Promise<void> {
  for (let filled = 0; filled < into.length;) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, at + filled);
    if (bytesRead === 0)
      throw new Error(`the file ends at byte ${at + filled}, ${into.length - filled} bytes too early`);
    filled += bytesRead;
  }
}
