/**
 * Figures as people read them: three significant digits or so, the unit behind a no-break space,
 * decimal (SI) byte units. Rounding happens here and nowhere earlier.
 */
const SPACE = "\u00a0";
const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return grouped.format(value);
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** A duration given in ms: "0.41 ms", "38.2 ms", "1.24 s". */
export function duration(ms: number): string {
  if (ms === 0) return `0${SPACE}ms`;
  return Math.abs(ms) >= 1000 ? `${significant(ms / 1000)}${SPACE}s` : `${significant(ms)}${SPACE}ms`;
}

/** A size in bytes: "1,048 B", "62.4 kB", "19.8 MB". */
export function size(bytes: number): string {
  if (bytes < 10_000) return `${grouped.format(Math.round(bytes))}${SPACE}B`;
  if (bytes < 1e6) return `${significant(bytes / 1e3)}${SPACE}kB`;
  return bytes < 1e9 ? `${significant(bytes / 1e6)}${SPACE}MB` : `${significant(bytes / 1e9)}${SPACE}GB`;
}

const thousandths = new Intl.NumberFormat("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
/** A duration as it was measured, to the microsecond: "38.214 ms". Figures of a column keep one unit. */
export const exactDuration = (ms: number): string => `${thousandths.format(ms)}${SPACE}ms`;
/** A size to the byte: "20,976 B". */
export const exactSize = (bytes: number): string => `${grouped.format(bytes)}${SPACE}B`;

export const share = (part: number, whole: number): string =>
  whole > 0 ? `${Math.round((100 * part) / whole)}%` : "0%";
export const rate = (perSecond: number): string => `${significant(perSecond)}${SPACE}tok/s`;
export const count = (value: number): string => grouped.format(value);
/** Times as much: "2.3×". */
export const times = (ratio: number): string =>
  `${ratio >= 10 ? grouped.format(ratio) : ratio.toFixed(ratio >= 2 ? 1 : 2)}×`;

/** Parameters: "9.9M", "1.2B". */
export function parameters(n: number): string {
  return n >= 1e9 ? `${(n / 1e9).toFixed(1)}B` : `${(n / 1e6).toFixed(1)}M`;
}

/** The time of day here, from an ISO time: "14:02". */
export function timeOfDay(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso
    : new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** A day, from an ISO time: "21 Nov 2026". */
export function day(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso
    : new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }).format(date);
}

/** From an ISO time: "21 Nov 2026, 14:02". */
export const dayAndTime = (iso: string): string => `${day(iso)}, ${timeOfDay(iso)}`;
