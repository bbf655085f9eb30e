/** UTF-8 without TextDecoder, which belongs to hosts. */

/** Throws URIError on what is none. */
export function decodeUtf8(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    const piece = bytes.subarray(at, at + 8192);
    pieces.push(piece.every((byte) => byte < 128 && byte !== PERCENT) ? String.fromCharCode(...piece) : escaped(piece));
  }
  return decodeURIComponent(pieces.join(""));
}

const PERCENT = 37;
const escaped = (bytes: Uint8Array): string => Array.from(bytes, (byte) => ESCAPES[byte] ?? "").join("");
const ESCAPES = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).padStart(2, "0")}`);
