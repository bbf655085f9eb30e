/**
 * A zip archive, so that several files are one download. All files bear the same date, so the same
 * files make the same archive.
 */
import { zipSync } from "fflate";

export interface ZipEntry {
  /** With forward slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The first day that the format can name, as local time, which is how it is written. */
const DAY = "1980-01-01T00:00:00";

export const zip = (entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> =>
  zipSync(Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes])), { mtime: DAY });
