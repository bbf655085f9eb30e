/**
 * SHA-256 of a shard. The browser's own where the page is secure; otherwise `@noble/hashes`, fed
 * in slices with a turn of the event loop between them, so that a cancel is heard.
 * Both take the same bytes and give the same lower-case hex.
 */

export type Digest = (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;

const SLICE_BYTES = 1 << 20;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

export const nativeSha256 =
  (subtle: SubtleCrypto): Digest =>
  async (bytes) =>
    hex(new Uint8Array(await subtle.digest("SHA-256", bytes)));

/** Works without a secure context, at about a tenth of the native speed. */
export const portableSha256: Digest = async (bytes) => {
  const { sha256 } = await import("@noble/hashes/sha2.js");
  const state = sha256.create();
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    state.update(bytes.subarray(at, at + SLICE_BYTES));
    await nextTurn();
  }
  return hex(state.digest());
};

/** `crypto.subtle` is undefined on plain http, whatever the type says. */
export function webDigest(): Digest {
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle;
  return subtle === undefined ? portableSha256 : nativeSha256(subtle);
}
