/**
 * A zip archive without compression: what several files need to be one download. Bytes in, bytes
 * out; no clock, so the same files make the same archive.
 * Source: APPNOTE.TXT 6.3.9, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export interface ZipEntry {
  /** ASCII, with forward slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** The earliest day that the format knows: 1980-01-01. */
const DAY = 0x0021;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }).reduce<number>(
    (value) => ((value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1),
    byte,
  ),
);

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

const nameBytes = (name: string): Uint8Array => Uint8Array.from(name, (letter) => letter.charCodeAt(0) & 0x7f);

/** Up to 65,535 files and 4 GiB: what is larger needs another format. */
export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const places: number[] = [];
  const checks = entries.map(({ bytes }) => crc32(bytes));
  const fileBytes = entries.reduce((sum, { name, bytes }) => sum + LOCAL_BYTES + name.length + bytes.length, 0);
  const directoryBytes = entries.reduce((sum, { name }) => sum + CENTRAL_BYTES + name.length, 0);
  const archive = new Uint8Array(fileBytes + directoryBytes + END_BYTES);
  const view = new DataView(archive.buffer);
  let at = 0;
  const u16 = (...values: readonly number[]): void =>
    values.forEach((value) => (view.setUint16(at, value, true), (at += 2)));
  const u32 = (...values: readonly number[]): void =>
    values.forEach((value) => (view.setUint32(at, value, true), (at += 4)));
  const raw = (bytes: Uint8Array): void => (archive.set(bytes, at), void (at += bytes.length));
  /** What a file's own header and its line in the directory have in common: times, check, both sizes, the name's length. */
  const common = ({ name, bytes }: ZipEntry, check: number): void => (
    u16(0, 0, 0, DAY),
    u32(check, bytes.length, bytes.length),
    u16(name.length, 0)
  );

  for (const [index, entry] of entries.entries()) {
    places.push(at);
    u32(LOCAL);
    u16(VERSION);
    common(entry, checks[index] ?? 0);
    raw(nameBytes(entry.name));
    raw(entry.bytes);
  }
  for (const [index, entry] of entries.entries()) {
    u32(CENTRAL);
    u16(VERSION, VERSION);
    common(entry, checks[index] ?? 0);
    u16(0, 0, 0);
    u32(0, places[index] ?? 0);
    raw(nameBytes(entry.name));
  }
  u32(END);
  u16(0, 0, entries.length, entries.length);
  u32(directoryBytes, fileBytes);
  u16(0);
  return archive;
}
