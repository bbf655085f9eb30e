/** Under which addresses others reach this page: the one it was opened with, then those that its edge server advertises. */
const LOOPBACK = /\/\/(localhost|127\.|\[::1\])/;

export const basesOf = (here: string, advertised: readonly string[]): readonly string[] => [
  ...new Set([here.replace(/[?#].*$/s, ""), ...advertised]),
];

/** The one to hand out: not this machine's own name, where there is another. */
export const baseForOthers = (bases: readonly string[]): string => bases.find(reachesOthers) ?? bases[0] ?? "";

export const reachesOthers = (url: string): boolean => !LOOPBACK.test(url);
