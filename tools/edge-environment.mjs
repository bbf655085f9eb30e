/**
 * The environment that an edge server is started with. On Linux glibc is asked for pages of 2 MB:
 * a decode step reads every weight once, and with pages of 4 kB the tables of pages do not fit the
 * processor (docs/benchmarks/floor.md: decoding took 0.83 to 0.9 of the time). Read at a process's
 * start only, so the server cannot set it for itself; whoever has tunables of their own keeps them.
 */
const HUGE_PAGES = "glibc.malloc.hugetlb=1";

/** @returns {NodeJS.ProcessEnv} */
export const edgeEnvironment = (env = process.env, platform = process.platform) =>
  platform === "linux" && env["GLIBC_TUNABLES"] === undefined ? { ...env, GLIBC_TUNABLES: HUGE_PAGES } : env;
